"""The features that tell where code runs without reporting anything: each asks the newest analysis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types

from offloop.lsp import hierarchy
from offloop.lsp.completion import complete
from offloop.lsp.documents import key_of
from offloop.lsp.host import Host
from offloop.lsp.hover import hover
from offloop.lsp.marks import code_lenses, inlay_hints
from offloop.lsp.places import Places
from offloop.lsp.symbols import document_symbols
from offloop.lsp.why import evidence, why_at

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis

_T = TypeVar("_T")


async def ask(host: Host, path: str, question: Callable[[Analysis, Places], _T]) -> _T | None:
    """Return what the newest analysis of a file answers in the client's units."""
    session = host.session
    uris = session.documents.uris()
    return await session.asked(
        path,
        lambda analysis, report: question(
            analysis, Places(report, session.converter, uris, analysis.program.roomy_lines())
        ),
    )


def register_questions(host: Host) -> None:
    """Register them on a server; called once, before it starts."""
    _cursor(host)
    _texts(host)
    _hierarchy(host)


def _cursor(host: Host) -> None:
    session = host.session

    @host.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        path = key_of(params.text_document.uri)
        markdown = session.client.markdown
        return await ask(
            host,
            path,
            lambda analysis, places: hover(analysis, places, path, params.position, markdown=markdown),
        )

    # Where evidence is: nobody else among Python's servers answers this request, while a second answer to
    # textDocument/definition would stand beside theirs each time.
    @host.feature(types.TEXT_DOCUMENT_IMPLEMENTATION)
    async def implementation(params: types.ImplementationParams) -> list[types.Location] | None:
        path = key_of(params.text_document.uri)

        def question(analysis: Analysis, places: Places) -> list[types.Location]:
            why = why_at(analysis, places, path, params.position)
            return evidence(why, places) if why is not None else []

        return await ask(host, path, question) or None

    @host.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["."]))
    async def completion(params: types.CompletionParams) -> types.CompletionList | None:
        path = key_of(params.text_document.uri)
        details = session.client.label_details

        def question(analysis: Analysis, places: Places) -> types.CompletionList | None:
            if not places.report.settings.completion:
                return None
            return complete(analysis, places, path, params.position, label_details=details)

        return await ask(host, path, question)


def _texts(host: Host) -> None:
    session = host.session

    @host.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        path = key_of(params.text_document.uri)

        def question(analysis: Analysis, places: Places) -> list[types.InlayHint]:
            if places.report.settings.inlay_hints == "off":
                return []
            return inlay_hints(analysis, places, path, params.range)

        return await ask(host, path, question) or []

    @host.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        path = key_of(params.text_document.uri)

        def question(analysis: Analysis, places: Places) -> list[types.CodeLens]:
            return code_lenses(analysis, places, path) if places.report.settings.code_lens else []

        return await ask(host, path, question) or []

    @host.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolOptions(label="offloop"))
    async def symbols(
        params: types.DocumentSymbolParams,
    ) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
        path = key_of(params.text_document.uri)
        nested = session.client.hierarchical_symbols
        found = await ask(
            host, path, lambda analysis, places: document_symbols(analysis, places, path, nested=nested)
        )
        return found or []


def _hierarchy(host: Host) -> None:
    @host.feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY)
    async def prepare(params: types.CallHierarchyPrepareParams) -> list[types.CallHierarchyItem] | None:
        path = key_of(params.text_document.uri)
        return (
            await ask(
                host,
                path,
                lambda analysis, places: hierarchy.prepare(analysis, places, path, params.position),
            )
            or None
        )

    async def calls(
        item: types.CallHierarchyItem, question: Callable[[Analysis, Places, object], list[_T]]
    ) -> list[_T]:
        path = hierarchy.path_of_item(item)
        return await ask(host, path, lambda analysis, places: question(analysis, places, item.data)) or []

    @host.feature(types.CALL_HIERARCHY_INCOMING_CALLS)
    async def incoming(
        params: types.CallHierarchyIncomingCallsParams,
    ) -> list[types.CallHierarchyIncomingCall]:
        return await calls(params.item, hierarchy.incoming)

    @host.feature(types.CALL_HIERARCHY_OUTGOING_CALLS)
    async def outgoing(
        params: types.CallHierarchyOutgoingCallsParams,
    ) -> list[types.CallHierarchyOutgoingCall]:
        return await calls(params.item, hierarchy.outgoing)
