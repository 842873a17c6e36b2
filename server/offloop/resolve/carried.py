"""Where a place of a text is after somebody has edited another line of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from offloop.facts.rooms import differing
from offloop.text import LineIndex


def carried(before: str, after: str, offsets: Iterable[int]) -> Mapping[int, int]:
    """Return where the offsets of a text are in an edited one; those in lines that were edited are left out."""
    change = differing(before, after)
    lines = LineIndex(before)
    first = lines.starts[lines.position(change.start).line]
    last = lines.line_end(lines.position(change.end).line)
    shift = len(change.come) - len(change.gone)
    return {
        offset: offset if offset < first else offset + shift
        for offset in offsets
        if offset < first or offset > last
    }
