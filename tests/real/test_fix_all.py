"""``check --fix --unsafe-fixes`` over everything there is: no file breaks, nothing new is found, once is enough.

``OFFLOOP_CUSTOM_INTEGRATIONS`` names a folder of further integrations; without it only Home Assistant's own are mended.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offloop.facts.extract import extract

pytestmark = pytest.mark.real

VERSION = "2026.11.0"
_IGNORED = shutil.ignore_patterns("*.json", "*.yaml", "translations", "__pycache__", ".git")


def test_all_components(release: Callable[[str], Path], tmp_path: Path) -> None:
    root = release(VERSION)
    copy = tmp_path / "homeassistant" / "components"
    shutil.copytree(root / "homeassistant" / "components", copy, ignore=_IGNORED)
    before = found_in(copy, root)
    assert before
    mend_and_compare(copy, root, before)


def test_custom_integrations(release: Callable[[str], Path], tmp_path: Path) -> None:
    folder = os.environ.get("OFFLOOP_CUSTOM_INTEGRATIONS")
    if not folder:
        pytest.skip("OFFLOOP_CUSTOM_INTEGRATIONS names no folder of integrations")
    root = release(VERSION)
    copy = tmp_path / "custom"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__", ".git"))
    mend_and_compare(copy, root, found_in(copy, root))


def mend_and_compare(folder: Path, root: Path, before: Counter[tuple[str, ...]]) -> None:
    """Mend all files of a folder and check what that did to them."""
    old = texts_in(folder)
    after = found_in(folder, root, "--fix", "--unsafe-fixes")
    mended = texts_in(folder)
    changed = {path for path in old if old[path] != mended[path]}
    print(f"{sum(before.values())} findings, {sum(after.values())} after mending {len(changed)} files")
    assert before - after or not before
    assert not after - before
    broken = {path for path in changed if problems_in(mended[path]) > problems_in(old[path])}
    assert not broken
    again = found_in(folder, root, "--fix", "--unsafe-fixes")
    assert again == after
    assert texts_in(folder) == mended


def found_in(folder: Path, root: Path, *options: str) -> Counter[tuple[str, ...]]:
    """Return the findings in a folder by what does not move with the lines."""
    command = [sys.executable, "-m", "offloop", "check", str(folder), "--isolated", "--no-progress"]
    command += ["--exit-zero", "--output-format", "json", "--home-assistant", str(root), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr
    findings: list[dict[str, Any]] = json.loads(done.stdout)
    return Counter((one["filename"], one["code"], one["api"]) for one in findings)


def texts_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.py")}


def problems_in(text: bytes) -> int:
    return len(extract(text.decode("utf-8-sig")).problems)
