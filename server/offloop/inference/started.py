"""Threads of libraries that are there only where the integration starts them.

A client of a library may be driven in two ways: by a thread of the library's that a call starts, or by the
integration, which calls the client's functions itself. What says "in a thread" then speaks of the first way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from offloop.inference.callgraph import CallGraph
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.edges import HandOffEdge
from offloop.inference.seeds import EntrySeed
from offloop.library.model import Dispatch


def without_unstarted(graph: CallGraph, entries: Iterable[EntrySeed]) -> list[EntrySeed]:
    """Take the hand-offs to threads that nothing starts out of a graph; return the entries without these."""
    entries = list(entries)
    needing = [edge for edge in graph.handed if edge.handoff.needs]
    if not needing and not any(seed.entry.needs for seed in entries):
        return entries
    called = {call.api for call in graph.api_calls}
    called.update(
        f"{edge.target.module}.{edge.target.qualname}" for edge in graph.handed if _is_outside(edge)
    )
    kept = [edge for edge in graph.handed if _is_started(edge.handoff.needs, called)]
    if len(kept) < len(graph.handed):
        graph.handed = kept
    return [seed for seed in entries if _is_started(seed.entry.needs, called)]


def without_driven(graph: CallGraph, summaries: Mapping[FunctionId, Summary]) -> bool:
    """Take the hand-offs to started threads out of a graph where the loop itself drives what is handed over.

    Returns whether there were any: the summaries are to be made again.
    """
    if not any(edge.handoff.needs for edge in graph.handed):
        return False
    driven = {
        edge.target
        for edge in graph.handed
        if edge.handoff.dispatch is Dispatch.CALLER and edge.handoff.api and _in_loop(edge.caller, summaries)
    }
    kept = [edge for edge in graph.handed if not edge.handoff.needs or edge.target not in driven]
    if len(kept) == len(graph.handed):
        return False
    graph.handed = kept
    return True


def _is_outside(edge: HandOffEdge) -> bool:
    return edge.target.index < 0 and edge.target.position < 0


def _is_started(needs: tuple[str, ...], called: set[str]) -> bool:
    return not needs or not called.isdisjoint(needs)


def _in_loop(caller: FunctionId | None, summaries: Mapping[FunctionId, Summary]) -> bool:
    summary = summaries.get(caller) if caller is not None else None
    return summary is not None and ExecutionContext.LOOP in summary.context
