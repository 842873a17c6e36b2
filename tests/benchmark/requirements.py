"""The libraries that an integration requires, for rows that only their source can explain."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_TIMEOUT = 180


def packages(sources: Path, integration: Path, version: str, *, offline: bool = False) -> Path | None:
    """Return a folder with the packages that an integration's manifest requires, None where they cannot be had.

    They are installed from wheels, so that no code of theirs runs. Where something that they build on has no wheel,
    they are installed without what they build on; a failure is remembered by an empty folder.
    """
    folder = sources / "requirements" / f"{integration.name}-{version}"
    if not folder.is_dir():
        if offline:
            return None
        folder.mkdir(parents=True)
        required = _required(integration)
        if not _install(required, folder):
            for requirement in required:
                _install([requirement], folder, "--no-deps")
    return folder if any(folder.iterdir()) else None


def _required(integration: Path) -> list[str]:
    try:
        manifest = json.loads((integration / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [requirement for requirement in manifest.get("requirements", []) if isinstance(requirement, str)]


def _install(requirements: list[str], folder: Path, *more: str) -> bool:
    """Install requirements into a folder; return whether all of them are there."""
    if not requirements:
        return True
    options = [
        "-q",
        "--only-binary",
        ":all:",
        "--no-compile",
        "--disable-pip-version-check",
        "--target",
        str(folder),
        *more,
    ]
    command = [sys.executable, "-m", "pip", "install", *options, *requirements]
    try:
        process = subprocess.run(command, check=False, capture_output=True, timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{folder.name}: {error}", file=sys.stderr)
        return False
    return process.returncode == 0
