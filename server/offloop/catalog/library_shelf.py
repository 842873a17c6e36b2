"""The summaries of libraries that come with offloop, for libraries that are not at hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from offloop.catalog.shelf import read_release, versions_in
from offloop.catalog.store import DamagedCatalogError
from offloop.library.model import Catalog

BUNDLE = Path(__file__).parent / "bundled" / "libraries.summaries"


class Label(NamedTuple):
    """What a summary is of: a top-level package, its distribution and the version that was read."""

    root: str
    distribution: str
    version: str

    @property
    def text(self) -> str:
        """The name under which a summary is kept; without blanks."""
        return f"{self.root}@{self.distribution}=={self.version}".replace(" ", "")


def labels(path: Path = BUNDLE) -> dict[str, Label]:
    """Return by top-level package what the summaries are of; empty where the file cannot be read."""
    try:
        texts = versions_in(path)
    except (OSError, DamagedCatalogError):
        return {}
    found: dict[str, Label] = {}
    for text in texts:
        root, _, rest = text.partition("@")
        distribution, _, version = rest.partition("==")
        found[root] = Label(root, distribution, version)
    return found


@cache
def bundled_labels() -> dict[str, Label]:
    """Return what comes with offloop, read once."""
    return labels()


@cache
def bundled_library(root: str) -> Catalog | None:
    """Return the bundled summary of a top-level package, None where there is none."""
    label = bundled_labels().get(root)
    if label is None:
        return None
    try:
        return read_release(BUNDLE, label.text)
    except (OSError, DamagedCatalogError):
        return None
