"""A real Helix in a terminal, with the file that is shipped for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from offloop.catalog.load import cache_folder
from tests.editors.conftest import SWITCH, integration_in
from tests.lsp.real_parts import helix
from tests.lsp.wire import PATIENCE, environment

SHIPPED = Path(__file__).parents[2] / "server" / "offloop" / "editors" / "helix" / "languages.toml"


class Terminal:
    """A terminal of tmux's own server, on a socket in a folder."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._socket = folder / "socket"
        self._variables = variables

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-f", "/dev/null", "-S", str(self._socket), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=True, env=self._variables
        )
        return done.stdout

    def type(self, *keys: str) -> None:
        for key in keys:
            self.tmux("send-keys", key)
            time.sleep(0.2)

    def shows(self, text: str, is_there: bool = True) -> str:
        """Wait until a text is on the screen, or no longer."""
        end = time.monotonic() + PATIENCE
        while (text in (screen := self.tmux("capture-pane", "-p"))) != is_there:
            assert time.monotonic() < end, f"{text!r} {'is not' if is_there else 'is still'} there:\n{screen}"
            time.sleep(0.1)
        return screen


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """A user's machine: the shipped file is the configuration, ``offloop`` is on the PATH."""
    if helix() is None:
        pytest.skip("no Helix: no hx or helix on the PATH")
    config = tmp_path / "config" / "helix"
    config.mkdir(parents=True)
    shutil.copy(SHIPPED, config)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "offloop").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m offloop "$@"\n')
    (programs / "offloop").chmod(0o755)
    return environment(
        XDG_CONFIG_HOME=str(tmp_path / "config"),
        XDG_CACHE_HOME=str(tmp_path / "cache"),
        OFFLOOP_CACHE_DIR=os.environ.get("OFFLOOP_CACHE_DIR") or str(cache_folder()),
        PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
        TERM="xterm-256color",
        LC_ALL="C.UTF-8",
    )


@pytest.fixture
def terminal(repository: Path, variables: dict[str, str]) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.skip("no tmux")
    # A short path: sockets' names are limited.
    folder = Path(tempfile.mkdtemp(prefix="hx"))
    one = Terminal(folder, variables)
    editor = helix()
    assert editor is not None
    try:
        one.tmux(
            "new-session",
            "-d",
            "-x",
            "150",
            "-y",
            "40",
            "-c",
            str(integration_in(repository)),
            editor,
            "switch.py",
        )
        yield one
    finally:
        subprocess.run(
            ["tmux", "-S", str(folder / "socket"), "kill-server"], capture_output=True, check=False
        )
        shutil.rmtree(folder, ignore_errors=True)


def test_health(variables: dict[str, str]) -> None:
    editor = helix()
    assert editor is not None
    done = subprocess.run(
        [editor, "--health", "python"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        env=variables,
    )
    line = next(line for line in done.stdout.splitlines() if "offloop" in line)
    assert "✓" in line
    assert line.rstrip().removesuffix("\x1b[39m").endswith("/bin/offloop")


def test_finding_hover_and_fix(terminal: Terminal, repository: Path) -> None:
    terminal.shows("●   6")
    terminal.type("]", "d")
    terminal.shows("self.hass.bus.async_fire is called in a worker thread")
    terminal.type("Space", "k")
    terminal.shows("runs in a worker thread")
    terminal.type("Escape", "Space", "a")
    terminal.shows("Suppress HAT101 on this line")
    terminal.type("Enter")
    terminal.shows("●   6", is_there=False)
    terminal.type("Escape", ":w", "Enter")
    terminal.shows("written")
    assert (integration_in(repository) / "switch.py").read_text() == SWITCH.replace("async_fire", "fire")
