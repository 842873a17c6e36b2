"""Imports that nobody needs any more after several fixes at once, of which each alone leaves a use."""

from __future__ import annotations

from collections.abc import Iterable

from offloop.facts.extract import extract
from offloop.facts.tree import Import
from offloop.rules.edits import (
    drop_import,
    import_name,
    is_alone_on_lines,
    module_imports,
    next_line,
    uses_of,
)
from offloop.text import Edit, apply_edits


def without_unused(text: str, edits: Iterable[Edit]) -> list[Edit]:
    """Return edits of a text, with those that take out the module's from-imports that nobody needs after them.

    Raises OverlappingEditsError where the edits overlap.
    """
    found = sorted(set(edits))
    removed = "\n".join(text[edit.start : edit.end] for edit in found)
    imports = [one for one in module_imports(extract(text)) if one.name is not None]
    touched = [one for one in imports if uses_of(removed, one.alias or one.name or "")]
    if not touched:
        return found
    after = apply_edits(text, found)
    unused = [
        one
        for one in touched
        if uses_of(text, one.alias or one.name or "") > 1 and uses_of(after, one.alias or one.name or "") == 1
    ]
    for start, end in sorted({(one.start, one.end) for one in unused}):
        inside = [edit for edit in found if start <= edit.start and edit.end <= end]
        dropped = [(one.name, one.alias) for one in unused if one.start == start]
        new = _rewritten(text[start:end], inside, start, dropped)
        if new is None:
            continue
        found = [edit for edit in found if edit not in inside]
        if new:
            found.append(Edit(start, end, new))
        elif is_alone_on_lines(text, start, end):
            found.append(Edit(start, next_line(text, end), ""))
    return sorted(found)


def _rewritten(
    statement: str, edits: list[Edit], start: int, dropped: list[tuple[str | None, str | None]]
) -> str | None:
    """Return an import statement without some names and with those that edits add; "" where none is left."""
    there = _imports(statement)
    mended = _imports(
        apply_edits(statement, [Edit(e.start - start, e.end - start, e.content) for e in edits])
    )
    known = {(one.name, one.alias) for one in there}
    added = [one for one in mended if (one.name, one.alias) not in known]
    if len(there) <= len(dropped):
        names = ", ".join(one.name or "" for one in added)
        return f"from {there[0].module} import {names}" if added else ""
    text = statement
    for name, alias in dropped:
        one = next((one for one in _imports(text) if (one.name, one.alias) == (name, alias)), None)
        edit = drop_import(text, one) if one is not None else None
        if edit is None:
            return None
        text = apply_edits(text, [edit])
    for one in added:
        text = apply_edits(text, import_name(text, extract(text), one.module, one.name or ""))
    return text


def _imports(statement: str) -> list[Import]:
    return [one for one in extract(statement).body if isinstance(one, Import)]
