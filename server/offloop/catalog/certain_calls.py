"""Which calls the evaluation of code always makes, whatever its conditions."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.tree import Block, Boolean, Call, Comprehension, Conditional, Expr
from offloop.facts.walk import children, expressions


def certain_calls(expr: Expr) -> Iterator[Call]:
    """Yield the calls that evaluating an expression always makes, innermost first."""
    match expr:
        case Boolean(_, values, _, _):
            yield from certain_calls(values[0])
        case Conditional(test, _, _, _, _):
            yield from certain_calls(test)
        case Comprehension(_, _, generators, _, _):
            yield from certain_calls(generators[0].iterable)
        case _:
            for child in children(expr):
                yield from certain_calls(child)
            if isinstance(expr, Call):
                yield expr


def certain_calls_in(block: Block) -> Iterator[Call]:
    """Yield the calls that the expressions of a block's own statements always make."""
    for statement in block:
        for expr in expressions(statement):
            yield from certain_calls(expr)
