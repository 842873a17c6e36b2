"""Which modules of Home Assistant make up the framework: its core, and what other components build on."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from offloop.library.model import Origin
from offloop.library.overrides import LOOP_PREFIXES

_CORE_FOLDERS = ("helpers", "util", "auth", "backports")
_SKIPPED = frozenset({"__pycache__", "scripts", "translations"})
_IMPORT = re.compile(rb"homeassistant\.components\.(\w+)")
_IMPORT_LIST = re.compile(rb"from homeassistant\.components import (\([^)]*\)|[^\n]*)")
_IMPORT_NAMES = re.compile(
    rb"^[ \t]*from (homeassistant\.components\.[\w.]+) import (\([^)]*\)|[^\n]*)", re.MULTILINE
)
_COMMENT = re.compile(rb"#[^\n]*")
_WORD = re.compile(rb"(\w+)(?:\s+as\s+\w+)?")
_MIN_IMPORTERS = 3


class Survey(NamedTuple):
    """What components import of each other: those that at least three others import, and functions by dotted name.

    Each function comes with the first line that imports it in another component.
    """

    base: frozenset[str]
    functions: Mapping[str, Origin]


def framework_files(root: Path, base: Iterable[str]) -> Iterator[tuple[str, Path, bool]]:
    """Yield (module, path, is package) of the core below the folder that holds ``homeassistant/``, and of components.

    Unreadable folders are passed over.
    """
    package = root / "homeassistant"
    yield from _modules(root, sorted(package.glob("*.py")))
    for name in _CORE_FOLDERS:
        yield from _modules(root, sorted((package / name).rglob("*.py")))
    for name in sorted(base):
        yield from _modules(root, sorted((package / "components" / name).rglob("*.py")))


def survey(root: Path) -> Survey:
    """Return what components import of each other. Unreadable files are passed over."""
    components = root / "homeassistant" / "components"
    importers: dict[bytes, set[str]] = defaultdict(set)
    functions: dict[str, Origin] = {}
    for path in sorted(components.rglob("*.py")):
        own = path.relative_to(components).parts[0]
        try:
            data = path.read_bytes()
        except OSError:
            continue
        for name in _IMPORT.findall(data):
            importers[name].add(own)
        for names in _IMPORT_LIST.findall(data):
            for name in _WORD.findall(names):
                importers[name].add(own)
        for name, offset in _imported(data, own):
            line = data.count(b"\n", 0, offset) + 1
            functions.setdefault(name, Origin(path.relative_to(root).as_posix(), line))
    base = frozenset(
        name.decode()
        for name, owners in importers.items()
        if len(owners - {name.decode()}) >= _MIN_IMPORTERS and (components / name.decode()).is_dir()
    )
    return Survey(base, functions)


def _imported(data: bytes, own: str) -> Iterator[tuple[str, int]]:
    """Yield the dotted names that a component imports from modules of others and that functions may have."""
    for found in _IMPORT_NAMES.finditer(data):
        module = found[1].decode()
        if module.split(".")[2] == own:
            continue
        for word in _WORD.findall(_COMMENT.sub(b"", found[2])):
            name = word.decode()
            if not name[0].isupper() and not name.startswith(LOOP_PREFIXES):
                yield f"{module}.{name}", found.start(1)


def _modules(root: Path, paths: list[Path]) -> Iterator[tuple[str, Path, bool]]:
    for path in paths:
        parts = path.relative_to(root).with_suffix("").parts
        if _SKIPPED.intersection(parts):
            continue
        is_package = parts[-1] == "__init__"
        yield ".".join(parts[:-1] if is_package else parts), path, is_package


def core_files(root: Path) -> Iterator[Path]:
    """Yield the files whose state tells whether sources have changed: the core, the components' folder."""
    package = root / "homeassistant"
    yield from sorted(package.glob("*.py"))
    for name in _CORE_FOLDERS:
        yield from sorted((package / name).rglob("*.py"))
    yield package / "components"
