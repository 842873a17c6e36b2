"""What a catalog costs: ``python -m tests.bench.catalog VERSION [--sources DIR]``.

Processor seconds of the first derivation, of a load from the cache and from the bundle, and the resident memory
that a loaded catalog adds; each is measured in a process of its own. A catalog is asked for all its modules before
its memory is read.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from offloop.catalog.load import load_bundled, load_catalog
from offloop.catalog.locate import HomeAssistant
from tests.benchmark.releases import release, sources_folder

_LIMITS = {"derive": "15 s", "cached": "0.15 s", "bundled": "-"}


def measure(what: str, root: Path, version: str) -> str:
    """Return the processor seconds of one way to a catalog, and the resident memory that it adds."""
    gc.disable()  # as in the server
    before, started = _resident(), time.process_time()
    location = HomeAssistant(root, version, "bench")
    catalog = load_bundled(version) if what == "bundled" else load_catalog(location)
    seconds = time.process_time() - started
    gc.collect()
    loaded = _resident() - before
    used = sum(len(catalog.modules[name].names) for name in catalog.modules)
    return f"{seconds:.2f} s CPU, {loaded:.0f} MB, {_resident() - before:.0f} MB with all {used} names read"


def _resident() -> float:
    """Return this process's resident memory in megabytes, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure each way in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.catalog", description=__doc__)
    parser.add_argument("version", nargs="?", default="2026.11.0")
    parser.add_argument("--sources", help="folder of unpacked releases (default: OFFLOOP_HA_SOURCES)")
    parser.add_argument("--only", choices=_LIMITS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    root = release(sources_folder(options.sources), options.version)
    if options.only:
        print(measure(options.only, root, options.version))
        return
    with tempfile.TemporaryDirectory() as cache:
        for what, limit in _LIMITS.items():
            command = [sys.executable, "-m", "tests.bench.catalog", options.version, "--only", what]
            command += ["--sources", str(root.parent)]
            done = subprocess.run(
                command,
                env={**os.environ, "OFFLOOP_CACHE_DIR": cache},
                capture_output=True,
                text=True,
                check=True,
            )
            print(f"{what:8} {done.stdout.strip()} (limit {limit})", flush=True)


if __name__ == "__main__":
    main()
