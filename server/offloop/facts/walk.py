"""Ways through the trees of the facts: sub-expressions, statements, the expressions of a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from offloop.facts.tree import (
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


# ------------------------------------------------------------------ sub-expressions
def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the direct sub-expressions in source order; the body of a lambda is not among them."""
    find = _CHILDREN.get(expr.__class__)
    return find(expr) if find is not None else ()


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and all its sub-expressions; bodies of lambdas excluded."""
    stack = [expr]
    while stack:
        current = stack.pop()
        yield current
        find = _CHILDREN.get(current.__class__)
        if find is not None:
            stack.extend(find(current))


def _present(*parts: Expr | None) -> tuple[Expr, ...]:
    return tuple([part for part in parts if part is not None])


def _of_value(expr: Attribute | Await | Starred | Not) -> tuple[Expr, ...]:
    return (expr.value,)


def _of_call(expr: Call) -> tuple[Expr, ...]:
    return (expr.function, *[argument.value for argument in expr.arguments])


def _of_subscript(expr: Subscript) -> tuple[Expr, ...]:
    return (expr.value, expr.index)


def _of_collection(expr: Collection) -> tuple[Expr, ...]:
    return expr.items


def _of_dictionary(expr: Dictionary) -> tuple[Expr, ...]:
    return _present(*[part for item in expr.items for part in item])


def _of_conditional(expr: Conditional) -> tuple[Expr, ...]:
    return (expr.body, expr.test, expr.orelse)


def _of_walrus(expr: Walrus) -> tuple[Expr, ...]:
    return (expr.target, expr.value)


def _of_boolean(expr: Boolean) -> tuple[Expr, ...]:
    return expr.values


def _of_compare(expr: Compare) -> tuple[Expr, ...]:
    return expr.operands


def _of_binary(expr: Binary) -> tuple[Expr, ...]:
    return (expr.left, expr.right)


def _of_comprehension(expr: Comprehension) -> tuple[Expr, ...]:
    parts: list[Expr] = []
    for generator in expr.generators:
        parts += (generator.iterable, generator.target, *generator.conditions)
    return (*parts, *expr.elements)


def _of_yield(expr: Yield) -> tuple[Expr, ...]:
    return _present(expr.value)


def _of_compound(expr: Compound) -> tuple[Expr, ...]:
    return expr.parts


_CHILDREN: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    Attribute: _of_value,
    Await: _of_value,
    Starred: _of_value,
    Not: _of_value,
    Call: _of_call,
    Subscript: _of_subscript,
    Collection: _of_collection,
    Dictionary: _of_dictionary,
    Conditional: _of_conditional,
    Walrus: _of_walrus,
    Boolean: _of_boolean,
    Compare: _of_compare,
    Binary: _of_binary,
    Comprehension: _of_comprehension,
    Yield: _of_yield,
    Compound: _of_compound,
}


# ------------------------------------------------------------------ expressions of statements
def expressions(statement: Statement) -> tuple[Expr, ...]:
    """Return the expressions that belong to a statement itself, not to blocks inside it."""
    find = _EXPRESSIONS.get(statement.__class__)
    return find(statement) if find is not None else ()


def _in_evaluate(statement: Evaluate) -> tuple[Expr, ...]:
    return (statement.value,)


def _in_assign(statement: Assign) -> tuple[Expr, ...]:
    return statement.targets if statement.value is None else (*statement.targets, statement.value)


def _in_augmented(statement: AugmentedAssign) -> tuple[Expr, ...]:
    return (statement.target, statement.value)


def _in_return(statement: Return) -> tuple[Expr, ...]:
    return () if statement.value is None else (statement.value,)


def _in_raise(statement: Raise) -> tuple[Expr, ...]:
    return _present(statement.value, statement.cause)


def _in_if(statement: If) -> tuple[Expr, ...]:
    return tuple([test for test, _ in statement.branches])


def _in_for(statement: For) -> tuple[Expr, ...]:
    return (statement.target, statement.iterable)


def _in_while(statement: While) -> tuple[Expr, ...]:
    return (statement.test,)


def _in_with(statement: With) -> tuple[Expr, ...]:
    return _present(*[part for item in statement.items for part in item])


def _in_try(statement: Try) -> tuple[Expr, ...]:
    return _present(*[handler.type for handler in statement.handlers])


def _in_match(statement: Match) -> tuple[Expr, ...]:
    parts = [statement.subject]
    for patterns, _, guard, _ in statement.cases:
        parts += (*patterns, *_present(guard))
    return tuple(parts)


def _in_delete(statement: Delete) -> tuple[Expr, ...]:
    return statement.targets


def _in_assert(statement: Assert) -> tuple[Expr, ...]:
    return _present(statement.test, statement.message)


_EXPRESSIONS: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    Evaluate: _in_evaluate,
    Assign: _in_assign,
    AugmentedAssign: _in_augmented,
    Return: _in_return,
    Raise: _in_raise,
    If: _in_if,
    For: _in_for,
    While: _in_while,
    With: _in_with,
    Try: _in_try,
    Match: _in_match,
    Delete: _in_delete,
    Assert: _in_assert,
}


# ------------------------------------------------------------------ blocks
def blocks(statement: Statement) -> tuple[Block, ...]:
    """Return the blocks directly inside a compound statement."""
    match statement:
        case If():
            return (*[body for _, body in statement.branches], statement.orelse)
        case For() | While():
            return (statement.body, statement.orelse)
        case With():
            return (statement.body,)
        case Try(body, handlers, orelse, finally_body, _, _):
            return (body, *[handler.body for handler in handlers], orelse, finally_body)
        case Match():
            return tuple([case[3] for case in statement.cases])
    return ()


def with_block(statement: Statement, old: Block, new: Block, end: int) -> Statement:
    """Return a compound statement that ends elsewhere, with another block in the place of one directly inside it.

    The ``old`` block is told by its identity.
    """

    def now(block: Block) -> Block:
        return new if block is old else block

    match statement:
        case If(branches, orelse):
            branches = tuple([(test, now(body)) for test, body in branches])
            return statement._replace(branches=branches, orelse=now(orelse), end=end)
        case For() | While():
            return statement._replace(body=now(statement.body), orelse=now(statement.orelse), end=end)
        case With():
            return statement._replace(body=now(statement.body), end=end)
        case Try():
            return statement._replace(
                body=now(statement.body),
                handlers=tuple([one._replace(body=now(one.body)) for one in statement.handlers]),
                orelse=now(statement.orelse),
                finally_body=now(statement.finally_body),
                end=end,
            )
        case Match():
            cases = tuple([(*case[:3], now(case[3])) for case in statement.cases])
            return statement._replace(cases=cases, end=end)
    return statement


def statements(block: Block) -> Iterator[Statement]:
    """Yield the statements of a block and of the blocks nested in it; function and class bodies excluded."""
    for statement in block:
        yield statement
        if statement.__class__ in _COMPOUND:
            for inner in blocks(statement):
                yield from statements(inner)


_COMPOUND = frozenset({If, For, While, With, Try, Match})


# ------------------------------------------------------------------ names
def dotted_name(expr: Expr) -> str | None:
    """Return "a.b.c" for a chain of names, None for anything else."""
    parts: list[str] = []
    while isinstance(expr, Attribute):
        parts.append(expr.attr)
        expr = expr.value
    if not isinstance(expr, Name):
        return None
    return ".".join([expr.id, *reversed(parts)])


def word_start(expr: Expr) -> int:
    """Return where the word begins that a call, an attribute or a name is known by: its last one."""
    while isinstance(expr, Call):
        expr = expr.function
    return expr.end - len(expr.attr) if isinstance(expr, Attribute) else expr.start
