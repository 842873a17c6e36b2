"""Reads and writes of properties: calls that do not look like calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Assign, Attribute, AugmentedAssign, Collection, Expr
from offloop.facts.walk import expressions, statements, walk
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Type
from offloop.library.signature import role
from offloop.resolve.values import ScopeRef


class PropertyUse(NamedTuple):
    """A function reads or sets a property of an object: ``targets`` are the analysed definitions that may answer."""

    function: FunctionId
    attribute: Attribute
    receiver: Type
    targets: tuple[FunctionId, ...]


def property_uses(program: Program, modules: Iterable[str] | None = None) -> Iterator[PropertyUse]:
    """Yield where some modules (None: all) read or set properties that are defined in the analysed modules."""
    modules = list(program.world.analysed if modules is None else modules)
    yield from property_reads(program, modules)
    yield from property_writes(program, modules)


def property_reads(program: Program, modules: Iterable[str] | None = None) -> Iterator[PropertyUse]:
    """Yield where some modules (None: all) read properties that are defined in the analysed modules."""
    if program.property_names is None:
        program.property_names = _property_names(program)
    names = program.property_names
    if not names:
        return
    for name in program.world.analysed if modules is None else modules:
        module = program.world.analysed[name]
        for function in module.facts.functions:
            scope = ScopeRef(module.name, function.index)
            user = FunctionId(module.name, function.index)
            for attribute in _loads(function, names):
                for kind in program.evaluator.types(attribute.value, scope):
                    targets = tuple(_targets(program, kind, attribute.attr))
                    if targets:
                        yield PropertyUse(user, attribute, kind, targets)


def property_writes(program: Program, modules: Iterable[str]) -> Iterator[PropertyUse]:
    """Yield where some modules assign to properties whose setters are defined in the analysed modules."""
    if program.setters is None:
        program.setters = _setters(program)
    setters = program.setters
    if not setters:
        return
    names = frozenset(setters)
    for name in modules:
        module = program.world.analysed[name]
        for function in module.facts.functions:
            scope = ScopeRef(module.name, function.index)
            user = FunctionId(module.name, function.index)
            for attribute in _stores(function, names):
                for kind in program.evaluator.types(attribute.value, scope):
                    targets = tuple(_set_by(program, kind, setters[attribute.attr]))
                    if targets:
                        yield PropertyUse(user, attribute, kind, targets)


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


def _set_by(program: Program, kind: Type, owners: Mapping[str, FunctionId]) -> Iterator[FunctionId]:
    """Yield the setter that a class has, and those of the analysed classes below it."""
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
