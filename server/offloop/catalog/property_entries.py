"""Which properties of integrations' classes Home Assistant reads in the event loop."""

from __future__ import annotations

from collections.abc import Mapping

from offloop.facts.walk import word_start
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.program import Program
from offloop.inference.properties import property_reads, whole
from offloop.library.model import EntryPoint, Kind


def property_entries(
    program: Program, summaries: Mapping[FunctionId, Summary], graph: CallGraph
) -> tuple[EntryPoint, ...]:
    """Return one entry point for each property that is read where the context is known, the loop's first.

    A nested callback that is handed over, nobody knows to whom, tells nothing: it only declares its context.
    """
    followed = {FunctionId(edge.target.module, edge.target.index) for edge in graph.handed}
    followed |= {call.callee for call in graph.calls}
    found: dict[tuple[str, str, str], EntryPoint] = {}
    for read in property_reads(program, whole(program)):
        summary = summaries.get(read.function)
        if summary is None or summary.context not in (ExecutionContext.LOOP, ExecutionContext.WORKER):
            continue
        module, facts = read.function.module, program.facts(read.function)
        is_nested_callback = program.kinds[read.function] is Kind.CALLBACK and "<locals>" in facts.qualname
        if is_nested_callback and read.function not in followed:
            continue
        via = f"{module}.{facts.qualname.partition('.<locals>')[0]}"
        key = (read.receiver.name, read.attribute.attr, summary.context.label)
        origin = program.origin(module, word_start(read.attribute))
        found.setdefault(key, EntryPoint(*key, origin, via))
    return tuple(sorted(found.values()))
