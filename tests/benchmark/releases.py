"""Fetches and unpacks releases of Home Assistant: ``python -m tests.benchmark.releases VERSION ...``.

The sources are only read, never installed or imported.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
DEFAULT_SOURCES = CHECKOUT / ".cache" / "ha"


class ReleaseMissingError(Exception):
    """A release is neither there nor could it be fetched; the message says why."""


def sources_folder(option: str | None = None) -> Path:
    """Return the folder of unpacked releases: the option, OFFLOOP_HA_SOURCES, or the checkout's cache."""
    return Path(option or os.environ.get("OFFLOOP_HA_SOURCES") or DEFAULT_SOURCES).absolute()


def release(sources: Path, version: str, *, offline: bool = False) -> Path:
    """Return the folder that holds ``homeassistant`` of a version, fetching it if need be."""
    folder = sources / version
    if (folder / "homeassistant" / "const.py").is_file():
        return folder
    if offline:
        raise ReleaseMissingError(f"Home Assistant {version} is not in {sources}, and --offline was given")
    sources.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=sources, prefix=f".{version}-") as temporary:
        wheel = _download(version, Path(temporary))
        unpacked = Path(temporary) / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
        if folder.exists():
            shutil.rmtree(folder)
        unpacked.rename(folder)
    return folder


def _download(version: str, folder: Path) -> Path:
    """Download the wheel of a version with pip."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--ignore-requires-python", "--only-binary", ":all:", "--dest", str(folder)]
    process = subprocess.run(
        [*command, f"homeassistant=={version}"], capture_output=True, text=True, check=False
    )
    wheels = list(folder.glob("*.whl"))
    if process.returncode or not wheels:
        reason = (process.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise ReleaseMissingError(f"Home Assistant {version} cannot be fetched: {reason}")
    return wheels[0]


def main(arguments: Iterable[str] | None = None) -> int:
    """Fetch the versions named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.releases", description=__doc__)
    parser.add_argument("versions", nargs="+", metavar="VERSION")
    parser.add_argument("--sources", help="folder of unpacked releases (default: OFFLOOP_HA_SOURCES)")
    options = parser.parse_args(None if arguments is None else list(arguments))
    sources = sources_folder(options.sources)
    missing = 0
    for version in options.versions:
        try:
            print(f"{version}: {release(sources, version)}", flush=True)
        except ReleaseMissingError as error:
            print(f"{version}: {error}", file=sys.stderr)
            missing = 1
    return missing


if __name__ == "__main__":
    sys.exit(main())
