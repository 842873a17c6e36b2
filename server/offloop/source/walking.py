"""Folders and the Python files in them, whatever links, rights and environments lie about."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from offloop.source.model import Problem

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules"})


def python_files(
    root: Path,
    nested: bool,
    problems: list[Problem],
    excludes: Callable[[str], bool] = lambda _: False,
    walked: list[str] | None = None,
) -> Iterator[Path]:
    """Yield each Python file below a folder once, whatever symbolic links say; ``walked`` takes up the folders."""
    real_root = os.path.realpath(root)
    seen: set[str] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        if walked is not None:
            walked.append(str(folder))
        deeper = []
        for entry in entries(folder, problems):
            if entry.is_symlink() and _leads_back(entry, real_root):
                continue
            if is_directory(entry):
                if nested and not is_skipped(entry) and not excludes(str(entry)):
                    deeper.append(entry)
            elif entry.suffix == ".py":
                yield entry
        waiting += reversed(deeper)


def _leads_back(link: Path, real_root: str) -> bool:
    """Whether a symbolic link names something that the walk meets anyway, or the way back up."""
    target = os.path.realpath(link)
    return (target + os.sep).startswith(real_root + os.sep) or (real_root + os.sep).startswith(
        target + os.sep
    )


def is_skipped(folder: Path) -> bool:
    """Whether a folder below the one asked for is nobody's source: hidden, an environment, tests."""
    if folder.name.startswith(".") or folder.name in _SKIPPED_FOLDERS:
        return True
    if is_file(folder / "pyvenv.cfg"):
        return True
    return folder.name == "tests" and is_directory(folder.parent / "custom_components")


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder that may hold sources."""
    return [entry for entry in entries(folder) if is_directory(entry) and not is_skipped(entry)]


def entries(folder: Path, problems: list[Problem] | None = None) -> list[Path]:
    """Return what is in a folder by name; one that cannot be read is a problem and empty."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        if problems is not None:
            problems.append(Problem(str(folder), f"cannot be read: {error.strerror or error}"))
        return []


def is_file(path: Path) -> bool:
    """Whether a path is a file that can be seen."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_directory(path: Path) -> bool:
    """Whether a path is a folder that can be seen."""
    try:
        return path.is_dir()
    except OSError:
        return False
