"""The outline of a document: classes and functions, each function with where it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from offloop.lsp.places import Places
from offloop.text import Span

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis
    from offloop.inference.questions.outline import Entry


def document_symbols(
    analysis: Analysis, places: Places, path: str, *, nested: bool
) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    """Return the classes and functions of a file: a tree, or a list for clients that know no trees."""
    from offloop.inference.questions.outline import outline  # noqa: PLC0415 - start fast

    entries = outline(analysis, path)
    if nested:
        return [_symbol(entry, places, path) for entry in entries]
    found: list[types.SymbolInformation] = []
    for entry in entries:
        _flatten(entry, "", places, path, found)
    return found


def outermost_around(analysis: Analysis, places: Places, path: str, line: int) -> Span | None:
    """Return the outermost function around a 0-based line: functions in it belong to it. None at module level."""
    from offloop.inference.questions.cursor import module_at  # noqa: PLC0415 - start fast

    module = module_at(analysis, path)
    functions = analysis.program.world.analysed[module].facts.functions if module is not None else ()
    start, end = places.lines(path).line_span(line)
    around = [one for one in functions if one.start <= end and start <= one.end]
    outer = min(around, key=lambda one: one.start, default=None)
    return Span(outer.start, outer.end) if outer is not None else None


def _symbol(entry: Entry, places: Places, path: str) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=entry.name or "?",
        kind=_kind(entry),
        range=places.range(path, entry.span),
        selection_range=places.range(path, entry.name_span),
        detail=entry.label or None,
        children=[_symbol(inner, places, path) for inner in entry.inner] or None,
    )


def _flatten(
    entry: Entry, container: str, places: Places, path: str, found: list[types.SymbolInformation]
) -> None:
    where = types.Location(places.uri(path), places.range(path, entry.span))
    container_name = " · ".join(part for part in (container, entry.label) if part) or None
    found.append(
        types.SymbolInformation(where, entry.name or "?", _kind(entry), container_name=container_name)
    )
    for inner in entry.inner:
        _flatten(inner, entry.name, places, path, found)


def _kind(entry: Entry) -> types.SymbolKind:
    if entry.is_class:
        return types.SymbolKind.Class
    return types.SymbolKind.Method if entry.is_method else types.SymbolKind.Function
