"""``offloop editor``: every file that is shipped can be printed, and is what its editor reads."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from offloop.cli.editor import FILES, _lua_string
from offloop.cli.main import main

SHIPPED = Path(__file__).parents[2] / "server" / "offloop" / "editors"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["editor", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_printed_or_its_place(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(printed(capsys, name, "--path").rstrip("\n"))
    assert path.is_absolute()
    assert path.exists()
    if path.is_file():
        assert printed(capsys, name) == path.read_text(encoding="utf-8")
    assert (SHIPPED / name / FILES[name]).is_file()


def test_all_that_is_shipped_is_known() -> None:
    assert {one.name for one in SHIPPED.iterdir()} == set(FILES)


def test_neovim_is_told_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    comment, append, enable = printed(capsys, "nvim").splitlines()
    assert comment.startswith("-- ")
    assert append == f'vim.opt.runtimepath:append("{(SHIPPED / "nvim").as_posix()}")'
    assert enable == 'vim.lsp.enable("offloop")'


def test_a_folder_with_a_comma_is_one_entry_of_a_list_of_folders() -> None:
    assert _lua_string(PurePosixPath('/a, "b" ö/nvim')) == r'''"/a\\, \"b\" ö/nvim"'''


def test_an_unknown_editor_is_2_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["editor", "ed"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert all(name in told for name in FILES)


# ------------------------------------------------------------------ what editors read
def without_comments(text: str) -> str:
    return re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)


def test_each_names_the_same_command(capsys: pytest.CaptureFixture[str]) -> None:
    helix = tomllib.loads(printed(capsys, "helix"))
    server = helix["language-server"]["offloop"]
    assert [server["command"], *server["args"]] == ["offloop", "server"]
    assert helix["language"] == [{"name": "python", "language-servers": ["offloop"]}]
    sublime = json.loads(without_comments(printed(capsys, "sublime")))["clients"]["offloop"]
    assert sublime["command"] == ["offloop", "server"]
    zed = json.loads(without_comments(printed(capsys, "zed")))
    binary = zed["lsp"]["pylsp"]["binary"]
    assert [binary["path"], *binary["arguments"]] == ["offloop", "server"]
    assert "pylsp" in zed["languages"]["Python"]["language_servers"]
    kate = json.loads(printed(capsys, "kate"))["servers"]["python"]
    assert kate["command"] == ["offloop", "server"]
    assert '"offloop" "server"' in printed(capsys, "emacs")
    assert "{ 'offloop', 'server' }" in (SHIPPED / "nvim" / FILES["nvim"]).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in FILES if name != "nvim"])
def test_each_says_what_was_tried(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(r"\b(Tried|Not tried)\b", printed(capsys, name))
