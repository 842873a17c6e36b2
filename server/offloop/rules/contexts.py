"""Where the functions of an integration run and why, as users are told; worked out when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    """The functions of an integration in the order of its files; may be asked from any thread.

    Most checks are asked for no function, or for those of one file: nothing is worked out before.
    """

    def __init__(self, view: Analysis) -> None:
        self._view = view
        self._known: dict[str, tuple[FunctionContext, ...]] = {}

    def of(self, path: str) -> tuple[FunctionContext, ...]:
        """Return the functions of one file."""
        known = self._known.get(path)
        if known is None:
            modules = self._view.program.world.analysed.values()
            known = tuple(
                one for module in modules if module.path == path for one in contexts(self._view, module.name)
            )
            self._known[path] = known
        return known

    def _all(self) -> list[FunctionContext]:
        paths = dict.fromkeys(module.path for module in self._view.program.world.analysed.values())
        return [one for path in paths for one in self.of(path)]

    @overload
    def __getitem__(self, index: int) -> FunctionContext: ...
    @overload
    def __getitem__(self, index: slice) -> list[FunctionContext]: ...
    def __getitem__(self, index: int | slice) -> FunctionContext | list[FunctionContext]:
        """Return one function, or some."""
        return self._all()[index]

    def __len__(self) -> int:
        """Return the number of functions."""
        return sum(len(module.facts.functions) for module in self._view.program.world.analysed.values())

    def __eq__(self, other: object) -> bool:
        """Whether both say the same of the same functions."""
        return isinstance(other, Sequence) and self._all() == list(other)

    __hash__ = None  # type: ignore[assignment]  # compared by what they say

    def __iter__(self) -> Iterator[FunctionContext]:
        """Go through all functions."""
        return iter(self._all())


class _ByFile(Mapping[str, tuple[FunctionContext, ...]]):
    def __init__(self, functions: Contexts) -> None:
        self._functions = functions

    def __getitem__(self, path: str) -> tuple[FunctionContext, ...]:
        found = self._functions.of(path)
        if not found:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(one.path for one in self._functions))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def by_file(functions: Sequence[FunctionContext]) -> Mapping[str, tuple[FunctionContext, ...]]:
    """Return functions by the path of their file, those of each file in order."""
    if isinstance(functions, Contexts):
        return _ByFile(functions)
    found: dict[str, list[FunctionContext]] = {}
    for function in functions:
        found.setdefault(function.path, []).append(function)
    return {path: tuple(some) for path, some in found.items()}


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
        yield open_place(summary.open)


def _declared(analysis: Analysis, function: FunctionId) -> str:
    kind = analysis.program.kinds[function]
    if kind is not Kind.PLAIN:
        return str(kind.value)
    facts = analysis.program.facts(function)
    found = analysis.program.world.find(f"{function.module}.{facts.qualname}")
    is_property = isinstance(found, FunctionSignature) and found.role in ("property", "setter")
    return "property" if is_property else "plain"
