"""The benchmark's rows and when one counts as found or flagged; reads no Home Assistant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Step:
    """One place of a trace; ``file`` is relative to the ``homeassistant`` folder, ``row`` 1-based."""

    file: str
    row: int
    message: str


@dataclass(frozen=True)
class Finding:
    """An error or a warning, in plain data: rows are 1-based, ``file`` as in Step."""

    rule: str
    severity: str
    file: str
    function: str | None
    first_row: int
    last_row: int
    message: str
    trace: tuple[Step, ...]


@dataclass(frozen=True)
class Mend:
    """What our preferred fixes make of a bug: their kinds and titles, and whether the row is silent afterwards.

    ``kinds`` are values of FixKind; ``left`` says what is still found.
    """

    kinds: tuple[str, ...]
    titles: tuple[str, ...]
    silent: bool
    left: str = ""


@dataclass(frozen=True)
class Row:
    """A bug (``clean`` False) or a place that must stay silent."""

    id: str
    clean: bool
    version: str
    file: str
    function: str
    lines: tuple[int, ...]
    data: dict[str, Any]

    @property
    def integration(self) -> str:
        """Return the integration's folder, relative to ``homeassistant``."""
        return "/".join(self.file.split("/")[:2])

    @property
    def needs_libraries(self) -> bool:
        """Whether only the source of a required library can explain the row."""
        return self.data.get("level") == "third-party"


@dataclass(frozen=True)
class Verdict:
    """What became of a row.

    ``kind`` of a bug: exact, sink, trace, near (right function, another line; not counted) or missed; of a
    clean row: flagged or silent; of both: error. ``findings`` are those that decided it. ``errors`` counts the
    forward findings of level error in the row's integration, and those of them that offer a fix; ``forward`` all
    forward findings (old releases check no threads, so that most are warnings).
    """

    row: Row
    kind: str
    findings: tuple[Finding, ...] = ()
    note: str = ""
    mend: Mend | None = None
    errors: tuple[int, int] = (0, 0)
    forward: tuple[int, int] = (0, 0)

    @property
    def counts(self) -> bool:
        """Whether a bug counts as found, a clean row as flagged."""
        return self.kind in ("exact", "sink", "trace", "flagged")


def load_rows(folder: Path, only: Iterable[str] = ()) -> list[Row]:
    """Read bugs.jsonl and clean.jsonl, or the named rows of them."""
    wanted = set(only)
    rows = []
    for name, clean in (("bugs.jsonl", False), ("clean.jsonl", True)):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            data = json.loads(line)
            lines = tuple(data.get("lines") or ())
            version = data["version" if clean else "before_version"]
            if not wanted or data["id"] in wanted:
                rows.append(Row(data["id"], clean, version, data["file"], data["function"], lines, data))
    return rows


def judge(row: Row, findings: Iterable[Finding]) -> Verdict:
    """Decide about a row from the findings of its integration."""
    return _judge_clean(row, findings) if row.clean else _judge_bug(row, list(findings))


def _judge_bug(row: Row, findings: list[Finding]) -> Verdict:
    """Look for the row's own line first, then its sink, then a trace through the line."""
    inside = [found for found in findings if _is_inside(found, row.file, row.function)]
    sink = row.data.get("sink")
    kinds = {
        "exact": [found for found in inside if _on_lines(found, row.lines)],
        "sink": [found for found in findings if sink and _is_inside(found, sink["file"], sink["function"])],
        "trace": [found for found in findings if _passes(found, row)],
        "near": inside,
    }
    for kind, decisive in kinds.items():
        if decisive:
            return Verdict(row, kind, tuple(decisive))
    return Verdict(row, "missed")


def _judge_clean(row: Row, findings: Iterable[Finding]) -> Verdict:
    """Look for any finding in the row's function, on its lines where it names them."""
    decisive = tuple(
        found
        for found in findings
        if _is_inside(found, row.file, row.function) and (not row.lines or _on_lines(found, row.lines))
    )
    return Verdict(row, "flagged" if decisive else "silent", decisive)


def _is_inside(found: Finding, file: str, function: str) -> bool:
    """Tell whether a finding sits in a function or in a lambda written in it."""
    name = found.function or ""
    while name != function and name.endswith(".<locals>.<lambda>"):
        name = name.removesuffix(".<locals>.<lambda>")
    return found.file == file and name == function


def _on_lines(found: Finding, lines: tuple[int, ...]) -> bool:
    """Tell whether a finding covers one of the lines."""
    return any(found.first_row <= line <= found.last_row for line in lines)


def _passes(found: Finding, row: Row) -> bool:
    """Tell whether a finding's trace goes through one of the row's lines."""
    return any(step.file == row.file and step.row in row.lines for step in found.trace)
