"""Edits outside of functions that mean nothing: statements that lead nowhere, names in a value that are none yet.

While somebody types them, in the body of a class or at module level, what is known of everything stays.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from itertools import takewhile
from typing import Protocol

from offloop.facts.model import ClassFacts, ModuleFacts
from offloop.facts.tree import (
    Assign,
    Attribute,
    Block,
    Call,
    Collection,
    Define,
    Dictionary,
    Evaluate,
    Expr,
    Name,
    Statement,
)
from offloop.inference.insignificant import leads_nowhere


class Names(Protocol):
    """What is asked of the names in a class or at module level."""

    def is_known(self, name: str) -> bool:
        """Whether a name stands for anything there."""
        ...

    def makes_plain_objects(self, callee: Expr) -> bool:
        """Whether calling something does no more than keep what it is given in fields of an object."""
        ...


NamesIn = Callable[[int | None], Names]
"""The names in the body of a class, by its index; None stands for the module."""


def is_insignificant_outside(
    before: ModuleFacts, after: ModuleFacts, properties: Container[str], names_in: NamesIn
) -> bool:
    """Whether two versions of a module differ outside of functions only, and there in what means nothing.

    ``properties`` are the names of attributes whose reading calls something.
    """
    return (
        before.functions == after.functions
        and before.imports == after.imports
        and len(before.classes) == len(after.classes)
        and all(
            old is new
            or (_head(old) == _head(new) and _are_same(old.body, new.body, properties, names_in(old.index)))
            for old, new in zip(before.classes, after.classes, strict=True)
        )
        and _are_same(before.body, after.body, properties, names_in(None))
    )


def _head(cls: ClassFacts) -> tuple[object, ...]:
    """Return all of a class but its statements, and where it ends."""
    place = (cls.start, cls.name_start, cls.qualname, cls.parent, cls.owner_class)
    return (*place, cls.bases, cls.keywords, cls.type_parameters, cls.decorators, cls.methods)


def _are_same(old: Block, new: Block, properties: Container[str], names: Names) -> bool:
    if old is new:
        return True
    one = [statement for statement in old if not _is_nothing(statement, properties)]
    other = [statement for statement in new if not _is_nothing(statement, properties)]
    return len(one) == len(other) and all(
        first is second or _is_same_statement(first, second, names)
        for first, second in zip(one, other, strict=True)
    )


def _is_nothing(statement: Statement, properties: Container[str]) -> bool:
    return statement.__class__ is Evaluate and leads_nowhere(statement, properties)


def _is_same_statement(old: Statement, new: Statement, names: Names) -> bool:
    if isinstance(old, Define) and isinstance(new, Define):
        # A class ends with the last statement in it, whatever that means.
        return old[:3] == new[:3] and (old.kind == "class" or old.end == new.end)
    return (
        isinstance(old, Assign)
        and isinstance(new, Assign)
        and (old.targets, old.annotation) == (new.targets, new.annotation)
        and old.value is not None
        and new.value is not None
        and _is_same_value(old.value, new.value, names)
    )


def _is_same_value(old: Expr, new: Expr, names: Names) -> bool:
    if _is_unknown(old, names) and _is_unknown(new, names):
        return True
    if old.__class__ is not new.__class__:
        return False
    if old == new:
        return True
    if isinstance(old, Dictionary) and isinstance(new, Dictionary):
        return len(old.items) == len(new.items) and all(
            one[0] == other[0] and _is_same_value(one[1], other[1], names)
            for one, other in zip(old.items, new.items, strict=True)
        )
    if isinstance(old, Collection) and isinstance(new, Collection):
        return (old.kind, len(old.items)) == (new.kind, len(new.items)) and all(
            _is_same_value(one, other, names) for one, other in zip(old.items, new.items, strict=True)
        )
    return isinstance(old, Call) and isinstance(new, Call) and _is_same_call(old, new, names)


def _is_unknown(expr: Expr, names: Names) -> bool:
    """Whether an expression is a name that stands for nothing, or what is said to belong to one."""
    while isinstance(expr, Attribute):
        expr = expr.value
    return isinstance(expr, Name) and not names.is_known(expr.id)


def _is_same_call(old: Call, new: Call, names: Names) -> bool:
    if old.function != new.function:
        return False
    if len(old.arguments) == len(new.arguments):
        return all(
            one[:2] == other[:2] and _is_same_value(one.value, other.value, names)
            for one, other in zip(old.arguments, new.arguments, strict=True)
        )
    # Half-typed, a name is an argument of its own.
    fewer, more = sorted((old.arguments, new.arguments), key=len)
    first = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(fewer, more, strict=False)))
    added = more[first : first + len(more) - len(fewer)]
    return (
        fewer[first:] == more[first + len(added) :]
        and all(argument.keyword is not None for argument in fewer[first:])
        and all(
            argument.keyword is None
            and not argument.stars
            and isinstance(argument.value, Name)
            and not names.is_known(argument.value.id)
            for argument in added
        )
        and names.makes_plain_objects(old.function)
    )
