"""``offloop catalog``: what a release of Home Assistant says about threads, and how two differ."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from offloop.cli.engine import Engine
from offloop.cli.prepare import described, find_home_assistant, load_catalog, read_settings, say

if TYPE_CHECKING:
    from offloop.library.model import Catalog


def catalog(options: argparse.Namespace, engine: Engine) -> int:
    """Print a catalog or the difference of two; raises AbortError where there is none."""
    # The document's shape belongs to the catalog; only finding and printing it is done here.
    from offloop.catalog.document import as_document, as_text  # noqa: PLC0415 - heavy
    from offloop.catalog.migration import diff_as_text, difference  # noqa: PLC0415 - heavy

    if options.diff:
        old, new = (as_document(_catalog_of(options, engine, one)) for one in options.diff)
        changes = difference(old, new)
        text = diff_as_text(changes)
        document = changes
    else:
        loaded = _catalog_of(options, engine, None)
        document, text = as_document(loaded), as_text(as_document(loaded, detailed=True))
    if options.output_format == "json":
        text = json.dumps(document, indent=1) + "\n"
    sys.stdout.write(text)
    return 0


def _catalog_of(options: argparse.Namespace, engine: Engine, wanted: str | None) -> Catalog:
    settings = read_settings(options, Path.cwd())
    if wanted is not None:
        settings = replace(settings, home_assistant=wanted)
    location = find_home_assistant(settings, Path.cwd())
    loaded = load_catalog(engine, location, not options.no_cache)
    say(described(location, loaded))
    return cast("Catalog", loaded)  # what the engine itself made: no stand-in prints a whole catalog
