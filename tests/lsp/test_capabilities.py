"""Each client is given what it declares and no more, by the real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.protocol import default_converter

from tests.lsp.clients import CURRENT
from tests.lsp.test_context import LINES, TEXT, make_folder
from tests.lsp.wire import REAL, Message, Server, serving, span

# What a server may send unasked, and the capability that allows it.
ALLOWED = {
    "workspace/configuration": "workspace.configuration",
    "workspace/diagnostic/refresh": "workspace.diagnostics.refresh_support",
    "workspace/inlayHint/refresh": "workspace.inlay_hint.refresh_support",
    "workspace/codeLens/refresh": "workspace.code_lens.refresh_support",
    "window/workDoneProgress/create": "window.work_done_progress",
    "$/progress": "window.work_done_progress",
    "window/logMessage": "",
    "window/showMessage": "",
    "textDocument/publishDiagnostics": "",
}
REGISTERED = {
    "workspace/didChangeWatchedFiles": "workspace.did_change_watched_files.dynamic_registration",
    "workspace/didChangeConfiguration": "workspace.did_change_configuration.dynamic_registration",
}


@pytest.mark.parametrize("name", CURRENT)
def test_a_client_gets_what_it_declares(name: str, tmp_path: Path) -> None:
    declared = default_converter().structure(CURRENT[name], types.ClientCapabilities)

    def has(path: str) -> bool:
        return not path or bool(get_capability(declared, path, False))

    with serving(REAL) as server:
        settings = {"homeAssistant": "2026.10", "codeLens": True}
        server.answers["workspace/configuration"] = lambda message: (
            [settings] * len(message["params"]["items"])
        )
        server.initialize(CURRENT[name], initializationOptions={"settings": settings})
        sent: list[Message] = []
        uri = (make_folder(tmp_path) / "switch.py").as_uri()
        server.open(uri, TEXT)
        found = _findings(server, uri, has("workspace.diagnostics.refresh_support"))
        assert {one["code"] for one in found} == {"HAT101", "HAT104"}
        assert has("text_document.publish_diagnostics.related_information") or not any(
            "relatedInformation" in one for one in found
        )
        _ask_everything(server, uri, declared)
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        assert server.end() == 0
        sent = [message for message in server.seen if "method" in message]
        for message in sent:
            if message["method"] == "client/registerCapability":
                for one in message["params"]["registrations"]:
                    assert has(REGISTERED[one["method"]]), one
            else:
                assert message["method"] in ALLOWED, message
                assert has(ALLOWED[message["method"]]), message
        assert not [message for message in sent if "internal error" in str(message)]
        assert server.stderr == b""


def _findings(server: Server, uri: str, is_pulling: bool) -> list[Any]:
    if is_pulling:
        return list(server.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})["items"])
    return server.diagnostics(uri, lambda params: len(params["diagnostics"]) == 2)


def _ask_everything(server: Server, uri: str, declared: types.ClientCapabilities) -> None:
    document: Message = {"textDocument": {"uri": uri}}
    line = next(number for number, text in enumerate(LINES) if "def turn_on" in text)
    place: Message = {**document, "position": {"line": line, "character": 9}}
    hover = server.request("textDocument/hover", place)
    formats = get_capability(declared, "text_document.hover.content_format", None) or ["plaintext"]
    assert hover["contents"]["kind"] in [str(getattr(one, "value", one)) for one in formats]
    symbols = server.request("textDocument/documentSymbol", document)
    nested = get_capability(
        declared, "text_document.document_symbol.hierarchical_document_symbol_support", False
    )
    assert ("selectionRange" in symbols[0]) is bool(nested)
    assert ("location" in symbols[0]) is not bool(nested)
    assert server.request("textDocument/inlayHint", {**document, "range": span(0, 0, 99, 0)})
    assert server.request("textDocument/codeLens", document)
    (item,) = server.request("textDocument/prepareCallHierarchy", place)
    server.request("callHierarchy/incomingCalls", {"item": item})
    server.request("callHierarchy/outgoingCalls", {"item": item})
    server.request("textDocument/implementation", place)
    server.request("textDocument/completion", place)
    first, *_ = server.actions(uri, span(line + 1, 0, line + 1, 30), only=["quickfix"])
    edit = first.get("edit") or server.request("codeAction/resolve", first)["edit"]
    is_versioned = get_capability(declared, "workspace.workspace_edit.document_changes", False)
    assert set(edit) == ({"documentChanges"} if is_versioned else {"changes"})
    preferred = get_capability(declared, "text_document.code_action.is_preferred_support", False)
    assert ("isPreferred" in first) is bool(preferred)
