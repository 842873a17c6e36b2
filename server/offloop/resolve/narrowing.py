"""What ``isinstance`` says of names and attributes in the parts of a function where its test holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import (
    Assert,
    Attribute,
    Block,
    Boolean,
    Call,
    Collection,
    Conditional,
    Expr,
    If,
    Jump,
    Name,
    Not,
    Raise,
    Return,
    Statement,
    While,
)
from offloop.facts.walk import blocks, dotted_name, expressions, walk
from offloop.resolve.values import ClassObject, Instance, ScopeRef, Values, unique
from offloop.resolve.world import External

if TYPE_CHECKING:
    from offloop.resolve.evaluate import Evaluator


class Narrowing(NamedTuple):
    """Between two offsets, a dotted name is an object of one of the classes."""

    name: str
    classes: Expr
    start: int
    end: int


def narrowings(function: FunctionFacts) -> tuple[Narrowing, ...]:
    """Return what the tests of a function's body say; innermost and last ones come last."""
    if not any(
        isinstance(call.function, Name) and call.function.id == "isinstance" for call in function.calls
    ):
        return ()
    return tuple(_in_block(function.body))


def _in_block(block: Block) -> Iterator[Narrowing]:
    end = block[-1].end if block else 0
    for statement in block:
        for expr in expressions(statement):
            yield from _in_expression(expr)
        if isinstance(statement, Assert):
            yield from _holding(statement.test, statement.end, end)
        elif isinstance(statement, If):
            yield from _in_branches(statement, end)
        elif isinstance(statement, While) and statement.body:
            yield from _holding(statement.test, statement.body[0].start, statement.body[-1].end)
        for inner in blocks(statement):
            yield from _in_block(inner)


def _in_branches(statement: If, end: int) -> Iterator[Narrowing]:
    for test, body in statement.branches:
        if body:
            yield from _holding(test, body[0].start, body[-1].end)
    test, body = statement.branches[0]
    if isinstance(test, Not) and body and _leaves(body[-1]):
        yield from _holding(test.value, statement.end, end)


def _leaves(statement: Statement) -> bool:
    return isinstance(statement, Return | Raise) or (
        isinstance(statement, Jump) and statement.kind in ("continue", "break")
    )


def _in_expression(expr: Expr) -> Iterator[Narrowing]:
    """Yield what ``a if test else b`` and ``test and a`` say of their own parts."""
    for part in walk(expr):
        if isinstance(part, Conditional):
            yield from _holding(part.test, part.body.start, part.body.end)
        elif isinstance(part, Boolean) and part.operator == "and":
            for test in part.values[:-1]:
                yield from _holding(test, test.end, part.end)


def _holding(test: Expr, start: int, end: int) -> Iterator[Narrowing]:
    """Yield what a test says where it holds."""
    if isinstance(test, Boolean) and test.operator == "and":
        for part in test.values:
            yield from _holding(part, start, end)
    elif (
        isinstance(test, Call)
        and isinstance(test.function, Name)
        and test.function.id == "isinstance"
        and len(test.arguments) == 2
    ):
        name = dotted_name(test.arguments[0].value)
        if name is not None:
            yield Narrowing(name, test.arguments[1].value, start, end)


def narrowed(evaluator: Evaluator, expr: Name | Attribute, scope: ScopeRef, found: Values) -> Values:
    """Return what is left of the values of a name or attribute where tests have been made of it."""
    tests = evaluator.narrowings(scope)
    if not tests:
        return found
    name = dotted_name(expr)
    for test in tests:
        if test.name == name and test.start <= expr.start < test.end:
            found = _restricted(evaluator, test.classes, scope, found)
    return found


def _restricted(evaluator: Evaluator, classes: Expr, scope: ScopeRef, found: Values) -> Values:
    wanted = classes.items if isinstance(classes, Collection) else (classes,)
    tested: list[Instance] = []
    for expr in wanted:
        for value in evaluator.values(expr, scope):
            if isinstance(value, ClassObject):
                tested.append(Instance(value.type))
            elif isinstance(value, External):
                return found  # nothing is known of that class, nor of what it leaves
    names = {test.type.name for test in tested}
    kept = [
        one
        for one in found
        if isinstance(one, Instance) and any(a.name in names for a in evaluator.world.ancestry(one.type))
    ]
    return unique(kept) or unique(tested) or found
