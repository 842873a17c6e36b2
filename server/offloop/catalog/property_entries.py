"""Which properties of integrations' classes Home Assistant reads in the event loop."""

from __future__ import annotations

from collections.abc import Mapping

from offloop.facts.walk import word_start
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.program import Program
from offloop.inference.properties import property_reads
from offloop.library.model import EntryPoint


def property_entries(program: Program, summaries: Mapping[FunctionId, Summary]) -> tuple[EntryPoint, ...]:
    """Return one entry point for each property that is read where the context is known, the loop's first."""
    found: dict[tuple[str, str, str], EntryPoint] = {}
    for read in property_reads(program):
        summary = summaries.get(read.function)
        if summary is None or summary.context not in (ExecutionContext.LOOP, ExecutionContext.WORKER):
            continue
        module, facts = read.function.module, program.facts(read.function)
        via = f"{module}.{facts.qualname.partition('.<locals>')[0]}"
        key = (read.receiver.name, read.attribute.attr, summary.context.label)
        origin = program.origin(module, word_start(read.attribute))
        found.setdefault(key, EntryPoint(*key, origin, via))
    return tuple(sorted(found.values()))
