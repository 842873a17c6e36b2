"""What tests on whole releases share: checks that take a minute are made once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

Findings = list[dict[str, Any]]


@pytest.fixture(scope="session")
def checked(release: Callable[[str], Path]) -> Callable[[str], Findings]:
    """Return a function from a version to the findings in all components of that release."""

    @lru_cache
    def findings(version: str) -> Findings:
        root = release(version)
        return findings_in([root / "homeassistant" / "components"], root)

    return findings


def findings_in(folders: list[Path], root: Path, *options: str) -> Findings:
    """What the command line finds in some folders, checked against the Home Assistant in ``root``."""
    command = [sys.executable, "-m", "offloop", "check", *map(str, folders), "--isolated", "--no-progress"]
    command += ["--exit-zero", "--output-format", "json", "--home-assistant", str(root), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr
    found: Findings = json.loads(done.stdout)
    return found
