"""Which files a finding tells of, and its places where room in a text was made for somebody who edits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from offloop.rules.rule import Diagnostic, FileEdit
from offloop.text import Room, Span


def mentions(diagnostic: Diagnostic, path: str) -> bool:
    """Whether a finding, its trace or a fix has a place in a file."""
    return (
        diagnostic.path == path
        or any(step.path == path for step in diagnostic.trace)
        or any(change.path == path for fix in diagnostic.fixes for change in fix.edits)
    )


def without_room(diagnostic: Diagnostic, rooms: Mapping[str, Room]) -> Diagnostic:
    """Return a finding with the places of the files' own texts."""

    def edited(change: FileEdit) -> FileEdit:
        room = rooms.get(change.path)
        if room is None:
            return change
        edit = change.edit
        return replace(change, edit=replace(edit, start=room.outside(edit.start), end=room.outside(edit.end)))

    span, room = diagnostic.span, rooms.get(diagnostic.path)
    if room is not None:
        span = Span(room.outside(span.start), room.outside(span.end))
    fixes = tuple(replace(fix, edits=tuple(map(edited, fix.edits))) for fix in diagnostic.fixes)
    return replace(diagnostic, span=span, fixes=fixes)
