"""The one message that comes with each keystroke, decoded by hand: the general way takes twenty times as long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from offloop.lsp.convert import Place
from offloop.lsp.documents import Change, Changes

_MOST = 2**31 - 1
"""The protocol's numbers go no further."""


def did_change(message: Mapping[str, Any]) -> Changes | None:
    """Return what a ``textDocument/didChange`` says; None for whatever else, or what is not as it should be.

    Positions are the client's.
    """
    if message.get("method") != types.TEXT_DOCUMENT_DID_CHANGE or "id" in message:
        return None
    try:
        params = message["params"]
        document = params["textDocument"]
        changes = Changes(
            document["uri"], document["version"], [_change(one) for one in params["contentChanges"]]
        )
    except (KeyError, TypeError, ValueError):
        return None
    return changes if changes.uri.__class__ is str and changes.version.__class__ is int else None


def changes_of(params: types.DidChangeTextDocumentParams) -> Changes:
    """Return the same of a message that was decoded the general way."""
    document = params.text_document
    return Changes(document.uri, document.version, [_change_of(one) for one in params.content_changes])


def _change(change: Mapping[str, Any]) -> Change:
    text = change["text"]
    if text.__class__ is not str:
        raise TypeError(text)
    if "range" not in change:
        return Change(text)
    place = change["range"]
    return Change(text, _place(place["start"]), _place(place["end"]))


def _place(position: Mapping[str, Any]) -> Place:
    line, character = position["line"], position["character"]
    if (
        line.__class__ is int
        and character.__class__ is int
        and 0 <= line <= _MOST
        and 0 <= character <= _MOST
    ):
        return Place(line, character)
    raise ValueError(position)


def _change_of(change: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(change, types.TextDocumentContentChangeWholeDocument):
        return Change(change.text)
    first, last = change.range.start, change.range.end
    return Change(change.text, Place(first.line, first.character), Place(last.line, last.character))
