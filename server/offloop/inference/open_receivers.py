"""The calls whose receiver nobody knows yet and that may matter: the questions for the last resort."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.model import Attribute, FunctionFacts
from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId
from offloop.resolve.values import ScopeRef


class OpenReceiver(NamedTuple):
    """A call ``x.name(...)`` in a worker; ``offset`` is where ``x`` ends, ``name`` that of a loop API."""

    function: FunctionId
    offset: int
    name: str


class Receivers(NamedTuple):
    """The receivers of all calls in workers that are named like a loop API: how many are known, which are not."""

    decided: int
    open: tuple[OpenReceiver, ...]


def receivers(analysis: Analysis) -> Receivers:
    """Sort the receivers of one analysis; the open ones come in the order of modules and texts."""
    names = {api.rpartition(".")[2] for api in analysis.loop_api_names() if analysis.loop_api(api)}
    decided = 0
    found: dict[tuple[str, int], OpenReceiver] = {}
    for function, summary in analysis.summaries.items():
        if ExecutionContext.WORKER not in summary.context:
            continue
        scope = ScopeRef(function.module, function.index)
        for callee in _methods(analysis.program.facts(function)):
            if callee.attr not in names:
                continue
            if analysis.program.evaluator.values(callee.value, scope):
                decided += 1
            else:
                place = (function.module, callee.value.end)
                found[place] = OpenReceiver(function, callee.value.end, callee.attr)
    return Receivers(decided, tuple(found[place] for place in sorted(found)))


def _methods(facts: FunctionFacts) -> Iterator[Attribute]:
    for call in facts.calls:
        if isinstance(call.function, Attribute):
            yield call.function
