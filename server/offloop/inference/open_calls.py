"""Functions that have callers outside of the integration, nobody sees where.

Home Assistant may call members of their name on any object: a JSON encoder calls ``as_dict`` of whatever has one, in
every thread. Or another of its components imports them. That is no evidence of a context, and no finding rests on
it; but it leaves no ground to say that such a function runs in the loop only, or in workers only.

And a function that declares that it is for the loop, yet needs nothing of it, may be called in a worker: no finding
either, and users are told where it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason, Summary
from offloop.inference.edges import HandOffEdge
from offloop.inference.fixpoint import Outgoing
from offloop.inference.program import Program
from offloop.library.model import Catalog, Dispatch, Kind

OpenCalls = Mapping[FunctionId, Evidence]


def open_calls(program: Program, catalog: Catalog) -> OpenCalls:
    """Return the functions that may be called from anywhere, each with the place that calls or imports it."""
    members, functions = catalog.entries.members, catalog.entries.functions
    found: dict[FunctionId, Evidence] = {}
    for module in program.world.analysed.values() if members or functions else ():
        for facts in module.facts.functions:
            if facts.owner_class is None:
                called = functions.get(f"{module.name}.{facts.qualname}")
            else:
                called = members.get(facts.name)
            function = FunctionId(module.name, facts.index)
            if called is not None and not program.is_pinned(function):
                reason = Reason.ENTRY_POINT if called.class_name else Reason.CALL
                found[function] = Evidence(ExecutionContext.UNKNOWN, reason, called.via, called.origin)
    return found


def handed_to_both(program: Program, handed: Iterable[HandOffEdge]) -> Iterator[tuple[FunctionId, Evidence]]:
    """Yield the functions that are handed to what runs them in the loop and in workers, in order of place."""
    to_both = [edge for edge in handed if edge.handoff.dispatch is Dispatch.BOTH]
    for edge in sorted(to_both, key=lambda edge: (edge.module, edge.call.start)):
        atom = edge.target
        if atom.index >= 0 and atom.position < 0:
            function = FunctionId(atom.module, atom.index)
            if program.kinds[function] is not Kind.COROUTINE:
                yield (
                    function,
                    Evidence(
                        ExecutionContext.BOTH,
                        Reason.HAND_OFF,
                        edge.handoff.api,
                        edge.handoff.origin,
                        edge.caller,
                        edge.module,
                        edge.call.start,
                    ),
                )


def with_open_calls(
    found: OpenCalls,
    outgoing: Outgoing,
    blocks: Callable[[FunctionId, ExecutionContext], bool],
    is_declared: Callable[[FunctionId], bool],
    handed: Iterable[tuple[FunctionId, Evidence]],
    summaries: Mapping[FunctionId, Summary],
) -> Mapping[FunctionId, Summary]:
    """Return the summaries with a note on those of one context, of what calls or may call them elsewhere.

    ``is_declared`` tells which functions are blocked for workers by what they declare only: a call runs them all the
    same.
    """
    calls = dict(handed)
    calls |= {
        edge.callee: edge.evidence(ExecutionContext.WORKER)
        for function, summary in summaries.items()
        if summary.worker is not None
        for edge in outgoing.get(function, ())
        if is_declared(edge.callee)
    }
    if not calls and not found:
        return summaries
    noted = dict(summaries)
    for reached in (_reached(found, outgoing, blocks), _reached(calls, outgoing, blocks)):
        for function, evidence in reached.items():
            summary = summaries.get(function)
            if summary is not None and _tells_more(summary.context, evidence.context):
                noted[function] = summary._replace(open=evidence)
    return noted


def _tells_more(known: ExecutionContext, other: ExecutionContext) -> bool:
    if other is ExecutionContext.UNKNOWN:
        return known is not ExecutionContext.BOTH
    return known | other is not known


def _reached(
    begin: OpenCalls, outgoing: Outgoing, blocks: Callable[[FunctionId, ExecutionContext], bool]
) -> OpenCalls:
    """Return some functions and all that they call where they run, each with the evidence for the first."""
    reached = dict(begin)
    waiting = list(begin)
    while waiting:
        function = waiting.pop()
        for edge in outgoing.get(function, ()):
            if edge.callee not in reached and not blocks(edge.callee, ExecutionContext.WORKER):
                reached[edge.callee] = reached[function]
                waiting.append(edge.callee)
    return reached
