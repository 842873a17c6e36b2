"""What libraries cost: CPU seconds of a check with a library read anew, from the cache, from the bundle.

``python -m tests.bench.libraries --home-assistant DIR --packages DIR [INTEGRATION...]``: DIRs hold ``homeassistant/``
and the packages that the integrations require.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from offloop.catalog.libraries import Libraries
from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant, home_assistant_version
from offloop.config import Settings
from offloop.project import Project
from offloop.source import discover, load_integration


def measure(name: str, root: Path, packages: Path) -> None:
    """Print the CPU seconds of one integration's checks."""
    catalog = load_catalog(HomeAssistant(root, home_assistant_version(root) or "unknown", "bench"))
    folders = discover([root / "homeassistant" / "components" / name]).folders
    if not folders:
        print(f"{name}: not in {root}")
        return
    integration = load_integration(folders[0])

    def check(libraries: Libraries) -> None:
        project = Project(catalog, Settings(jedi=False), libraries=libraries)
        project.check(integration)
        project.close()

    bundled = Libraries([])
    with tempfile.TemporaryDirectory() as cache:
        os.environ["OFFLOOP_CACHE_DIR"] = cache
        costs = {
            "without": _seconds(lambda: check(Libraries([], bundle=False))),
            "cold": _seconds(lambda: check(Libraries([packages]))),
            "cached": _seconds(lambda: check(Libraries([packages]))),
            "bundled": _seconds(lambda: check(bundled)),
        }
    told = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in costs.items())
    print(f"{name}: CPU of a check with libraries: {told}")


def _seconds(work: Callable[[], None]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("integrations", nargs="*", default=["mqtt", "cast"], metavar="INTEGRATION")
    parser.add_argument("--home-assistant", type=Path, required=True, metavar="DIR")
    parser.add_argument("--packages", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    for name in options.integrations:
        measure(name, options.home_assistant, options.packages)


if __name__ == "__main__":
    main()
