"""Derive a catalog in a process of its own: seconds of work and much memory that the server is spared.

The child fills the catalog cache; it has our own import path, and nothing of the workspace on it.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

from offloop.catalog.load import load_catalog
from offloop.catalog.locate import BundledRequest, HomeAssistant
from offloop.library.model import Catalog

_CHILD = """\
import json, sys
from pathlib import Path
order = json.loads(sys.argv[1])
sys.path[:] = order["path"]
from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant
load_catalog(HomeAssistant(Path(order["root"]), order["version"], order["how"]))
"""
_SECONDS = 600.0


class _NotCachedError(Exception):
    """The catalog has to be derived first."""


def load_catalog_apart(location: HomeAssistant | BundledRequest) -> Catalog:
    """Return the catalog of a location, derived by a child where it is not cached.

    Raises NoCatalogError as load_catalog does.
    """
    try:
        return load_catalog(location, deriving=_stop)
    except _NotCachedError:
        if isinstance(location, HomeAssistant):
            _derive(location)
    # Should the child have failed, or the cache not be writable, it is done here.
    return load_catalog(location)


def _stop() -> None:
    raise _NotCachedError


def _derive(location: HomeAssistant) -> None:
    own = str(Path(__file__).parents[2])
    path = [own, *(entry for entry in sys.path if entry and entry != own)]
    order = {"path": path, "root": str(location.root), "version": location.version, "how": location.how}
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-P", "-c", _CHILD, json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=own,
            timeout=_SECONDS,
            check=False,
        )
