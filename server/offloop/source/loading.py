"""All texts of one integration, with their module names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from offloop.source.model import Integration, IntegrationFolder, Problem, SourceFile
from offloop.source.reading import MAX_FILE_SIZE, read_source, source_from_text
from offloop.source.walking import is_file, python_files


def load_integration(
    folder: IntegrationFolder,
    *,
    texts: Mapping[str, str] | None = None,
    excludes: Callable[[str], bool] = lambda _: False,
    max_bytes: int = MAX_FILE_SIZE,
) -> Integration:
    """Read all files of one integration; what cannot be read is among its problems.

    ``texts`` stand in for the files of these absolute paths, existing or not; ``excludes`` says which
    absolute paths are left out unless asked for by name.
    """
    texts = texts or {}
    problems: list[Problem] = []
    files: list[SourceFile] = []
    for path in _wanted_files(folder, texts, excludes, problems):
        module, is_package = module_name(folder, path)
        text = texts.get(path)
        if text is None:
            one = read_source(path, module, is_package, max_bytes)
        else:
            one = source_from_text(path, module, is_package, text)
        if isinstance(one, Problem):
            problems.append(one)
        else:
            files.append(one)
    requirements = _requirements(Path(folder.root) / "manifest.json")
    return Integration(folder.name, folder.package, folder.root, tuple(files), tuple(problems), requirements)


def _requirements(manifest: Path) -> tuple[str, ...]:
    """Return what a manifest requires; nothing where there is none, or one that is being edited."""
    try:
        found = json.loads(manifest.read_bytes())["requirements"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ()
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def module_name(folder: IntegrationFolder, path: str) -> tuple[str, bool]:
    """Return the dotted module name of a file of an integration, and whether it is a package."""
    parts = list(Path(path).relative_to(folder.root).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    if is_package:
        parts.pop()
    return ".".join((folder.package, *parts)), is_package


def _wanted_files(
    folder: IntegrationFolder,
    texts: Mapping[str, str],
    excludes: Callable[[str], bool],
    problems: list[Problem],
) -> list[str]:
    root = Path(folder.root)
    found = (str(path) for path in python_files(root, folder.nested, problems, excludes))
    wanted = dict.fromkeys(path for path in found if not excludes(path))
    for path in (*folder.asked, *texts):
        # Asked for by name wins over a hidden folder, an odd suffix or an exclusion.
        inside = Path(path).is_relative_to(root)
        if inside and (path in texts or is_file(Path(path))):
            wanted.setdefault(path)
    return sorted(wanted)
