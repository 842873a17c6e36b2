"""Runs the benchmark: ``python -m tests.benchmark --benchmark DIR --sources DIR``.

Each bug is looked for in the release that had it, each silent place checked in its release. A bug is found
when a finding sits on its line (exact), at its sink (sink), or when its trace goes through the line (trace).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from pathlib import Path

from tests.benchmark import report
from tests.benchmark.check import judge_release
from tests.benchmark.releases import CHECKOUT, sources_folder
from tests.benchmark.rows import Row, Verdict, load_rows


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    folder = Path(
        options.benchmark or os.environ.get("OFFLOOP_BENCHMARK") or CHECKOUT.parent / "shared" / "benchmark"
    )
    if not (folder / "bugs.jsonl").is_file():
        print(f"skipped: {folder} has no bugs.jsonl")
        return 0
    rows = load_rows(folder, options.rows.split(",") if options.rows else ())
    if options.list_versions:
        print("\n".join(sorted({row.version for row in rows})))
        return 0
    verdicts = _run(rows, sources_folder(options.sources), options.offline, options.jobs)
    print("\n".join(report.text(verdicts)))
    if options.json:
        Path(options.json).write_text(json.dumps(report.as_json(verdicts), indent=1), encoding="utf-8")
    counts = report.summary(verdicts)
    return int(
        (options.min_found is not None and counts["found"] < options.min_found)
        or (options.max_flagged is not None and counts["flagged"] > options.max_flagged)
        or (options.max_flagged is not None and counts["errors"] > 0)
    )


def _options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--benchmark", help="folder of bugs.jsonl and clean.jsonl (or OFFLOOP_BENCHMARK)")
    parser.add_argument("--sources", help="folder of unpacked releases (or OFFLOOP_HA_SOURCES)")
    parser.add_argument("--rows", help="only these rows, by id, with commas between")
    parser.add_argument("--json", help="write all verdicts to this file")
    parser.add_argument("--offline", action="store_true", help="do not download releases")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--min-found", type=int, help="fail when fewer bugs are found")
    parser.add_argument("--max-flagged", type=int, help="fail when more silent places are flagged")
    parser.add_argument("--list-versions", action="store_true", help="print the releases that are needed")
    return parser.parse_args()


def _run(rows: list[Row], sources: Path, offline: bool, jobs: int) -> list[Verdict]:
    """Judge all rows, one release at a time in each process; the order of the rows is kept."""
    versions: dict[str, list[Row]] = {}
    for row in rows:
        versions.setdefault(row.version, []).append(row)
    largest_first = sorted(versions.items(), key=lambda item: -len(item[1]))
    verdicts: dict[str, Verdict] = {}
    tasks = [(version, members, sources, offline) for version, members in largest_first]
    # A fresh interpreter for each release: its memory goes with it.
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=1) as pool:
        for number, judged in enumerate(pool.imap_unordered(judge_release, tasks, chunksize=1), 1):
            for verdict in judged:
                verdicts[verdict.row.id] = verdict
            print(f"\r{number} of {len(tasks)} releases", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [verdicts[row.id] for row in rows]


if __name__ == "__main__":
    sys.exit(main())
