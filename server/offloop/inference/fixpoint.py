"""Solves where every function runs: contexts pushed from seeds along calls until nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Summary


class Edge(NamedTuple):
    """``callee`` runs where ``caller`` runs, because of what stands at ``offset`` (code points) in the caller.

    The evidence for it is made only when it is needed.
    """

    caller: FunctionId
    offset: int
    callee: FunctionId
    evidence: Callable[[ExecutionContext], Evidence]


Outgoing = Mapping[FunctionId, list[Edge]]


def by_caller(edges: Iterable[Edge]) -> dict[FunctionId, list[Edge]]:
    """Return the edges that leave each function, in the order of its text."""
    outgoing: dict[FunctionId, list[Edge]] = {}
    for edge in edges:
        outgoing.setdefault(edge.caller, []).append(edge)
    for leaving in outgoing.values():
        if len(leaving) > 1:
            leaving.sort(key=_order)
    return outgoing


def in_order(edges: Iterable[Edge]) -> list[Edge]:
    """Return edges of one function in the order of its text."""
    return sorted(edges, key=_order)


def _order(edge: Edge) -> tuple[int, FunctionId]:
    return edge.offset, edge.callee


def solve(
    seeds: Iterable[tuple[FunctionId, Evidence]],
    outgoing: Outgoing,
    blocks: Callable[[FunctionId, ExecutionContext], bool],
) -> Mapping[FunctionId, Summary]:
    """Return a summary for each function that has any evidence.

    ``blocks`` tells which functions a direct call does not carry a context into. The evidence kept is that of
    a shortest path; of several, the one from the first seed, and through the first call in a function's text.
    """
    known: dict[ExecutionContext, dict[FunctionId, Evidence]] = {
        ExecutionContext.LOOP: {},
        ExecutionContext.WORKER: {},
    }
    frontier: list[tuple[FunctionId, ExecutionContext]] = []
    for function, evidence in seeds:
        context = evidence.context
        if function not in known[context]:
            known[context][function] = evidence
            frontier.append((function, context))
    distance = 0
    while frontier:
        distance += 1
        following: list[tuple[FunctionId, ExecutionContext]] = []
        for function, context in frontier:
            reached = known[context]
            for edge in outgoing.get(function, ()):
                callee = edge.callee
                if callee not in reached and not blocks(callee, context):
                    reached[callee] = edge.evidence(context)._replace(distance=distance)
                    following.append((callee, context))
        frontier = following
    loop, worker = known[ExecutionContext.LOOP], known[ExecutionContext.WORKER]
    summaries = {
        function: Summary(ExecutionContext.BOTH, evidence, worker[function])
        if function in worker
        else Summary(ExecutionContext.LOOP, evidence)
        for function, evidence in loop.items()
    }
    for function, evidence in worker.items():
        if function not in loop:
            summaries[function] = Summary(ExecutionContext.WORKER, None, evidence)
    return summaries
