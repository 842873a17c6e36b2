"""Before the fix the bug shows in a running Home Assistant; after it, it does not, and the function does its work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.real import bug_shapes
from tests.real.bug_shapes import SHAPES
from tests.real.home_assistant import NoHomeAssistantError, interpreter, run_in_core

pytestmark = pytest.mark.real

CHECKOUT = Path(__file__).parents[2]
DRIVER = str(Path(__file__).with_name("bug_driver.py"))
SOURCES = CHECKOUT / "tests" / "assets" / "bug_shapes"


@pytest.fixture(scope="module")
def home_assistant() -> Path:
    """Return the folder of the running Home Assistant's own sources."""
    try:
        python = interpreter()
    except NoHomeAssistantError as error:
        pytest.skip(str(error))
    return next(python.parents[1].glob("[Ll]ib*/**/site-packages/homeassistant")).parent


@pytest.fixture(scope="module")
def mended(home_assistant: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the integrations after ``offloop check --fix``, with --unsafe-fixes where that is needed."""
    folder = tmp_path_factory.mktemp("mended") / "custom_components"
    for shape in SHAPES:
        (folder / shape.domain).mkdir(parents=True)
        for source in (SOURCES / shape.domain).glob("*.py"):
            (folder / shape.domain / source.name).write_bytes(source.read_bytes())
        (folder / shape.domain / "manifest.json").write_text(
            bug_shapes.manifest(shape.domain), encoding="utf-8"
        )
    safe = [folder / shape.domain for shape in SHAPES if not shape.unsafe]
    unsafe = [folder / shape.domain for shape in SHAPES if shape.unsafe]
    for options, paths in (([], safe), (["--unsafe-fixes"], unsafe)):
        # 1 before: every one of them has a bug; 0 after: none is left.
        before = _offloop(home_assistant, "--diff", *options, "--exit-zero", *map(str, paths))
        assert before.count("--- ") >= len(paths), before
        _offloop(home_assistant, "--fix", *options, *map(str, paths))
    return folder


def _offloop(home_assistant: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "offloop", "check", "--isolated", "--no-progress", "--home-assistant"]
    done = subprocess.run(
        [*command, str(home_assistant), *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_in(folder: Path) -> dict[str, dict[str, str]]:
    """Return the texts of the integrations, with a manifest each."""
    return {
        shape.domain: {
            "manifest.json": bug_shapes.manifest(shape.domain),
            **{path.name: path.read_text(encoding="utf-8") for path in (folder / shape.domain).glob("*.py")},
        }
        for shape in SHAPES
    }


def test_the_bugs_show(home_assistant: Path) -> None:
    seen: dict[str, Any] = run_in_core(DRIVER, {"files": files_in(SOURCES), "mended": False})
    silent = {name: one for name, one in seen.items() if not one["in_worker"]}
    assert not silent
    assert len(seen) >= 25


def test_the_fixes_mend(mended: Path) -> None:
    seen: dict[str, Any] = run_in_core(DRIVER, {"files": files_in(mended), "mended": True})
    wrong = {name: one for name, one in seen.items() if one["in_worker"] or one["errors"] or not one["works"]}
    assert not wrong
    assert len(seen) >= 25
