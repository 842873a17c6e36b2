"""An integration that is analysed again and again while somebody types in one of its modules.

The first edit of a module that was not in focus analyses everything, the other modules first; what they
give is settled (``CallGraph.settle``). From the second on, only the edited module is evaluated: what it gave
before is taken back, and what it gives now is joined to what is settled. That holds as long as the module
looks the same from outside: ``Program.replace`` compares what is declared, ``Boundary.holds`` what is
evaluated. Where the edits stay in one function, what lies around it in the module is settled, too, in a layer
above the other modules, and only the function is evaluated. Edits that mean nothing leave all as it is.
"""

from __future__ import annotations

import builtins
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from offloop.facts.tree import Expr
from offloop.inference.analysis import Analysis, analyse, begun, conclude
from offloop.inference.edges import HandOffEdge
from offloop.inference.insignificant import is_insignificant
from offloop.inference.insignificant_outside import is_insignificant_outside
from offloop.inference.parts import Part, joined, part_of
from offloop.inference.program import ModuleInput, Program, differ_only_in
from offloop.inference.properties import property_uses
from offloop.inference.seeds import EntrySeed, Seed, seeds
from offloop.library.model import Catalog, Type
from offloop.resolve.boundary import Boundary, Region
from offloop.resolve.values import ClassObject, ScopeRef

Answers = Mapping[tuple[str, int], Type]
# After so many edits that meant nothing, the function is evaluated all the same, and what they left is let go.
_MOST_KEPT = 100


class _Given(NamedTuple):
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
            if item is not (old := other.inputs[name])
            and (item.facts is not old.facts or item.path != old.path)
        ]


@dataclass(frozen=True, slots=True)
class _Layer:
    """What is settled around a region that is edited; the analysis is the same object for all layers."""

    given: _Given  # its trees are kept alive: what is known of expressions goes by their identity
    analysis: Analysis
    boundary: Boundary
    handed: list[HandOffEdge]  # all of them: an analysis may leave some out
    entries: tuple[EntrySeed, ...]
    independent: tuple[Seed, ...]
    part: Part

    @property
    def region(self) -> Region:
        """What may change."""
        return self.boundary.region


class LiveAnalysis:
    """Analyses one integration again and again; an analysis is good until the next one."""

    def __init__(self) -> None:
        self._given: _Given | None = None
        self._analysis: Analysis | None = None
        # The other modules are settled, and above them what lies in the edited module around one function.
        self._layers: tuple[_Layer, ...] = ()
        # What was read before edits that meant nothing: what is known of expressions goes by their identity.
        self._kept: list[ModuleInput] = []

    def analyse(
        self,
        inputs: Sequence[ModuleInput],
        catalog: Catalog,
        package: str,
        answers: Answers,
        focus: str = "",
    ) -> Analysis:
        """Return what ``inference.analysis.analyse`` returns for the same.

        ``focus`` is the path of a module that is likely to be edited: it is watched from the beginning.
        """
        given = _Given({item.name: item for item in inputs}, catalog, package, dict(answers))
        before, self._given = self._given, None  # should anything go wrong, the next time is the first one
        analysis = self._again(before, given, focus)
        self._given = given
        return analysis

    def release(self) -> None:
        """Let go of all; the next analysis begins anew."""
        if self._analysis is not None:
            self._analysis.release()
        self._given = self._analysis = None
        self._layers = ()

    def _again(self, before: _Given | None, given: _Given, focus: str) -> Analysis:
        watched = self._layers[0].region.module if self._layers else None
        changed = given.changed(before) if before is not None else None
        if changed == [] and self._analysis is not None and before is not None:
            if given.answers == before.answers:
                return self._analysis
            changed = [watched] if watched is not None else None
        if self._layers and watched is not None and changed == [watched] and before is not None:
            if len(self._kept) < _MOST_KEPT and _means_nothing(self._layers[-1], before, given):
                if self._layers[-1].region.functions is not None:
                    self._kept.append(before.inputs[watched])
                return self._layers[-1].analysis
            self._kept = []
            layers, self._layers = self._layers, ()
            self._layers = _with_function(layers, before, given) or _with_module(layers[0], given)
            if self._layers:
                return self._layers[0].analysis
        if self._analysis is not None:
            self._analysis.release()
        focused = (item.name for item in given.inputs.values() if item.path == focus)
        module = changed[0] if changed is not None and len(changed) == 1 else next(focused, None)
        self._analysis, self._layers = _analysed(given, module)
        return self._analysis


def _analysed(given: _Given, module: str | None) -> tuple[Analysis, tuple[_Layer, ...]]:
    """Analyse everything, one module last."""
    inputs, catalog = given.inputs.values(), given.catalog
    if module is None:
        return analyse(inputs, catalog, given.package, given.answers), ()
    boundary = Boundary(Region(module))
    analysis, entries, part = begun(inputs, catalog, given.package, given.answers, boundary)
    boundary.note("decorators", partial(analysis.decorators.told_of, boundary.region))
    independent = tuple(seeds(analysis.program, entries))
    _divide(analysis, given.inputs[module])
    layer = _settled(_Layer(given, analysis, boundary, [], entries, independent, part))
    return analysis, _with_rest(layer, given)


def _settled(layer: _Layer) -> _Layer:
    """Settle what has been added."""
    graph = layer.analysis.graph
    graph.settle(layer.region)
    layer.analysis.program.evaluator.settle()
    return replace(layer, handed=graph.handed)


def _with_rest(layer: _Layer, given: _Given) -> tuple[_Layer, ...]:
    """Add the watched module to what is settled, the function that is edited last, and conclude."""
    functions = given.inputs[layer.region.module].edited
    if functions is None:
        _add(layer)
        return (layer,)
    inner = _above(layer, given, Region(layer.region.module, functions))
    _add(inner)
    return layer, inner


def _above(layer: _Layer, given: _Given, region: Region) -> _Layer:
    """Settle what lies around a function in the watched module."""
    analysis = layer.analysis
    program, graph = analysis.program, analysis.graph
    around = Region(region.module, without=region.functions)
    boundary = program.evaluator.boundary
    if boundary is None:
        boundary = program.evaluator.boundary = Boundary(region)
    boundary.note("decorators", partial(analysis.decorators.told_of, region))
    graph.add(around)
    graph.solve()
    part = _part(analysis, around)
    return _settled(replace(layer, given=given, boundary=boundary, part=joined(layer.part, part)))


def _part(analysis: Analysis, region: Region) -> Part:
    """Return what a region has added to what was settled last."""
    program, graph = analysis.program, analysis.graph
    return part_of(program, graph, analysis.loop_api, property_uses(program, [region]), graph.settled[-1])


def _add(layer: _Layer) -> None:
    """Add the watched region to what is settled, and conclude."""
    analysis = layer.analysis
    analysis.graph.add(layer.region)
    analysis.graph.solve()
    part = joined(layer.part, _part(analysis, layer.region))
    conclude(analysis, part, layer.entries, layer.independent)


# -------------------------------------------------------------------- after an edit
def _means_nothing(layer: _Layer, before: _Given, given: _Given) -> bool:
    """Put a new text in the place of the watched module's, if nothing that is known depends on what differs."""
    module, functions = layer.region.module, layer.region.functions
    old, new = before.inputs[module], given.inputs[module]
    if before.answers != given.answers or not old.edited == new.edited == functions:
        return False
    program = layer.analysis.program
    if program.property_names is None:
        return False
    if functions is None:
        return _means_nothing_outside(program, new, program.property_names)
    if not differ_only_in(functions, old.facts, new.facts):
        return False
    own = slice(functions.start, functions.stop)
    is_nothing = is_insignificant(
        old.facts.functions[own], new.facts.functions[own], new.text, program.property_names
    )
    if is_nothing:
        program.put(new)
    return is_nothing


def _means_nothing_outside(program: Program, new: ModuleInput, properties: frozenset[str]) -> bool:
    """Put a new text in the place of a module's, if nothing depends on what differs; the trees stay."""
    known, facts = program.world.analysed[new.name].facts, new.facts
    names_in = partial(Names, program, new.name)
    if new.room is None or not is_insignificant_outside(known, facts, properties, names_in):
        return False
    kept = facts._replace(
        functions=known.functions, classes=known.classes, body=known.body, calls=known.calls
    )
    program.put(new._replace(facts=kept))
    return True


@dataclass(frozen=True, slots=True)
class Names:
    """What the names stand for that statements in the body of a class or a module's own mention."""

    program: Program
    module: str
    cls: int | None

    @property
    def _scope(self) -> ScopeRef:
        return ScopeRef(self.module, None, self.cls)

    def is_known(self, name: str) -> bool:
        """Whether a name stands for anything there."""
        return hasattr(builtins, name) or self.program.evaluator.lookup(name, self._scope) is not None

    def makes_plain_objects(self, callee: Expr) -> bool:
        """Whether calling something does no more than keep what it is given in fields of an object."""
        world = self.program.world
        found = self.program.evaluator.values(callee, self._scope)
        return bool(found) and all(
            isinstance(value, ClassObject)
            and world.constructor(value.type) is None
            and world.method(value.type, "__post_init__") is None
            and (signature := world.class_named(value.type.name)) is not None
            and signature.module in world.analysed
            for value in found
        )


def _with_module(layer: _Layer, given: _Given) -> tuple[_Layer, ...]:
    """Analyse the watched module anew; returns the layers, none where that is not enough."""
    module, analysis = layer.region.module, layer.analysis
    program, graph = analysis.program, analysis.graph
    evaluator, item = program.evaluator, given.inputs[module]
    if not _same_answers(layer.given.answers, given.answers, module) or not program.replace(item):
        return ()
    graph.handed = layer.handed
    graph.take_back(1)
    evaluator.forget(1)
    evaluator.answers.clear()
    evaluator.answers.update(given.answers)
    mentioned = _divide(analysis, item)
    if item.edited is not None:
        # What the questions from outside lead to in the module may lead into the function.
        evaluator.boundary = Boundary(Region(module, item.edited))
    return _with_rest(layer, given) if layer.boundary.holds(mentioned) else ()


def _divide(analysis: Analysis, item: ModuleInput) -> frozenset[Hashable]:
    """Read the usage of the edited module anew; return what it mentions or mentioned before."""
    usage = analysis.program.evaluator.usage
    if usage is None:
        return frozenset()
    if item.edited is None:
        return usage.divide([Region(item.name)])
    return usage.divide([Region(item.name, without=item.edited), Region(item.name, item.edited)])


def _with_function(layers: tuple[_Layer, ...], before: _Given, given: _Given) -> tuple[_Layer, ...]:
    """Analyse the watched function anew; returns the layers, none where that is not enough."""
    layer = layers[-1]
    region, analysis = layer.region, layer.analysis
    program, graph = analysis.program, analysis.graph
    item = given.inputs[region.module]
    if region.functions is None or item.edited != region.functions or before.answers != given.answers:
        return ()
    if not program.replace_function(item, region.functions):
        return ()
    graph.handed = layer.handed
    graph.take_back(2)
    program.evaluator.forget(2)
    usage = program.evaluator.usage
    mentioned = usage.replace(region) if usage is not None else frozenset()
    if not all(one.boundary.holds(mentioned) for one in layers):
        return ()
    _add(layer)
    return layers


def _same_answers(before: Answers, now: Answers, module: str) -> bool:
    """Whether the answers on all other modules are as they were."""
    return {key: value for key, value in before.items() if key[0] != module} == {
        key: value for key, value in now.items() if key[0] != module
    }
