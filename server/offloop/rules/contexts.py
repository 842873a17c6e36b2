"""Where the functions of an integration run and why, as users are told; worked out when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.trace import Place, open_place, places
from offloop.library.model import FunctionSignature, Kind
from offloop.rules.rule import Step


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """Where one function runs and why.

    ``line``/``column`` are 0-based (code points) and name the function, ``end_line`` is the last line of its
    body; ``declared`` is "coroutine", "callback", "plain" or "property"; ``context`` "loop", "worker", "both"
    or "unknown".
    """

    path: str
    function: str
    line: int
    column: int
    end_line: int
    declared: str
    context: str
    trace: tuple[Step, ...]


class Contexts(Sequence[FunctionContext]):
    """The functions of an integration in the order of its files; worked out when somebody asks: most do not."""

    def __init__(self, view: Analysis) -> None:
        self._view = view

    @cached_property
    def _all(self) -> tuple[FunctionContext, ...]:
        return tuple(
            one for module in self._view.program.world.analysed for one in contexts(self._view, module)
        )

    @overload
    def __getitem__(self, index: int) -> FunctionContext: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[FunctionContext, ...]: ...
    def __getitem__(self, index: int | slice) -> FunctionContext | tuple[FunctionContext, ...]:
        """Return one function, or some."""
        return self._all[index]

    def __len__(self) -> int:
        """Return the number of functions."""
        return len(self._all)

    def __eq__(self, other: object) -> bool:
        """Whether both say the same of the same functions."""
        return isinstance(other, Sequence) and self._all == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # compared by what they say


def contexts(analysis: Analysis, module: str) -> Iterator[FunctionContext]:
    """Yield where each function of a module runs, in the order of its text."""
    program = analysis.program
    lines, path = program.lines(module), program.path(module)
    for facts in program.world.analysed[module].facts.functions:
        function = FunctionId(module, facts.index)
        summary = analysis.summary(function)
        position = lines.position(facts.name_start)
        yield FunctionContext(
            path,
            facts.qualname,
            position.line,
            position.column,
            lines.position(facts.end).line,
            _declared(analysis, function),
            summary.claim.label,
            tuple(Step(*step) for step in _ways(analysis, function, summary)),
        )


def _ways(analysis: Analysis, function: FunctionId, summary: Summary) -> Iterator[Place]:
    """Yield the way to a function; where its contexts disagree that of the worker, then that of the loop."""
    for one in (ExecutionContext.WORKER, ExecutionContext.LOOP):
        if one in summary.context:
            yield from places(analysis, function, one)
    if summary.open is not None:
        yield open_place(analysis, summary.open)


def _declared(analysis: Analysis, function: FunctionId) -> str:
    kind = analysis.program.kinds[function]
    if kind is not Kind.PLAIN:
        return str(kind.value)
    facts = analysis.program.facts(function)
    found = analysis.program.world.find(f"{function.module}.{facts.qualname}")
    is_property = isinstance(found, FunctionSignature) and found.role in ("property", "setter")
    return "property" if is_property else "plain"
