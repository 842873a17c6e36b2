"""A real Emacs with Eglot and the file that is shipped for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.conftest import SWITCH, integration_in
from tests.lsp.real_parts import emacs
from tests.lsp.wire import PATIENCE, environment

SHIPPED = Path(__file__).parents[2] / "server" / "offloop" / "editors" / "emacs" / "offloop.el"
SESSION = Path(__file__).with_name("session.el")


def test_finding_and_fix(repository: Path, tmp_path: Path) -> None:
    editor = emacs()
    if editor is None:
        pytest.skip("no Emacs with Eglot: apt-get install emacs-nox elpa-eglot")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "offloop").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m offloop "$@"\n')
    (programs / "offloop").chmod(0o755)
    file = integration_in(repository) / "switch.py"
    # The answer to the question which fix is to be taken: an empty line, the default.
    done = subprocess.run(
        [editor, "--batch", "-l", str(SHIPPED), "-l", str(SESSION), str(file)],
        input="\n",
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
        env=environment(
            PATH=f"{programs}:/usr/local/bin:/usr/bin:/bin",
            LC_ALL="C.UTF-8",
            OFFLOOP_CACHE_DIR=str(tmp_path / "cache"),
        ),
    )
    seen = [line for line in done.stdout.splitlines() if line]
    told = done.stdout + done.stderr
    assert any("finding: offloop [HAT101]: self.hass.bus.async_fire is called" in line for line in seen), told
    assert "line: 6" in seen
    assert "text: self.hass.bus.async_fire" in seen
    assert "columns: (8 41)" in seen, told
    assert "done: t" in seen, told
    assert file.read_text() == SWITCH.replace("async_fire", "fire")
