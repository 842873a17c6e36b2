"""Completion after a dot: the members that matter where the code runs, the right one first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from offloop.lsp.places import Places

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis

_GOOD, _BAD = " 0", "~"
"""Before and behind all that other servers sort by."""


def complete(
    analysis: Analysis, places: Places, path: str, position: types.Position, *, label_details: bool
) -> types.CompletionList | None:
    """Return members for the context at a place: what fits it ranks first, what does harm last and marked.

    Members that are neither are left to the servers that know all of them.
    """
    from offloop.inference.questions.offers import offers  # noqa: PLC0415 - start fast

    found = offers(analysis, path, places.offset(path, position))
    if found is None:
        return None
    place = places.range(path, found.span)
    items = [
        types.CompletionItem(
            label=offer.name,
            kind=types.CompletionItemKind.Method,
            detail=f"offloop: {offer.note}",
            label_details=types.CompletionItemLabelDetails(description=offer.note) if label_details else None,
            sort_text=f"{_GOOD if offer.good else _BAD}{offer.name}",
            preselect=offer.good or None,
            text_edit=types.TextEdit(place, offer.name),
        )
        for offer in found.members
    ]
    return types.CompletionList(is_incomplete=False, items=items)
