"""The extension in plain Node, and its package in a real VS Code; pictures are kept in tests/artefacts/vscode."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CLIENT = ROOT / "vscode-client"
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
CODE_SERVER = Path(os.environ.get("OFFLOOP_CODE_SERVER", ROOT / ".cache" / "code-server"))
VERSION = "2026.11.0"


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (CLIENT / "node_modules" / "esbuild").is_dir():
        pytest.skip("the extension's dependencies are not installed: npm ci in vscode-client")
    return node


def _run(*command: str, seconds: int, cwd: Path = ROOT, **variables: str) -> str:
    environ = {**os.environ, "PYTHON": os.environ.get("PYTHON", sys.executable), **variables}
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=seconds
    )
    told = done.stdout + done.stderr
    if done.returncode:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}\n{told[-6000:]}", pytrace=False)
    return told


def test_types_and_pieces_in_plain_node() -> None:
    node = _node()
    _run(node, "node_modules/typescript/bin/tsc", "-p", ".", seconds=120, cwd=CLIENT)
    _run(node, "build.mjs", "--tests", seconds=60, cwd=CLIENT)
    print(_run(node, "--test", "out/", seconds=300, cwd=CLIENT))


@pytest.mark.real
@pytest.mark.parametrize(
    "scenario", ["everyday", "commands", "untrusted", "trouble", "environments", "folders", "universal"]
)
def test_in_a_real_vs_code(scenario: str) -> None:
    node = _node()
    browser = os.environ.get("OFFLOOP_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"there is no browser: {', '.join(BROWSERS)}")
    if not (CODE_SERVER / "node_modules" / "code-server").is_dir():
        pytest.skip(f"code-server is not at {CODE_SERVER}: tests/editors/vscode/install.sh {CODE_SERVER}")
    target = "universal" if scenario == "universal" else f"{sys.platform}-x64"
    if not (CLIENT / "dist" / f"offloop-{target}.vsix").is_file():
        pytest.skip("the extension is not packed: npm run package in vscode-client")
    if scenario == "everyday":
        sources = os.environ.get("OFFLOOP_HA_SOURCES")
        if not sources or not (Path(sources) / VERSION / "homeassistant").is_dir():
            pytest.skip(f"Home Assistant {VERSION} is not in OFFLOOP_HA_SOURCES")
    print(_run(node, str(HERE / f"{scenario}.mjs"), seconds=420, OFFLOOP_CHROMIUM=browser))
