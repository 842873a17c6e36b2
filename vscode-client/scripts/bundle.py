"""Gather what the extension brings for Python: python scripts/bundle.py [TARGET]

Into bundled/libs go offloop and the libraries that are pure Python, into bundled/native the compiled parser for
TARGET (as vsce names platforms), and none without a target. Versions and digests: libraries/*.txt, made by

    uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[1]
ROOT = CLIENT.parent
BUNDLED = CLIENT / "bundled"
PLATFORMS = {
    "linux-x64": "manylinux_2_17_x86_64",
    "linux-arm64": "manylinux_2_17_aarch64",
    "linux-armhf": "manylinux_2_17_armv7l",
    "alpine-x64": "musllinux_1_2_x86_64",
    "alpine-arm64": "musllinux_1_2_aarch64",
    "darwin-x64": "macosx_10_12_x86_64",
    "darwin-arm64": "macosx_11_0_arm64",
    "win32-x64": "win_amd64",
    "win32-arm64": "win_arm64",
}
"""What vsce and what Python call a platform. Each wheel serves every CPython from 3.9 on (abi3)."""
OLDEST = "3.11"
# Nine of ten files are stubs that change nothing: no integration uses Django, and jedi does not find the stubs of
# other libraries in the way in which they lie in their folder. Those of the standard library stay.
UNUSED = ("jedi/third_party/django-stubs", "jedi/third_party/typeshed/stubs")


def main(arguments: list[str]) -> int:
    """Fill both folders; 2 for an unknown target."""
    target = arguments[0] if arguments else None
    if target is not None and target not in PLATFORMS:
        sys.stderr.write(f"unknown target {target}; known: {', '.join(PLATFORMS)}\n")
        return 2
    libraries = _emptied(BUNDLED / "libs")
    _install("pure.txt", libraries, ["--only-binary=:all:"])
    for unused in UNUSED:
        shutil.rmtree(libraries / unused)
    _copy_offloop(libraries)
    native = _emptied(BUNDLED / "native")
    if target is not None:
        platform = ["--platform", PLATFORMS[target], "--python-version", OLDEST, "--only-binary=:all:"]
        _install("parser.txt", native, platform)
    example = BUNDLED / "example"
    shutil.rmtree(example, ignore_errors=True)
    shutil.copytree(
        ROOT / "tests" / "assets" / "example", example, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "LICENSE", CLIENT / "LICENSE")
    return 0


def _install(lock: str, folder: Path, options: list[str]) -> None:
    """Install what a lock file names, leaving out what only an installer needs."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-compile", "--require-hashes", "--target", str(folder), *options]
    subprocess.run([*command, "-r", str(CLIENT / "libraries" / lock)], check=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
        for file in folder.glob(f"*.dist-info/{name}"):
            file.unlink()


def _copy_offloop(folder: Path) -> None:
    package = ROOT / "server" / "offloop"
    shutil.copytree(package, folder / "offloop", ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = _emptied(folder / f"offloop-{project['version']}.dist-info")
    metadata = f"Metadata-Version: 2.4\nName: offloop\nVersion: {project['version']}\n"
    (about / "METADATA").write_text(metadata, encoding="utf-8")


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
