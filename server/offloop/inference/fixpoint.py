"""Solves where every function runs: contexts pushed from seeds along calls until nothing changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Summary


class Edge(NamedTuple):
    """``callee`` runs where ``caller`` runs; the evidence for it is made only when it is needed."""

    caller: FunctionId
    callee: FunctionId
    evidence: Callable[[ExecutionContext], Evidence]


def solve(
    seeds: Iterable[tuple[FunctionId, Evidence]],
    edges: Iterable[Edge],
    blocks: Callable[[FunctionId, ExecutionContext], bool],
) -> Mapping[FunctionId, Summary]:
    """Return a summary for each function that has any evidence.

    ``blocks`` tells which functions a direct call does not carry a context into. The worklist is first-in
    first-out and each bit of a function is set once, so the evidence kept is that of a shortest path.
    """
    outgoing: dict[FunctionId, list[Edge]] = {}
    for edge in edges:
        outgoing.setdefault(edge.caller, []).append(edge)
    known: dict[tuple[FunctionId, ExecutionContext], Evidence] = {}
    work: deque[tuple[FunctionId, ExecutionContext]] = deque()
    for function, evidence in seeds:
        if (function, evidence.context) not in known:
            known[function, evidence.context] = evidence
            work.append((function, evidence.context))
    while work:
        function, context = work.popleft()
        distance = known[function, context].distance + 1
        for edge in outgoing.get(function, ()):
            if (edge.callee, context) in known or blocks(edge.callee, context):
                continue
            known[edge.callee, context] = edge.evidence(context)._replace(distance=distance)
            work.append((edge.callee, context))
    summaries: dict[FunctionId, Summary] = {}
    for (function, context), evidence in known.items():
        before = summaries.get(function, Summary(ExecutionContext.UNKNOWN))
        joined = before.context | context
        if context is ExecutionContext.LOOP:
            summaries[function] = before._replace(context=joined, loop=evidence)
        else:
            summaries[function] = before._replace(context=joined, worker=evidence)
    return summaries
