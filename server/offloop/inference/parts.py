"""What the calls of some modules give to the solving: edges, seeds, callers, and calls of harmful APIs.

A whole program is one part. Where one module is edited again and again, the others are a part of their own
that stays, and the module's part is joined to it after each edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from offloop.inference.callgraph import CallGraph
from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason
from offloop.inference.edges import ApiCall, CallEdge, HandOffEdge, Settled
from offloop.inference.fixpoint import Edge, by_caller, in_order
from offloop.inference.program import Program
from offloop.inference.properties import PropertyUse, property_uses
from offloop.inference.removers import REMOVER
from offloop.inference.seeds import Seed, hand_off_seed
from offloop.library.model import Dispatch, LoopApi

_T = TypeVar("_T")
_START = Settled(0, 0, 0)


class HarmfulCall(NamedTuple):
    """A call of an API that does harm off the loop."""

    call: ApiCall
    api: LoopApi


class HandedSeed(NamedTuple):
    """A function that a hand-off starts, and the context that it gives."""

    edge: HandOffEdge
    seed: Seed


class Part(NamedTuple):
    """Edges and calls by the function that makes them and by the one that is called; each list in order."""

    outgoing: dict[FunctionId, list[Edge]]
    callers: dict[FunctionId, list[CallEdge]]
    seeds: list[HandedSeed]
    harmful: list[HarmfulCall]
    uses: list[PropertyUse]


NO_PART = Part({}, {}, [], [], [])


def part_of(
    program: Program,
    graph: CallGraph,
    loop_api: Callable[[str], LoopApi | None],
    uses: Iterable[PropertyUse],
    since: Settled = _START,
) -> Part:
    """Return what a graph holds, or what has been added to it since it was settled."""
    calls, handed = graph.calls[since.calls :], graph.handed[since.handed :]
    callers: dict[FunctionId, list[CallEdge]] = {}
    for call in calls:
        callers.setdefault(call.callee, []).append(call)
    for calling in callers.values():
        calling.sort(key=_place_of_call)
    seeds = [HandedSeed(edge, seed) for edge in handed if (seed := hand_off_seed(program, edge)) is not None]
    seeds.sort(key=_place_of_seed)
    harmful = [
        HarmfulCall(call, api)
        for call in graph.api_calls[since.api_calls :]
        if (api := loop_api(call.api)) is not None
    ]
    harmful.sort(key=_place_of_harm)
    uses = list(uses)
    return Part(by_caller(_edges(calls, handed, uses)), callers, seeds, harmful, uses)


def joined(base: Part, more: Part) -> Part:
    """Return two parts as one."""
    outgoing, callers = dict(base.outgoing), dict(base.callers)
    for caller, edges in more.outgoing.items():
        before = outgoing.get(caller)
        outgoing[caller] = edges if before is None else in_order([*before, *edges])
    for callee, calls in more.callers.items():
        known = callers.get(callee)
        callers[callee] = calls if known is None else sorted([*known, *calls], key=_place_of_call)
    return Part(
        outgoing,
        callers,
        _merged(base.seeds, more.seeds, _place_of_seed),
        _merged(base.harmful, more.harmful, _place_of_harm),
        [*base.uses, *more.uses],
    )


def handed_only(graph: CallGraph, part: Part, before: Sequence[HandOffEdge]) -> Part:
    """Return a part without those of the hand-offs before that the graph does not hold any more."""
    if graph.handed is before:
        return part
    kept = {id(edge) for edge in graph.handed}
    part = part._replace(seeds=[item for item in part.seeds if id(item.edge) in kept])
    if any(edge.handoff.dispatch is Dispatch.CALLER and id(edge) not in kept for edge in before):
        part = part._replace(outgoing=by_caller(_edges(graph.calls, graph.handed, part.uses)))
    return part


def _merged(base: list[_T], more: list[_T], key: Callable[[_T], tuple[Any, ...]]) -> list[_T]:
    return sorted([*base, *more], key=key) if more else base


def _place_of_call(edge: CallEdge) -> tuple[str, int]:
    return edge.module, edge.call.start


def _place_of_seed(item: HandedSeed) -> tuple[str, int]:
    return item.edge.module, item.edge.call.start


def _place_of_harm(item: HarmfulCall) -> tuple[bool, str, int]:
    # Removers come last, since what they undo tells more.
    return item.call.api.endswith(REMOVER), item.call.module, item.call.call.start


# -------------------------------------------------------------------- edges
def edges(program: Program, graph: CallGraph) -> Iterator[Edge]:
    """Yield all edges of a program."""
    return _edges(graph.calls, graph.handed, property_uses(program))


def _edges(
    calls: Sequence[CallEdge], handed: Sequence[HandOffEdge], uses: Iterable[PropertyUse]
) -> Iterator[Edge]:
    """Yield the calls, the hand-offs to what runs a callable in its caller's context, the uses of properties."""
    for call in calls:
        if call.caller is not None:
            yield Edge(call.caller, call.call.start, call.callee, partial(_call_evidence, call))
    for edge in handed:
        atom = edge.target
        if edge.handoff.dispatch is Dispatch.CALLER and atom.index >= 0 and atom.position < 0 and edge.caller:
            target = FunctionId(atom.module, atom.index)
            yield Edge(edge.caller, edge.call.start, target, partial(_passed_evidence, edge))
    for use in uses:
        for target in use.targets:
            yield Edge(use.function, use.attribute.start, target, partial(_use_evidence, use))


def _use_evidence(use: PropertyUse, context: ExecutionContext) -> Evidence:
    module = use.function.module
    return Evidence(context, Reason.CALL, "", None, use.function, module, use.attribute.start)


def _call_evidence(call: CallEdge, context: ExecutionContext) -> Evidence:
    return Evidence(context, Reason.CALL, "", None, call.caller, call.module, call.call.start)


def _passed_evidence(edge: HandOffEdge, context: ExecutionContext) -> Evidence:
    return Evidence(context, Reason.CALL, edge.handoff.api, None, edge.caller, edge.module, edge.call.start)
