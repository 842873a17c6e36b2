"""Reads and writes of properties: calls that do not look like calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Assign, Attribute, AugmentedAssign, Collection, Expr
from offloop.facts.walk import expressions, statements, walk
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Type
from offloop.library.signature import role
from offloop.resolve.boundary import Region
from offloop.resolve.values import ScopeRef


class PropertyUse(NamedTuple):
    """A function reads or sets a property of an object: ``targets`` are the analysed definitions that may answer."""

    function: FunctionId
    attribute: Attribute
    receiver: Type
    targets: tuple[FunctionId, ...]


def property_uses(program: Program, regions: Iterable[Region] | None = None) -> Iterator[PropertyUse]:
    """Yield where some regions (None: all modules) read or set properties that analysed modules define."""
    regions = whole(program) if regions is None else list(regions)
    yield from property_reads(program, regions)
    yield from _property_writes(program, regions)


def whole(program: Program) -> list[Region]:
    """Return all modules."""
    return [Region(module) for module in program.world.analysed]


def property_reads(program: Program, regions: Iterable[Region]) -> Iterator[PropertyUse]:
    """Yield where some regions read properties that analysed modules define."""
    if program.property_names is None:
        program.property_names = _property_names(program)
    yield from _uses(program, regions, program.property_names, _loads, partial(_targets, program))


def _property_writes(program: Program, regions: Iterable[Region]) -> Iterator[PropertyUse]:
    """Yield where some regions assign to properties whose setters analysed modules define."""
    if program.setters is None:
        program.setters = _setters(program)
    setters = program.setters
    yield from _uses(program, regions, frozenset(setters), _stores, partial(_set_by, program, setters))


def _uses(
    program: Program,
    regions: Iterable[Region],
    names: frozenset[str],
    attributes: Callable[[FunctionFacts, frozenset[str]], Iterator[Attribute]],
    targets: Callable[[Type, str], Iterable[FunctionId]],
) -> Iterator[PropertyUse]:
    """Yield the attributes of those names that functions use, with what answers for each type of receiver."""
    if not names:
        return
    for region in regions:
        for function in region.of(program.world.analysed[region.module].facts.functions):
            user = FunctionId(region.module, function.index)
            for attribute in attributes(function, names):
                for kind in program.evaluator.types(attribute.value, ScopeRef(*user)):
                    found = tuple(targets(kind, attribute.attr))
                    if found:
                        yield PropertyUse(user, attribute, kind, found)


def _setters(program: Program) -> dict[str, dict[str, FunctionId]]:
    """Return the setters of the analysed classes, by name and class."""
    found: dict[str, dict[str, FunctionId]] = {}
    for module in program.world.analysed.values():
        for function in module.facts.functions:
            if function.owner_class is not None and _is_setter(function):
                owner = f"{module.name}.{module.facts.classes[function.owner_class].qualname}"
                found.setdefault(function.name, {})[owner] = FunctionId(module.name, function.index)
    return found


def _is_setter(function: FunctionFacts) -> bool:
    return any(
        isinstance(decorator, Attribute) and decorator.attr == "setter" for decorator in function.decorators
    )


def _set_by(
    program: Program, setters: Mapping[str, Mapping[str, FunctionId]], kind: Type, name: str
) -> Iterator[FunctionId]:
    """Yield the setter that a class has, and those of the analysed classes below it."""
    owners = setters[name]
    nearest = next((a.name for a in program.world.ancestry(kind) if a.name in owners), None)
    if nearest is not None:
        yield owners[nearest]
    for signature in program.world.subclasses(kind.name):
        if signature.dotted in owners and signature.dotted != nearest:
            yield owners[signature.dotted]


def _stores(function: FunctionFacts, names: frozenset[str]) -> Iterator[Attribute]:
    """Yield the attributes of those names that a function sets."""
    for statement in statements(function.body):
        targets: tuple[Expr, ...] = ()
        if isinstance(statement, Assign):
            targets = statement.targets if statement.value is not None else ()
        elif isinstance(statement, AugmentedAssign):
            targets = (statement.target,)
        for target in targets:
            for part in target.items if isinstance(target, Collection) else (target,):
                if isinstance(part, Attribute) and part.attr in names:
                    yield part


def _property_names(program: Program) -> frozenset[str]:
    return frozenset(
        function.name
        for module in program.world.analysed.values()
        for function in module.facts.functions
        if function.owner_class is not None and function.decorators and role(function) == "property"
    )


def _loads(function: FunctionFacts, names: frozenset[str]) -> Iterator[Attribute]:
    """Yield the attributes of those names that a function reads."""
    for statement in statements(function.body):
        stored = {id(target) for target in statement.targets} if isinstance(statement, Assign) else set()
        for expr in expressions(statement):
            for part in walk(expr):
                if isinstance(part, Attribute) and part.attr in names and id(part) not in stored:
                    yield part


def _targets(program: Program, kind: Type, name: str) -> Iterator[FunctionId]:
    """Yield the definition that a class has of a property, and those of the analysed classes below it."""
    found = program.world.method(kind, name)
    if found is not None and found[1].role == "property" and found[1].module in program.world.analysed:
        yield FunctionId(found[1].module, found[1].index)
    for signature in program.world.subclasses(kind.name):
        method = signature.methods.get(name)
        if method is not None and method.role == "property":
            yield FunctionId(method.module, method.index)
