"""The libraries that an integration requires, for rows that only their source can explain."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_TIMEOUT = 180


def packages(sources: Path, integration: Path, version: str, *, offline: bool = False) -> Path | None:
    """Return a folder with the packages that an integration's manifest requires, None where they cannot be had.

    They are installed from wheels, so that no code of theirs runs; a failure is remembered by an empty folder.
    """
    folder = sources / "requirements" / f"{integration.name}-{version}"
    if not folder.is_dir():
        if offline:
            return None
        folder.mkdir(parents=True)
        _install(_required(integration), folder)
    return folder if any(folder.iterdir()) else None


def _required(integration: Path) -> list[str]:
    try:
        manifest = json.loads((integration / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [requirement for requirement in manifest.get("requirements", []) if isinstance(requirement, str)]


def _install(requirements: list[str], folder: Path) -> None:
    if not requirements:
        return
    options = [
        "-q",
        "--only-binary",
        ":all:",
        "--no-compile",
        "--disable-pip-version-check",
        "--target",
        str(folder),
    ]
    command = [sys.executable, "-m", "pip", "install", *options, *requirements]
    try:
        subprocess.run(command, check=False, capture_output=True, timeout=_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{folder.name}: {error}", file=sys.stderr)
