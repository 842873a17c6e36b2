"""Verdicts to text and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tests.benchmark import fixes
from tests.benchmark.rows import Verdict

_KINDS = ("exact", "sink", "trace", "near", "missed", "error")


def summary(verdicts: list[Verdict]) -> dict[str, int]:
    """Return the counts that decide."""
    bugs = [verdict for verdict in verdicts if not verdict.row.clean]
    clean = [verdict for verdict in verdicts if verdict.row.clean]
    return {
        "bugs": len(bugs),
        "found": sum(verdict.counts for verdict in bugs),
        "clean": len(clean),
        "flagged": sum(verdict.counts for verdict in clean),
        "errors": sum(verdict.kind == "error" for verdict in verdicts),
    }


def text(verdicts: list[Verdict]) -> Iterator[str]:
    """Yield the lines of the report: tables, misses, flagged rows."""
    bugs = [verdict for verdict in verdicts if not verdict.row.clean]
    for field in ("level", "found_by"):
        yield from _table(bugs, field)
        yield ""
    yield "Bugs not found"
    for verdict in bugs:
        if not verdict.counts:
            yield from _miss(verdict)
    yield ""
    yield "Places flagged that must be silent"
    for verdict in verdicts:
        if verdict.row.clean and verdict.kind != "silent":
            yield from _flagged(verdict)
    yield ""
    yield from fixes.table(bugs)
    counts = summary(verdicts)
    yield ""
    yield (
        f"{counts['found']} of {counts['bugs']} bugs found, {counts['flagged']} of {counts['clean']} silent "
        f"places flagged, {counts['errors']} rows could not be checked"
    )


def as_json(verdicts: list[Verdict]) -> dict[str, Any]:
    """Return everything as plain data."""
    return {
        "summary": summary(verdicts),
        "fixes": fixes.summary([verdict for verdict in verdicts if not verdict.row.clean]),
        "rows": [
            {
                "id": verdict.row.id,
                "version": verdict.row.version,
                "file": verdict.row.file,
                "function": verdict.row.function,
                "lines": verdict.row.lines,
                "kind": verdict.kind,
                "note": verdict.note,
                "fix": None if verdict.row.clean else fixes.judgement(verdict),
                "mend": None if verdict.mend is None else asdict(verdict.mend),
                "findings": [
                    {
                        "rule": found.rule,
                        "severity": found.severity,
                        "file": found.file,
                        "function": found.function,
                        "row": found.first_row,
                        "message": found.message,
                        "trace": [f"{step.file}:{step.row}: {step.message}" for step in found.trace],
                    }
                    for found in verdict.findings
                ],
            }
            for verdict in verdicts
        ],
    }


def _table(bugs: list[Verdict], field: str) -> Iterator[str]:
    """Yield one table of bugs by a field of theirs."""
    width = max([len(field), *(len(str(verdict.row.data.get(field))) for verdict in bugs)])
    yield f"{field:<{width}}  bugs  found  " + "  ".join(f"{kind:>6}" for kind in _KINDS)
    groups = sorted({str(verdict.row.data.get(field)) for verdict in bugs})
    for group in [*groups, "all"]:
        members = [verdict for verdict in bugs if group in ("all", str(verdict.row.data.get(field)))]
        kinds = Counter(verdict.kind for verdict in members)
        found = sum(verdict.counts for verdict in members)
        cells = "  ".join(f"{kinds[kind]:>6}" for kind in _KINDS)
        yield f"{group:<{width}}  {len(members):>4}  {found:>5}  {cells}"


def _miss(verdict: Verdict) -> Iterator[str]:
    """Yield what is known of a bug that was not found."""
    row = verdict.row
    rows = ",".join(map(str, row.lines))
    yield f"  {row.id} {row.version} {row.file}:{rows} {row.function}"
    yield f"      {row.data.get('api')} | {row.data.get('level')} | {row.data.get('route')}"
    if verdict.note:
        yield f"      {verdict.kind}: {verdict.note}"
    for found in verdict.findings:
        yield f"      near: row {found.first_row}: [{found.rule}] {found.message}"


def _flagged(verdict: Verdict) -> Iterator[str]:
    """Yield what is known of a place that was flagged or could not be checked."""
    row = verdict.row
    yield f"  {row.id} {row.version} {row.file}:{row.data.get('line')} {row.function}"
    yield f"      {row.data.get('reason')}"
    if verdict.note:
        yield f"      {verdict.kind}: {verdict.note}"
    for found in verdict.findings:
        yield f"      row {found.first_row}: {found.severity}: [{found.rule}] {found.message}"
        for step in found.trace:
            yield f"        {step.file}:{step.row}: {step.message}"
