"""Which modules of Home Assistant make up the framework: its core, and what other components build on."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_CORE_FOLDERS = ("helpers", "util", "auth", "backports")
_SKIPPED = frozenset({"__pycache__", "scripts", "translations"})
_IMPORT = re.compile(rb"homeassistant\.components\.(\w+)")
_IMPORT_LIST = re.compile(rb"from homeassistant\.components import (\([^)]*\)|[^\n]*)")
_WORD = re.compile(rb"(\w+)(?:\s+as\s+\w+)?")
_MIN_IMPORTERS = 3


def framework_files(root: Path) -> Iterator[tuple[str, Path, bool]]:
    """Yield (module, path, is package) of the framework below the folder that holds ``homeassistant/``.

    A component belongs to it where at least three others import it. Unreadable folders are passed over.
    """
    package = root / "homeassistant"
    yield from _modules(root, sorted(package.glob("*.py")))
    for name in _CORE_FOLDERS:
        yield from _modules(root, sorted((package / name).rglob("*.py")))
    components = package / "components"
    for name in sorted(base_components(components)):
        yield from _modules(root, sorted((components / name).rglob("*.py")))


def base_components(components: Path) -> set[str]:
    """Return the names of the components that at least three others import."""
    importers: dict[bytes, set[str]] = defaultdict(set)
    for path in components.rglob("*.py"):
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
    return {
        name.decode()
        for name, owners in importers.items()
        if len(owners - {name.decode()}) >= _MIN_IMPORTERS and (components / name.decode()).is_dir()
    }


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
