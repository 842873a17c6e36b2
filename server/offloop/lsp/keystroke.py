"""The one message that comes with each keystroke, decoded by hand: the general way takes ten times as long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types


def did_change(message: Mapping[str, Any]) -> types.DidChangeTextDocumentParams | None:
    """Return the parameters of a ``textDocument/didChange``; None for whatever else, or what is not as it should be.

    Positions are the client's.
    """
    if message.get("method") != types.TEXT_DOCUMENT_DID_CHANGE or "id" in message:
        return None
    try:
        params = message["params"]
        document = params["textDocument"]
        return types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(document["version"], document["uri"]),
            [_change(change) for change in params["contentChanges"]],
        )
    except (KeyError, TypeError, ValueError):
        return None


def _change(change: Mapping[str, Any]) -> types.TextDocumentContentChangeEvent:
    if "range" not in change:
        return types.TextDocumentContentChangeWholeDocument(change["text"])
    first, last = change["range"]["start"], change["range"]["end"]
    place = types.Range(
        types.Position(first["line"], first["character"]), types.Position(last["line"], last["character"])
    )
    return types.TextDocumentContentChangePartial(place, change["text"])
