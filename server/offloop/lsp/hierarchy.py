"""Call hierarchy: who calls a function and whom it calls, each with where it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from offloop.lsp.places import Places
from offloop.text import Span

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis
    from offloop.inference.context import FunctionId
    from offloop.inference.questions.hierarchy import Item


def prepare(
    analysis: Analysis, places: Places, path: str, position: types.Position
) -> list[types.CallHierarchyItem]:
    """Return the functions that a place names: one that is defined there, or those that are called there."""
    from offloop.inference.questions import hierarchy  # noqa: PLC0415 - start fast
    from offloop.inference.questions.cursor import target_at  # noqa: PLC0415 - start fast
    from offloop.inference.questions.explain import callees  # noqa: PLC0415 - start fast

    target = target_at(analysis, path, places.offset(path, position))
    if target is None:
        return []
    functions = callees(analysis, target) if target.call is not None else [target.function]
    items = [hierarchy.item_of(analysis, function) for function in functions if function is not None]
    return [shown for item in items if (shown := _item(analysis, places, item)) is not None]


def incoming(analysis: Analysis, places: Places, data: object) -> list[types.CallHierarchyIncomingCall]:
    """Return who calls the function of an item that we gave out."""
    from offloop.inference.questions import hierarchy  # noqa: PLC0415 - start fast

    function = _function(analysis, data)
    links = hierarchy.incoming(analysis, function) if function is not None else ()
    found = []
    for link in links:
        shown = _item(analysis, places, link.item)
        if shown is not None:
            path = analysis.program.path(link.item.module) if link.item.module else ""
            ranges = [places.range(path, span) for span in link.spans] or [shown.selection_range]
            found.append(types.CallHierarchyIncomingCall(shown, ranges))
    return found


def outgoing(analysis: Analysis, places: Places, data: object) -> list[types.CallHierarchyOutgoingCall]:
    """Return what the function of an item that we gave out calls or hands over."""
    from offloop.inference.questions import hierarchy  # noqa: PLC0415 - start fast

    function = _function(analysis, data)
    if function is None:
        return []
    path = analysis.program.path(function.module)
    return [
        types.CallHierarchyOutgoingCall(shown, [places.range(path, span) for span in link.spans])
        for link in hierarchy.outgoing(analysis, function)
        if (shown := _item(analysis, places, link.item)) is not None
    ]


def path_of_item(item: types.CallHierarchyItem) -> str:
    """Return the path of the file that an item was asked for from, "" where it is none of ours."""
    data: Any = item.data
    path = data.get("path") if isinstance(data, dict) else None
    return path if isinstance(path, str) else ""


def _function(analysis: Analysis, data: object) -> FunctionId | None:
    from offloop.inference.questions.cursor import function_named, module_at  # noqa: PLC0415 - start fast

    if not isinstance(data, dict):
        return None
    path, name = data.get("path"), data.get("function")
    module = module_at(analysis, path) if isinstance(path, str) else None
    return function_named(analysis, module, name) if module is not None and isinstance(name, str) else None


def _item(analysis: Analysis, places: Places, item: Item) -> types.CallHierarchyItem | None:
    if item.origin is not None:
        where = places.origin(item.origin)
        if where is None:
            return None
        return types.CallHierarchyItem(
            item.name, types.SymbolKind.Function, where.uri, where.range, where.range, detail=item.detail
        )
    path = analysis.program.path(item.module)
    if item.function is None:
        top = places.range(path, Span(0, 0))
        return types.CallHierarchyItem(
            item.name, types.SymbolKind.Module, places.uri(path), top, top, detail=item.detail
        )
    facts = analysis.program.facts(item.function)
    method = facts.owner_class is not None
    return types.CallHierarchyItem(
        name=item.name,
        kind=types.SymbolKind.Method if method else types.SymbolKind.Function,
        uri=places.uri(path),
        range=places.range(path, Span(facts.start, facts.end)),
        selection_range=places.range(path, Span(facts.name_start, facts.name_end)),
        detail=item.detail,
        data={"path": path, "function": facts.qualname},
    )
