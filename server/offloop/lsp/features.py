"""The features of the protocol, each a few lines: translate, ask the session, answer."""

from __future__ import annotations

from functools import partial

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from offloop.lsp.actions import FIX_ALL, SHOW_WHY, ActionMaker
from offloop.lsp.commands import register_commands
from offloop.lsp.documents import Changes, UnknownDocumentError, key_of
from offloop.lsp.host import Host
from offloop.lsp.keystroke import changes_of
from offloop.lsp.proofs import provable
from offloop.lsp.publish import Puller
from offloop.lsp.questions import register_questions

_WATCHED_SETTINGS = ("pyproject.toml", "offloop.toml", "manifest.json")


def register(host: Host) -> None:
    """Register all features on a server; called once, before it starts."""
    _life(host)
    _texts(host)
    _workspace(host)
    _actions(host)
    register_questions(host)
    register_commands(host)


def _life(host: Host) -> None:
    @host.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        host.begin(params)
        if isinstance(host.session.audience, Puller):
            _pull(host, host.session.audience)

    @host.feature(types.INITIALIZED)
    def initialized(_params: types.InitializedParams) -> None:
        host.background(host.register_watchers())
        host.background(host.fetch_settings())


def _pull(host: Host, puller: Puller) -> None:
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=True, identifier="offloop"
    )

    @host.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        return await puller.pull(params)

    @host.feature(types.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(
        params: types.WorkspaceDiagnosticParams,
    ) -> types.WorkspaceDiagnosticReport:
        return await puller.pull_workspace(params)


def _texts(host: Host) -> None:
    session = host.session

    @host.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        session.changed([session.documents.open(params.text_document).path])

    @host.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams | Changes) -> None:
        changes = params if isinstance(params, Changes) else changes_of(params)
        try:
            document = session.documents.edit(changes, session.converter)
        except UnknownDocumentError as unknown:
            host.warn(f"an edit of a document that is not open is ignored: {unknown}")
        else:
            session.edited(document.path)

    @host.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        session.saved(key_of(params.text_document.uri))

    @host.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        session.documents.close(params.text_document.uri)
        session.closed(key_of(params.text_document.uri))


def _workspace(host: Host) -> None:
    session = host.session

    @host.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        paths = [key_of(change.uri) for change in params.changes]
        if any(path.endswith(_WATCHED_SETTINGS) for path in paths):
            session.regroup()
            session.settings_arrived()
            host.background(host.survey())
        else:
            session.changed(paths)

    @host.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        host.take_settings(params.settings)
        host.background(host.fetch_settings())

    @host.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_workspace_folders(_params: types.DidChangeWorkspaceFoldersParams) -> None:
        host.background(host.fetch_settings())


def _actions(host: Host) -> None:
    session = host.session
    kinds = types.CodeActionOptions(
        code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL, SHOW_WHY], resolve_provider=True
    )

    async def maker_for(path: str) -> ActionMaker:
        report, proofs = await provable(session, path)
        return ActionMaker(
            report,
            session.client,
            session.converter,
            session.documents.uris(),
            proofs,
            host.shows("oneQuickFix"),
        )

    @host.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        path = key_of(params.text_document.uri)
        maker = await maker_for(path)
        if not session.client.resolves_edits:
            await session.apart(partial(maker.try_for, path, params))
        return maker.actions(path, params)

    @host.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        data = action.data if isinstance(action.data, dict) else {}
        if action.edit is not None or not isinstance(data.get("uri"), str):
            return action
        path = key_of(data["uri"])
        maker = await maker_for(path)
        refused = await session.apart(partial(maker.resolve, path, action, data))
        if refused is not None:
            raise JsonRpcException(refused, types.LSPErrorCodes.RequestFailed.value)
        return action
