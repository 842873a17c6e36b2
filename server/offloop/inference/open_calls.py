"""Functions that have callers outside of the integration, nobody sees where.

Home Assistant may call members of their name on any object: a JSON encoder calls ``as_dict`` of whatever has one, in
every thread. Or another of its components imports them. That is no evidence of a context, and no finding rests on
it; but it leaves no ground to say that such a function runs in the loop only, or in workers only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason, Summary
from offloop.inference.fixpoint import Outgoing
from offloop.inference.program import Program
from offloop.library.model import ANYWHERE, Catalog, EntryPoint

OpenCalls = Mapping[FunctionId, Evidence]


def open_calls(program: Program, catalog: Catalog) -> OpenCalls:
    """Return the functions that may be called from anywhere, each with the place that calls or imports it."""
    methods: dict[str, EntryPoint] = {}
    functions: dict[str, EntryPoint] = {}
    for entry in catalog.entry_points:
        if entry.runs_in == ANYWHERE:
            (methods if entry.class_name else functions)[entry.method] = entry
    found: dict[FunctionId, Evidence] = {}
    for module in program.world.analysed.values() if methods or functions else ():
        for facts in module.facts.functions:
            if facts.owner_class is None:
                called = functions.get(f"{module.name}.{facts.qualname}")
            else:
                called = methods.get(facts.name)
            function = FunctionId(module.name, facts.index)
            if called is not None and not program.is_pinned(function):
                reason = Reason.ENTRY_POINT if called.class_name else Reason.CALL
                found[function] = Evidence(ExecutionContext.UNKNOWN, reason, called.via, called.origin)
    return found


def with_open_calls(
    found: OpenCalls,
    outgoing: Outgoing,
    blocks: Callable[[FunctionId, ExecutionContext], bool],
    summaries: Mapping[FunctionId, Summary],
) -> Mapping[FunctionId, Summary]:
    """Return the summaries with a note on those of one context, of what may call them elsewhere."""
    if not found:
        return summaries
    reached = dict(found)
    waiting = list(found)
    while waiting:
        function = waiting.pop()
        for edge in outgoing.get(function, ()):
            if edge.callee not in reached and not blocks(edge.callee, ExecutionContext.WORKER):
                reached[edge.callee] = reached[function]
                waiting.append(edge.callee)
    noted = {
        function: summary._replace(open=evidence)
        for function, evidence in reached.items()
        if (summary := summaries.get(function)) is not None and summary.context is not ExecutionContext.BOTH
    }
    return {**summaries, **noted} if noted else summaries
