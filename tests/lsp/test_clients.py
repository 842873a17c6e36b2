"""pytest-lsp's client under the capability sets of real clients: the whole way of a user, with types checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient

from tests.lsp.clients import CURRENT
from tests.lsp.conftest import SWITCH
from tests.lsp.wire import PATIENCE, STAND_IN, environment

CLIENTS = CURRENT


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]  # pytest-lsp's are not typed
    config=ClientServerConfig(server_command=STAND_IN, server_env=environment()), params=list(CLIENTS)
)
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient) -> AsyncGenerator[None, None]:
    declared = default_converter().structure(CLIENTS[request.param], types.ClientCapabilities)

    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(_params: types.RegistrationParams) -> None:
        """Take note of nothing: the library has no answer of its own."""

    await lsp_client.initialize_session(types.InitializeParams(capabilities=declared))
    yield
    await lsp_client.shutdown_session()


def pulls(client: LanguageClient) -> bool:
    return bool(client.capabilities.workspace and client.capabilities.workspace.diagnostics)


async def findings(client: LanguageClient, uri: str, count: int) -> list[types.Diagnostic]:
    """Wait until a file has so many findings, pulled where the client can be told to pull again."""
    if pulls(client):
        asked = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        report = await client.text_document_diagnostic_async(asked)
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert len(report.items) == count
        return list(report.items)
    async with asyncio.timeout(PATIENCE):
        while len(found := client.diagnostics.get(uri, ())) != count or uri not in client.diagnostics:
            await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    return list(found)


async def test_open_mend_and_close(client: LanguageClient, integration: Path) -> None:
    uri = (integration / "switch.py").as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, SWITCH))
    )
    (found,) = await findings(client, uri, 1)
    assert found.code == "HAT101"
    identifier = types.TextDocumentIdentifier(uri)
    context = types.CodeActionContext([found], only=[types.CodeActionKind.QuickFix])
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(identifier, found.range, context)
    )
    assert actions is not None
    action = actions[0]
    assert isinstance(action, types.CodeAction)
    if action.edit is None:  # tried when it is chosen
        action = await client.code_action_resolve_async(action)
    assert action.edit is not None
    if action.edit.document_changes is not None:
        change = action.edit.document_changes[0]
        assert isinstance(change, types.TextDocumentEdit)
        assert (change.text_document.uri, change.text_document.version) == (uri, 1)
        (edit,) = change.edits
    else:
        assert action.edit.changes is not None
        (edit,) = action.edit.changes[uri]
    assert isinstance(edit, types.TextEdit)
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=uri, version=2),
            [types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text)],
        )
    )
    assert await findings(client, uri, 0) == []
    client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))


async def test_only_one_way_of_reporting_is_used(client: LanguageClient, integration: Path) -> None:
    uri = (integration / "switch.py").as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, SWITCH))
    )
    await findings(client, uri, 1)
    assert bool(client.diagnostics) != pulls(client)
