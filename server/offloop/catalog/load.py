"""A location of Home Assistant to its catalog: from the cache, from the bundle, or derived now."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs

from offloop.catalog.framework import core_files
from offloop.catalog.locate import BundledRequest, HomeAssistant
from offloop.catalog.shelf import SUFFIX, order, read_release, versions_in
from offloop.catalog.store import FORMAT, DamagedCatalogError, dump, load
from offloop.library.model import Catalog

BUNDLE = Path(__file__).parent / "bundled"


class NoCatalogError(ValueError):
    """Neither the cache, nor the bundle, nor the sources give a catalog."""


def load_catalog(
    location: HomeAssistant | BundledRequest,
    *,
    use_cache: bool = True,
    deriving: Callable[[], None] | None = None,
) -> Catalog:
    """Return the catalog of a location; ``deriving`` is called before sources are read at length.

    Raises NoCatalogError where there is nothing to derive from.
    """
    if isinstance(location, BundledRequest):
        return load_bundled(location.version)
    key = fingerprint(location)
    path = cache_folder() / f"{location.version}-{key}.catalog"
    if use_cache:
        cached = read_cached(path, str(location.root))
        if cached is not None:
            return cached
    if deriving is not None:
        deriving()
    from offloop.catalog.derive import derive  # noqa: PLC0415 - start fast: mostly there is nothing to derive

    catalog = derive(location.root, location.version)
    if not catalog.modules:
        raise NoCatalogError(f"{location.root} holds no readable Home Assistant")
    problem = write_cached(path, dump(catalog)) if use_cache else None
    if problem is not None:
        said = f"the cache cannot be written, so that Home Assistant is read anew each time: {problem}"
        catalog = replace(catalog, notices=(*catalog.notices, said))
    return catalog


# -------------------------------------------------------------------- cache
def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the user's cache."""
    chosen = environ.get("OFFLOOP_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("offloop", appauthor=False))


def fingerprint(location: HomeAssistant) -> str:
    """Return what identifies the sources of a location without reading them: names, sizes and times of its core."""
    digest = hashlib.blake2b(digest_size=12)
    digest.update(f"{FORMAT} {own_version()} {sys.version_info[:2]} {location.root}".encode())
    for path in core_files(location.root):
        try:
            state = path.stat()
        except OSError:
            continue
        digest.update(f"{path.name} {state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()


def own_version() -> str:
    """Return what changes when offloop's own judgement does: its version, or its files' state in a checkout."""
    try:
        released = version("offloop")
    except PackageNotFoundError:
        released = "0"
    package = Path(__file__).parents[1]
    newest = max(
        (path.stat().st_mtime_ns for path in package.rglob("*.py") if path.parts[-2] in _DERIVING), default=0
    )
    return f"{released} {newest}"


_DERIVING = frozenset({"catalog", "inference", "resolve", "library", "facts"})


def read_cached(path: Path, source_root: str | None) -> Catalog | None:
    """Return the catalog in a cache file, None where there is none or it is damaged."""
    try:
        return load(path.read_bytes(), source_root)
    except (OSError, DamagedCatalogError):
        return None  # absent, or damaged: it is made anew


def write_cached(path: Path, data: bytes) -> str | None:
    """Write a cache file whole or not at all, safe with two processes at once; return why it was not written.

    Where another process holds the file open, it has just been written by that one: nothing is wrong.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".catalog-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        if _is_file(path):
            return None
        return f"{path.parent}: {error.strerror or error}"  # it costs time, nothing else
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


# -------------------------------------------------------------------- bundle
def bundled_versions() -> list[str]:
    """Return the releases whose catalogs come with offloop, oldest first."""
    return sorted(_bundled(), key=order)


def _bundled() -> dict[str, Path]:
    """Return the file that holds each bundled release; files that cannot be read hold none."""
    found: dict[str, Path] = {}
    for path in sorted(BUNDLE.glob(f"*{SUFFIX}")):
        try:
            found.update(dict.fromkeys(versions_in(path), path))
        except (OSError, DamagedCatalogError):
            continue
    return found


def load_bundled(wanted: str | None) -> Catalog:
    """Return the bundled catalog of a release, of the nearest older one, or the newest where None is wanted.

    "2026.11" is any release of that month. Raises NoCatalogError where nothing is bundled.
    """
    files = _bundled()
    known = sorted(files, key=order)
    if not known:
        raise NoCatalogError("no catalog is bundled with this installation")
    chosen = known[-1]
    if wanted is not None:
        wanted = next((one for one in reversed(known) if one.startswith(f"{wanted}.")), wanted)
    notice: tuple[str, ...] = ()
    if wanted is not None and wanted not in known:
        older = [one for one in known if order(one) <= order(wanted)]
        chosen = older[-1] if older else known[0]
        notice = (f"no catalog of Home Assistant {wanted} is bundled: that of {chosen} is used",)
    elif wanted is not None:
        chosen = wanted
    try:
        catalog = read_release(files[chosen], chosen)
    except (OSError, DamagedCatalogError) as error:
        raise NoCatalogError(f"the bundled catalog of {chosen} cannot be read: {error}") from error
    return replace(catalog, notices=(*catalog.notices, *notice))
