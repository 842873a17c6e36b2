"""Ways through the trees of the facts: sub-expressions, statements, the expressions of a statement."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.model import (
    Assert,
    Assign,
    Attribute,
    AugmentedAssign,
    Await,
    Binary,
    Block,
    Boolean,
    Call,
    Collection,
    Compare,
    Compound,
    Comprehension,
    Conditional,
    Delete,
    Dictionary,
    Evaluate,
    Expr,
    For,
    If,
    Match,
    Name,
    Not,
    Raise,
    Return,
    Starred,
    Statement,
    Subscript,
    Try,
    Walrus,
    While,
    With,
    Yield,
)


def children(expr: Expr) -> Iterator[Expr]:
    """Yield the direct sub-expressions in source order; the body of a lambda is not among them."""
    match expr:
        case Attribute() | Await() | Starred() | Not():
            yield expr.value
        case Call(function, arguments, _, _):
            yield function
            for argument in arguments:
                yield argument.value
        case Subscript(value, index, _, _):
            yield value
            yield index
        case Collection():
            yield from expr.items
        case Dictionary(items, _, _):
            for key, value in items:
                if key is not None:
                    yield key
                yield value
        case Conditional(test, body, orelse, _, _):
            yield from (body, test, orelse)
        case Walrus(target, value, _, _):
            yield from (target, value)
        case Boolean(_, values, _, _):
            yield from values
        case Compare(_, operands, _, _):
            yield from operands
        case Binary(_, left, right, _, _):
            yield from (left, right)
        case Comprehension(_, elements, generators, _, _):
            for generator in generators:
                yield generator.iterable
                yield generator.target
                yield from generator.conditions
            yield from elements
        case Yield(value, _, _):
            if value is not None:
                yield value
        case Compound(parts, _, _):
            yield from parts


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and all its sub-expressions; bodies of lambdas excluded."""
    stack = [expr]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(children(current))


def expressions(statement: Statement) -> Iterator[Expr]:
    """Yield the expressions that belong to a statement itself, not to blocks inside it."""
    match statement:
        case Evaluate(value, _, _):
            yield value
        case Assign(targets, value, _, _, _):
            yield from targets
            if value is not None:
                yield value
        case AugmentedAssign(target, _, value, _, _):
            yield from (target, value)
        case Return(value, _, _):
            if value is not None:
                yield value
        case Raise(value, cause, _, _):
            yield from (part for part in (value, cause) if part is not None)
        case If(branches, _, _, _):
            for test, _ in branches:
                yield test
        case For(target, iterable, _, _, _, _, _):
            yield from (target, iterable)
        case While(test, _, _, _, _):
            yield test
        case With(items, _, _, _, _):
            for context, bound in items:
                yield context
                if bound is not None:
                    yield bound
        case Try(_, handlers, _, _, _, _):
            yield from (handler.type for handler in handlers if handler.type is not None)
        case Match(subject, cases, _, _):
            yield subject
            for patterns, _, guard, _ in cases:
                yield from patterns
                if guard is not None:
                    yield guard
        case Delete(targets, _, _):
            yield from targets
        case Assert(test, message, _, _):
            yield test
            if message is not None:
                yield message


def blocks(statement: Statement) -> Iterator[Block]:
    """Yield the blocks directly inside a compound statement."""
    match statement:
        case If(branches, orelse, _, _):
            for _, body in branches:
                yield body
            yield orelse
        case For() | While():
            yield statement.body
            yield statement.orelse
        case With():
            yield statement.body
        case Try(body, handlers, orelse, finally_body, _, _):
            yield body
            for handler in handlers:
                yield handler.body
            yield orelse
            yield finally_body
        case Match(_, cases, _, _):
            for case in cases:
                yield case[3]


def statements(block: Block) -> Iterator[Statement]:
    """Yield the statements of a block and of the blocks nested in it; function and class bodies excluded."""
    for statement in block:
        yield statement
        for inner in blocks(statement):
            yield from statements(inner)


def dotted_name(expr: Expr) -> str | None:
    """Return "a.b.c" for a chain of names, None for anything else."""
    parts: list[str] = []
    while isinstance(expr, Attribute):
        parts.append(expr.attr)
        expr = expr.value
    if not isinstance(expr, Name):
        return None
    return ".".join([expr.id, *reversed(parts)])
