"""Which integrations lie at a path; reads names and manifests, no Python."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from offloop.source.model import Discovery, IntegrationFolder, Problem
from offloop.source.walking import entries, is_directory, is_file, python_files, subfolders

_SEARCH_DEPTH = 4
_PYTHON_SUFFIXES = frozenset({".py", ".pyw", ""})


def discover(paths: Iterable[Path]) -> Discovery:
    """Find the integrations at files and folders without reading any Python file.

    Paths of one integration are put together. A path that is missing or holds no Python gives a Problem.
    """
    folders: dict[tuple[str, bool], IntegrationFolder] = {}
    problems: list[Problem] = []
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the user's links
        found = _discover_one(absolute)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        for folder in found:
            key = (os.path.realpath(folder.root), folder.nested)
            folders[key] = _joined(folders.get(key), folder)
    return Discovery(tuple(folders.values()), tuple(problems))


def integration_of(path: Path) -> IntegrationFolder:
    """Return the integration that an absolute file belongs to, asked for that file alone.

    It is the nearest folder above with an integration's manifest.json, else the outermost package,
    else the file's folder without its subfolders. The file need not exist.
    """
    return replace(_owner(path.parent), asked=(str(path),))


def is_home_assistant(folder: Path) -> bool:
    """Whether a folder is the ``homeassistant`` package itself, and not its integration of that name."""
    if folder.name != "homeassistant" or not is_file(folder / "const.py"):
        return False
    return not is_file(folder / "manifest.json")


def _joined(first: IntegrationFolder | None, second: IntegrationFolder) -> IntegrationFolder:
    if first is None:
        return second
    if not first.asked or not second.asked:
        return replace(first, asked=())
    return replace(first, asked=tuple(dict.fromkeys(first.asked + second.asked)))


def _discover_one(path: Path) -> list[IntegrationFolder] | Problem:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Problem(str(path), "does not exist")
    except OSError as error:
        return Problem(str(path), f"cannot be read: {error.strerror or error}")
    if stat.S_ISDIR(mode):
        found = list(_discover_folder(path))
        return found or Problem(str(path), "has no Python files")
    if path.suffix.lower() not in _PYTHON_SUFFIXES:
        return Problem(str(path), "is not a Python file")
    return [integration_of(path)]


def _discover_folder(folder: Path) -> Iterator[IntegrationFolder]:
    """Yield the integrations of a folder; what it is, is decided by its name and nearest contents."""
    if is_home_assistant(folder):
        yield from _components(folder / "components")
    elif folder.name in {"custom_components", "components"} and not is_file(folder / "manifest.json"):
        yield from _components(folder)
    elif is_directory(folder / "custom_components"):
        yield from _components(folder / "custom_components")
    elif is_home_assistant(folder / "homeassistant"):
        yield from _components(folder / "homeassistant" / "components")
    elif (owner := _enclosing_integration(folder)) is not None:
        yield owner if owner.root == str(folder) else replace(owner, asked=(str(folder),))
    else:
        yield from _integrations_below(folder) or _plain(folder)


def _components(folder: Path) -> Iterator[IntegrationFolder]:
    package = _components_package(folder)
    for child in subfolders(folder):
        if any(entry.name.endswith(".py") for entry in entries(child)):
            yield IntegrationFolder(child.name, f"{package}.{child.name}", str(child))


def _components_package(folder: Path) -> str:
    if folder.name == "components" and is_home_assistant(folder.parent):
        return "homeassistant.components"
    return "custom_components"


def _integrations_below(folder: Path) -> list[IntegrationFolder]:
    """Find integrations in deeper folders, such as ``config/custom_components`` of a repository."""
    found: list[IntegrationFolder] = []
    level = [folder]
    seen = {os.path.realpath(folder)}
    for _ in range(_SEARCH_DEPTH):
        deeper: list[Path] = []
        for child in (child for parent in level for child in subfolders(parent)):
            real = os.path.realpath(child)
            if real in seen:
                continue
            seen.add(real)
            if child.name == "custom_components":
                found += _components(child)
            elif (domain := _manifest_domain(child)) is not None:
                found.append(_integration_at(child, domain))
            else:
                deeper.append(child)
        level = deeper
    return found


def _plain(folder: Path) -> list[IntegrationFolder]:
    whole = IntegrationFolder(folder.name, _plain_package(folder), str(folder))
    return [whole] if next(python_files(folder, nested=True, problems=[]), None) else []


def _plain_package(folder: Path) -> str:
    """Name a folder's package: its own name below those of the packages around it."""
    names = [folder.name or "root"]
    parent = folder.parent
    while parent != parent.parent and is_file(parent / "__init__.py"):
        names.append(parent.name)
        parent = parent.parent
    return ".".join(reversed(names))


def _owner(folder: Path) -> IntegrationFolder:
    found = _enclosing_integration(folder)
    if found is not None:
        return found
    if folder.name == "custom_components" or not is_file(folder / "__init__.py"):
        return IntegrationFolder(folder.name, folder.name or "root", str(folder), nested=False)
    while folder.parent != folder.parent.parent and is_file(folder.parent / "__init__.py"):
        folder = folder.parent
    return IntegrationFolder(folder.name, folder.name, str(folder))


def _enclosing_integration(folder: Path) -> IntegrationFolder | None:
    """Return the integration, or the part of Home Assistant's core, that a folder is or lies in."""
    for one in (folder, *folder.parents):
        if one.parent.name == "custom_components" or _is_core_component(one):
            return _integration_at(one, one.name)
        if is_home_assistant(one):
            return _core_part(one, folder)
        if (domain := _manifest_domain(one)) is not None:
            return _integration_at(one, domain)
    return None


def _is_core_component(folder: Path) -> bool:
    return folder.parent.name == "components" and is_home_assistant(folder.parent.parent)


def _core_part(root: Path, folder: Path) -> IntegrationFolder:
    """Return the core folder that is checked as a whole: ``helpers``, ``util``, or single modules' own."""
    parts = folder.relative_to(root).parts
    if not parts or parts[0] == "components":
        package = ".".join((root.name, *parts))
        return IntegrationFolder(folder.name, package, str(folder), nested=False)
    top = root / parts[0]
    return IntegrationFolder(top.name, f"{root.name}.{top.name}", str(top))


def _integration_at(folder: Path, domain: str) -> IntegrationFolder:
    if _is_core_component(folder):
        return IntegrationFolder(folder.name, f"homeassistant.components.{folder.name}", str(folder))
    return IntegrationFolder(domain, f"custom_components.{domain}", str(folder))


def _manifest_domain(folder: Path) -> str | None:
    """Return the domain of an integration's manifest; other software has files of that name too."""
    manifest = folder / "manifest.json"
    if not is_file(manifest):
        return None
    try:
        content = json.loads(manifest.read_bytes())
    except (OSError, ValueError, RecursionError):
        # A manifest that is being edited is one all the same where Python files lie beside it.
        return folder.name if is_file(folder / "__init__.py") else None
    domain = content.get("domain") if isinstance(content, dict) else None
    return domain if isinstance(domain, str) and domain.isidentifier() else None
