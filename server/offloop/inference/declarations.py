"""What a declaration is worth: a decorator says where a function should run, evidence where it does."""

from __future__ import annotations

from collections.abc import Mapping

from offloop.inference.callgraph import CallGraph
from offloop.inference.context import ExecutionContext, FunctionId, Reason, Summary
from offloop.inference.program import Program
from offloop.inference.seeds import hand_off_seed


def without_mere_declarations(
    program: Program, graph: CallGraph, summaries: Mapping[FunctionId, Summary]
) -> Mapping[FunctionId, Summary]:
    """Return the summaries with the loop taken from callbacks that are run by workers and by nothing in the loop."""
    doubtful = {
        function
        for function, summary in summaries.items()
        if summary.context is ExecutionContext.BOTH
        and summary.loop is not None
        and summary.loop.reason is Reason.CALLBACK
    }
    if not doubtful:
        return summaries
    for call in graph.calls:
        if call.callee in doubtful and call.caller is not None and call.caller != call.callee:
            caller = summaries.get(call.caller)
            if caller is not None and ExecutionContext.LOOP in caller.context:
                doubtful.discard(call.callee)
    for edge in graph.handed:
        seed = hand_off_seed(program, edge)
        if seed is not None and seed[1].context is ExecutionContext.LOOP:
            doubtful.discard(seed[0])
    return {
        function: Summary(ExecutionContext.WORKER, None, summary.worker) if function in doubtful else summary
        for function, summary in summaries.items()
    }
