"""The places where code in a worker thread reaches for the loop: what the forward rules report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.tree import Call
from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId
from offloop.inference.removers import REMOVER
from offloop.inference.thread_tests import is_sheltered
from offloop.library.model import LoopApi
from offloop.resolve.values import ScopeRef


class Crossing(NamedTuple):
    """A call in ``function`` that needs the loop while the function runs in a worker.

    ``callee`` is the function of the integration that is called, None where an API is called directly.
    """

    function: FunctionId
    call: Call
    api: LoopApi
    callee: FunctionId | None

    @property
    def is_remover(self) -> bool:
        """Whether what is called undoes a registration."""
        return self.callee is None and self.api.name.endswith(REMOVER)


def crossings(analysis: Analysis) -> tuple[Crossing, ...]:
    """Return each place once, in the order of modules and texts; of several things called there, the first."""
    if analysis.crossings is None:
        analysis.crossings = tuple(_once(analysis))
    return analysis.crossings


def is_mixed(analysis: Analysis, crossing: Crossing) -> bool:
    """Whether the loop gets to the place of a crossing as well."""
    return analysis.summary(crossing.function).context is ExecutionContext.BOTH


def _once(analysis: Analysis) -> Iterator[Crossing]:
    seen: set[tuple[str, int, int]] = set()
    for crossing in sorted(_all(analysis), key=_order):
        place = (crossing.function.module, crossing.call.start, crossing.call.end)
        if place not in seen and not _is_sheltered(analysis, crossing):
            seen.add(place)
            yield crossing


def _all(analysis: Analysis) -> Iterator[Crossing]:
    for call, api in analysis.part.harmful:
        if call.caller is not None and _in_worker(analysis, call.caller):
            yield Crossing(call.caller, call.call, api, None)
    for callee, need in analysis.needs.items():
        if not analysis.program.is_pinned(callee) or not analysis.carries(callee, ExecutionContext.WORKER):
            continue
        for edge in analysis.part.callers.get(callee, ()):
            if edge.caller is not None and _in_worker(analysis, edge.caller):
                yield Crossing(edge.caller, edge.call, need.api, callee)


def _is_sheltered(analysis: Analysis, crossing: Crossing) -> bool:
    facts = analysis.program.facts(crossing.function)
    return is_sheltered(analysis.program.evaluator, ScopeRef(*crossing.function), facts.body, crossing.call)


def _in_worker(analysis: Analysis, function: FunctionId) -> bool:
    return analysis.summary(function).worker is not None


def _order(crossing: Crossing) -> tuple[str, int, int, str, str]:
    return (
        crossing.function.module,
        crossing.call.start,
        crossing.call.end,
        (crossing.api.tier.value != "raises" and "z") or "a",
        crossing.api.name,
    )
