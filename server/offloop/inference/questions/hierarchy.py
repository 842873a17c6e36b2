"""Who calls a function and whom it calls: those of the integration, and what Home Assistant has to do with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.inference.analysis import Analysis
from offloop.inference.context import FunctionId, Reason
from offloop.inference.properties import property_reads, whole
from offloop.inference.questions.explain import label, loop_api
from offloop.inference.seeds import hand_off_seed
from offloop.inference.trace import short
from offloop.library.model import Origin, Tier
from offloop.text import Span

_NEEDS = {
    Tier.RAISES: "event loop only: raises",
    Tier.RAISES_VIA: "event loop only: raises",
    Tier.CORRUPTS: "event loop only: corrupts",
    Tier.COROUTINE: "event loop",
}


class Item(NamedTuple):
    """A function in a hierarchy, with where it runs: one of the integration, or a line of Home Assistant."""

    name: str
    detail: str
    module: str = ""
    function: FunctionId | None = None
    origin: Origin | None = None


class Link(NamedTuple):
    """Another function, and the spans of the calls: in that function's module, or in the one asked about."""

    item: Item
    spans: tuple[Span, ...]


def item_of(analysis: Analysis, function: FunctionId) -> Item:
    """Return a function of the integration as an item."""
    facts = analysis.program.facts(function)
    return Item(facts.qualname.replace("<locals>.", ""), label(analysis, function), function.module, function)


def incoming(analysis: Analysis, function: FunctionId) -> tuple[Link, ...]:
    """Return who calls a function or has it run; spans lie in the module of the caller."""
    found: dict[Item, list[Span]] = {}
    for caller, module, span in _callers(analysis, function):
        item = item_of(analysis, caller) if caller is not None else Item(module, "module level", module)
        found.setdefault(item, []).append(span)
    summary = analysis.summary(function)
    for evidence in (summary.worker, summary.loop):
        if evidence is not None and evidence.reason is Reason.ENTRY_POINT and evidence.origin is not None:
            detail = f"Home Assistant, {evidence.context.label}"
            found.setdefault(Item(short(evidence.detail), detail, origin=evidence.origin), [])
    return tuple(Link(item, tuple(sorted(set(spans)))) for item, spans in found.items())


def _callers(analysis: Analysis, function: FunctionId) -> Iterator[tuple[FunctionId | None, str, Span]]:
    for call in analysis.graph.calls:
        if call.callee == function:
            yield call.caller, call.module, Span(call.call.function.start, call.call.function.end)
    for edge in analysis.graph.handed:
        atom = edge.target
        if atom.position < 0 and (atom.module, atom.index) == function:
            yield edge.caller, edge.module, Span(edge.argument.start, edge.argument.end)
    for read in property_reads(analysis.program, whole(analysis.program)):
        if function in read.targets:
            yield read.function, read.function.module, Span(read.attribute.start, read.attribute.end)


def outgoing(analysis: Analysis, function: FunctionId) -> tuple[Link, ...]:
    """Return what a function calls or hands over; spans lie in its own module."""
    found: dict[Item, list[Span]] = {}
    for item, span in _called(analysis, function):
        found.setdefault(item, []).append(span)
    links = [Link(item, tuple(sorted(set(spans)))) for item, spans in found.items()]
    return tuple(sorted(links, key=lambda link: link.spans))


def _called(analysis: Analysis, function: FunctionId) -> Iterator[tuple[Item, Span]]:
    for call in analysis.graph.calls:
        if call.caller == function:
            span = Span(call.call.function.start, call.call.function.end)
            yield item_of(analysis, call.callee), span
    for edge in analysis.graph.handed:
        seed = hand_off_seed(analysis.program, edge) if edge.caller == function else None
        if seed is not None:
            yield item_of(analysis, seed[0]), Span(edge.argument.start, edge.argument.end)
    for api_call in analysis.graph.api_calls:
        if api_call.caller != function:
            continue
        span = Span(api_call.call.function.start, api_call.call.function.end)
        api = loop_api(analysis, api_call.api)
        if api is not None and api.tier in _NEEDS and api.origin.file:
            yield Item(short(api.name), _NEEDS[api.tier], origin=api.origin), span
        other = analysis.catalog.sync_apis.get(api_call.api)
        if other is not None and other.origin.file:
            yield Item(short(other.name), "worker threads only", origin=other.origin), span
