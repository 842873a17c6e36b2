"""An integration that is analysed again and again while somebody types in one of its modules.

The first edit of a module analyses everything, the other modules first; what they give is settled
(``CallGraph.settle``). From the second on, only the edited module is evaluated: what it gave before is taken
back, and what it gives now is joined to what is settled. That holds as long as the module looks the same
from outside: ``Program.replace`` compares what is declared, ``Boundary.holds`` what is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from offloop.inference.analysis import Analysis, begun, conclude
from offloop.inference.edges import HandOffEdge
from offloop.inference.parts import Part, joined, part_of
from offloop.inference.program import ModuleInput, Program
from offloop.inference.properties import property_uses
from offloop.inference.seeds import EntrySeed, Seed, seeds
from offloop.library.model import Catalog, Type
from offloop.resolve.boundary import Boundary
from offloop.resolve.usage import Usage

Answers = Mapping[tuple[str, int], Type]


@dataclass(frozen=True, slots=True)
class _Given:
    """All that an analysis depends on."""

    inputs: Mapping[str, ModuleInput]
    catalog: Catalog
    package: str
    answers: Answers

    def changed(self, other: _Given) -> list[str] | None:
        """Return the modules that differ, None where more than texts differs."""
        if (
            self.catalog is not other.catalog
            or self.package != other.package
            or list(self.inputs) != list(other.inputs)
        ):
            return None
        return [
            name
            for name, item in self.inputs.items()
            if item.facts is not other.inputs[name].facts or item.path != other.inputs[name].path
        ]


@dataclass(frozen=True, slots=True)
class _Watch:
    """What is settled while one module is edited."""

    given: _Given
    module: str
    analysis: Analysis
    boundary: Boundary
    handed: list[HandOffEdge]  # all of them: an analysis may leave some out
    entries: tuple[EntrySeed, ...]
    independent: tuple[Seed, ...]
    part: Part


class LiveAnalysis:
    """Analyses one integration again and again; an analysis is good until the next one."""

    def __init__(self) -> None:
        self._given: _Given | None = None
        self._analysis: Analysis | None = None
        self._watch: _Watch | None = None

    def analyse(
        self, inputs: Sequence[ModuleInput], catalog: Catalog, package: str, answers: Answers
    ) -> Analysis:
        """Return what ``inference.analysis.analyse`` returns for the same."""
        given = _Given({item.name: item for item in inputs}, catalog, package, dict(answers))
        before, self._given = self._given, None  # should anything go wrong, the next time is the first one
        analysis = self._again(before, given)
        self._given = given
        return analysis

    def release(self) -> None:
        """Let go of all; the next analysis begins anew."""
        if self._analysis is not None:
            self._analysis.release()
        self._given = self._analysis = self._watch = None

    def _again(self, before: _Given | None, given: _Given) -> Analysis:
        watch = self._watch
        watched = watch.module if watch is not None else None
        changed = given.changed(before) if before is not None else None
        if changed == [] and self._analysis is not None and before is not None:
            if given.answers == before.answers:
                return self._analysis
            changed = [watched] if watched is not None else None
        module = changed[0] if changed is not None and len(changed) == 1 else None
        if watch is not None and changed == [watched] and _renewed(watch, given):
            return watch.analysis
        if self._analysis is not None:
            self._analysis.release()
        self._analysis, self._watch = _analysed(given, module)
        return self._analysis


def _analysed(given: _Given, module: str | None) -> tuple[Analysis, _Watch | None]:
    """Analyse everything, one module last."""
    catalog = given.catalog
    program = Program(
        given.inputs.values(), catalog.modules, catalog.conventions, catalog.callback_decorators
    )
    evaluator = program.evaluator
    boundary = evaluator.boundary = Boundary(module) if module is not None else None
    evaluator.usage = Usage(program.world)
    evaluator.answers.update(given.answers)
    analysis, entries = begun(program, catalog, given.package)
    graph, decorators = analysis.graph, analysis.decorators
    if boundary is not None:
        boundary.note("decorators", partial(decorators.told_of, boundary.module))
    others = [name for name in given.inputs if name != module]
    graph.add(others)
    graph.add_overrides()
    graph.add_tokens(decorators.tokens(), decorators.registered())
    graph.solve()
    uses = property_uses(program, others)
    part = part_of(program, graph, analysis.loop_api, uses)
    independent = tuple(seeds(program, entries))
    if boundary is None:
        conclude(analysis, part, entries, independent)
        return analysis, None
    graph.settle(boundary.module)
    evaluator.settle()
    watch = _Watch(given, boundary.module, analysis, boundary, graph.handed, entries, independent, part)
    _add(watch)
    return analysis, watch


def _add(watch: _Watch) -> None:
    """Add the watched module to what is settled, and conclude."""
    analysis = watch.analysis
    graph, program = analysis.graph, analysis.program
    graph.add((watch.module,))
    graph.solve()
    uses = property_uses(program, (watch.module,))
    part = part_of(program, graph, analysis.loop_api, uses, graph.settled)
    conclude(analysis, joined(watch.part, part), watch.entries, watch.independent)


def _renewed(watch: _Watch, given: _Given) -> bool:
    """Analyse the watched module anew; returns whether that was enough."""
    module, analysis = watch.module, watch.analysis
    program, graph = analysis.program, analysis.graph
    if not _same_answers(watch.given.answers, given.answers, module):
        return False
    item = given.inputs[module]
    if not program.replace(item):
        return False
    evaluator = program.evaluator
    graph.handed = watch.handed
    graph.take_back()
    evaluator.forget()
    evaluator.answers.clear()
    evaluator.answers.update(given.answers)
    usage = evaluator.usage
    mentioned = usage.replace(module, item.facts) if usage is not None else frozenset()
    if not watch.boundary.holds(mentioned):
        return False
    _add(watch)
    return True


def _same_answers(before: Answers, now: Answers, module: str) -> bool:
    """Whether the answers on all other modules are as they were."""
    return {key: value for key, value in before.items() if key[0] != module} == {
        key: value for key, value in now.items() if key[0] != module
    }
