"""The commands that a client can run; their arguments and results are described in ``PROTOCOL.md``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from offloop.lsp.actions import SHOW_WHY, ActionMaker
from offloop.lsp.documents import key_of
from offloop.lsp.engine import Engine
from offloop.lsp.host import Host
from offloop.lsp.places import Places
from offloop.lsp.proofs import provable
from offloop.lsp.questions import ask
from offloop.lsp.report import HOME_ASSISTANT, Finding, Report
from offloop.lsp.symbols import outermost_around
from offloop.lsp.why import Why, as_result, as_text, why_at, why_finding
from offloop.text import Span

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis


def register_commands(host: Host) -> None:
    """Register them on a server; called once, before it starts."""
    _about_the_server(host)
    _about_a_place(host)


def _about_the_server(host: Host) -> None:
    session = host.session

    @host.command("offloop.restart")
    async def restart() -> None:
        session.engines.forget(engines=True)
        session.regroup()
        await host.survey()
        work = asyncio.ensure_future(session.settle())
        host.busy("Restarting the analysis", work)
        await work

    @host.command("offloop.debugInformation")
    def debug_information() -> str:
        return host.debug_information()

    @host.command("offloop.showCatalog")
    async def show_catalog(*arguments: Any) -> dict[str, Any] | None:
        uri = _argument(arguments).get("uri")
        engine = await session.engine_of(key_of(uri) if isinstance(uri, str) else None)
        if engine is None:
            return None
        return await session.apart(partial(_told_of, engine))

    @host.command("offloop.explainRule")
    def explain_rule(*arguments: Any) -> dict[str, Any]:
        from offloop.rules.registry import RULES  # noqa: PLC0415 - start fast

        asked = arguments[0] if arguments else ""
        wanted = str(asked.get("code", "")) if isinstance(asked, Mapping) else str(asked)
        rule = next((one for one in RULES if wanted.lower() in (one.code.lower(), one.name)), None)
        if rule is None:
            known = ", ".join(one.code for one in RULES)
            raise JsonRpcInvalidParams(f"there is no rule {wanted!r}; there are {known}")
        return {
            "code": rule.code,
            "name": rule.name,
            "summary": rule.summary,
            "severity": rule.severity.value,
            "url": rule.url,
            "markdown": rule.document(),
        }


def _about_a_place(host: Host) -> None:
    session = host.session

    @host.command(SHOW_WHY)
    async def show_why(*arguments: Any) -> dict[str, Any] | None:
        argument = _argument(arguments)
        path = key_of(_uri(argument))

        def question(analysis: Analysis, places: Places) -> tuple[Why, Places] | None:
            if "position" in argument:
                why = why_at(analysis, places, path, _position(argument))
            else:
                why = why_finding(places, path, argument.get("fingerprint"))
            return (why, places) if why is not None else None

        found = await ask(host, path, question)
        if found is None:
            return None
        if not host.shows("showWhy"):
            host.background(_open(host, *found))
        return as_result(*found)

    @host.command("offloop.fixAllInFunction")
    async def fix_all_in_function(*arguments: Any) -> dict[str, Any]:
        argument = _argument(arguments)
        path = key_of(_uri(argument))
        line = _position(argument).line

        def question(analysis: Analysis, places: Places) -> tuple[Report, Span | None]:
            return places.report, outermost_around(analysis, places, path, line)

        while True:
            asked = await ask(host, path, question)
            report, proofs = await provable(session, path)
            if asked is None or asked[0] is report:  # else an edit came between
                break
        meant = _within(report, path, asked[1] if asked is not None else None)
        maker = ActionMaker(report, session.client, session.converter, session.documents.uris(), proofs)
        await session.apart(partial(maker.try_all, meant))
        findings, edit = maker.joined(meant)
        if not findings or not session.client.apply_edit:
            return {
                "applied": False,
                "count": len(findings),
                "edit": _plain(host, edit) if findings else None,
            }
        label = f"Fix {len(findings)} offloop findings"
        answer = await host.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label=label))
        return {"applied": answer.applied, "count": len(findings), "edit": None}


def _told_of(engine: Engine) -> dict[str, Any]:
    from offloop.catalog.document import as_document, as_text  # noqa: PLC0415 - start fast

    known = engine.catalog
    return {
        "label": engine.label,
        "version": known.version if known is not None else None,
        "origin": "sources" if engine.source_root else "bundled",
        "path": engine.source_root,
        "digest": known.digest if known is not None else None,
        "text": as_text(as_document(known, detailed=True)) if known is not None else "",
    }


def _plain(host: Host, edit: types.WorkspaceEdit) -> object:
    return host.protocol._converter.unstructure(edit)  # noqa: SLF001 - pygls offers no other way


def _within(report: Report, path: str, around: Span | None) -> list[Finding]:
    if around is None:
        return []
    found = report.findings.get(path, ())
    return [one for one in found if around.start <= one.diagnostic.span.start <= around.end]


async def _open(host: Host, why: Why, places: Places) -> None:
    """Show a trace in a client that has no way of its own: open its first line in Home Assistant, else say it."""
    theirs = (places.step(step) for step in why.steps if step.path.startswith(HOME_ASSISTANT))
    where = next((place for place in theirs if place is not None), None)
    if host.session.client.show_document and where is not None:
        shown = types.ShowDocumentParams(where.uri, take_focus=True, selection=where.range)
        answer = await host.window_show_document_async(shown)
        if answer.success:
            return
    host.window_show_message(types.ShowMessageParams(types.MessageType.Info, as_text(why)))


# -------------------------------------------------------------------- arguments
def _argument(arguments: tuple[Any, ...]) -> Mapping[str, Any]:
    """Return the one object that our commands take, an empty one where none is given."""
    return arguments[0] if arguments and isinstance(arguments[0], Mapping) else {}


def _uri(argument: Mapping[str, Any]) -> str:
    uri = argument.get("uri")
    if not isinstance(uri, str):
        raise JsonRpcInvalidParams("the command needs an object with a uri")
    return uri


def _position(argument: Mapping[str, Any]) -> types.Position:
    found = argument.get("position")
    if isinstance(found, Mapping):
        line, character = found.get("line"), found.get("character")
        if isinstance(line, int) and isinstance(character, int) and line >= 0 and character >= 0:
            return types.Position(line, character)
    raise JsonRpcInvalidParams("the command needs a position with line and character")
