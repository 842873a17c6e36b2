"""Reads of properties: calls that do not look like calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Assign, Attribute
from offloop.facts.walk import expressions, statements, walk
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Type
from offloop.library.signature import role
from offloop.resolve.values import ScopeRef


class PropertyRead(NamedTuple):
    """A function reads a property of an object: ``targets`` are the analysed definitions that may answer."""

    function: FunctionId
    attribute: Attribute
    receiver: Type
    targets: tuple[FunctionId, ...]


def property_reads(program: Program) -> Iterator[PropertyRead]:
    """Yield the reads of properties that are defined in the analysed modules."""
    names = _property_names(program)
    if not names:
        return
    for module in program.world.analysed.values():
        for function in module.facts.functions:
            scope = ScopeRef(module.name, function.index)
            for attribute in _loads(function, names):
                for kind in program.evaluator.types(attribute.value, scope):
                    targets = tuple(_targets(program, kind, attribute.attr))
                    if targets:
                        yield PropertyRead(FunctionId(module.name, function.index), attribute, kind, targets)


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
