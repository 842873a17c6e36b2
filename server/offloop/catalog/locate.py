"""Where the sources of Home Assistant are; looks at folders only and never starts an interpreter."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from offloop.source import is_home_assistant

_VERSION = re.compile(r"\d{4}\.\d+(\.\w+)*\Z")
_SITE_PACKAGES = (
    "lib/python3*/site-packages",
    "lib64/python3*/site-packages",
    "Lib/site-packages",
    "lib/python3*/dist-packages",
    "lib/python3/dist-packages",
    "local/lib/python3*/dist-packages",
)
_ENVIRONMENT_NAMES = (".venv", "venv")


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """Home Assistant's sources: ``root`` holds the folder ``homeassistant``; ``how`` says why this one."""

    root: Path
    version: str
    how: str


@dataclass(frozen=True, slots=True)
class BundledRequest:
    """No sources are to be used but a bundled catalog: of this version, or the newest where it is None."""

    version: str | None
    how: str


@dataclass(frozen=True, slots=True)
class NotHomeAssistant:
    """What was named explicitly is no Home Assistant; the message is for the user."""

    message: str


Location = HomeAssistant | BundledRequest


def locate(
    option: str | None, start: Path, environ: Mapping[str, str], python: str | None = None
) -> Location | NotHomeAssistant:
    """Find the Home Assistant to check against.

    In this order: what ``option`` names (a folder, or a version for its bundled catalog), the environment
    of ``python`` (interpreter, environment or folder of packages), VIRTUAL_ENV, ``.venv`` or ``venv`` at or
    above ``start``, sources around ``start``, the newest bundled catalog.
    """
    if option:
        return _from_option(option)
    for how, folders in _candidates(start, environ, python):
        for folder in folders:
            if (root := _holder(folder)) is not None:
                return HomeAssistant(root, home_assistant_version(root) or "unknown", how)
    return BundledRequest(None, "no Home Assistant was found")


def home_assistant_version(root: Path) -> str | None:
    """Read the version from ``homeassistant/const.py`` below a folder; None where it does not say."""
    try:
        text = (root / "homeassistant" / "const.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    parts = []
    for name in ("MAJOR", "MINOR", "PATCH"):
        found = re.search(rf"^{name}_VERSION\b[^=\n]*=\s*[\"']?([\w.]+)", text, re.MULTILINE)
        if found is None:
            return None
        parts.append(found[1])
    return ".".join(parts)


def site_packages(python: Path) -> list[Path]:
    """Return the existing folders of packages of an interpreter, an environment, or such a folder itself."""
    if python.is_dir():
        return [*_packages_of(python), python]
    # The link is not followed: an environment's interpreter points out of the environment.
    prefix = python.parent.parent if python.parent.name in {"bin", "Scripts"} else python.parent
    return _packages_of(prefix)


def _from_option(option: str) -> Location | NotHomeAssistant:
    folder = Path(option).expanduser()
    how = "--home-assistant"
    if folder.is_dir():
        for candidate in (folder, *site_packages(folder)):
            if (root := _holder(candidate)) is not None:
                return HomeAssistant(root, home_assistant_version(root) or "unknown", how)
        return NotHomeAssistant(f"{option} is not Home Assistant: there is no homeassistant/const.py in it")
    if _VERSION.match(option):
        return BundledRequest(option, how)
    if folder.exists():
        return NotHomeAssistant(f"{option} is not Home Assistant: it is not a folder")
    return NotHomeAssistant(
        f"{option} is neither a folder that holds homeassistant/ nor a version such as 2026.11.0"
    )


def _candidates(
    start: Path, environ: Mapping[str, str], python: str | None
) -> Iterator[tuple[str, Iterable[Path]]]:
    if python:
        yield "the python setting", site_packages(Path(python).expanduser())
    if active := environ.get("VIRTUAL_ENV"):
        yield "VIRTUAL_ENV", _packages_of(Path(active))
    above = (start, *start.parents)
    for folder in above:
        for name in _ENVIRONMENT_NAMES:
            yield f"{name} of {folder.name or folder}", _packages_of(folder / name)
    yield "the sources around the checked path", above


def _packages_of(prefix: Path) -> list[Path]:
    try:
        return [folder for pattern in _SITE_PACKAGES for folder in sorted(prefix.glob(pattern), reverse=True)]
    except OSError:
        return []


def _holder(folder: Path) -> Path | None:
    """Return the folder with ``homeassistant/`` that a folder is, lies in as a package, or points to."""
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would leave the user's own path
    if _is_home_assistant(folder / "homeassistant"):
        return folder
    if _is_home_assistant(folder):
        return folder.parent
    if folder.name in {"site-packages", "dist-packages"}:
        return next((one for one in _path_files(folder) if _is_home_assistant(one / "homeassistant")), None)
    return None


def _is_home_assistant(folder: Path) -> bool:
    try:
        return is_home_assistant(folder)
    except OSError:
        return False


def _path_files(packages: Path) -> Iterator[Path]:
    """Yield the folders that ``.pth`` files add: a checkout installed in editable mode is one of them."""
    try:
        files = sorted(packages.glob("*.pth"))
        lines = [line for file in files for line in file.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return
    for line in lines:
        if line.strip() and not line.startswith(("import ", "import\t", "#")):
            yield packages / line.strip()
