"""Which statements do no harm: what they change is the call's own, or there is nothing to change."""

from __future__ import annotations

from offloop.facts.tree import (
    Assign,
    Attribute,
    AugmentedAssign,
    Call,
    Collection,
    Delete,
    Evaluate,
    Expr,
    If,
    Name,
    Not,
    Return,
    Statement,
    Subscript,
)
from offloop.facts.walk import blocks


def has_nothing_to_do(statement: Statement) -> bool:
    """Whether a statement is ``if not changes: return old``: it leaves because there is nothing to change."""
    if not isinstance(statement, If) or statement.orelse or len(statement.branches) != 1:
        return False
    test, body = statement.branches[0]
    if not isinstance(test, Not) or not isinstance(test.value, Name) or len(body) != 1:
        return False
    return isinstance(body[0], Return) and not isinstance(body[0].value, Call)


def only_looks(statement: Statement) -> bool:
    """Whether a statement changes nothing but local names: what is left after it has done no harm."""
    match statement:
        case Assign(targets, _, _, _, _):
            return all(_is_local(target) for target in targets)
        case AugmentedAssign(target, _, _, _, _):
            return _is_local(target)
        case Evaluate(value, _, _):
            return not isinstance(value, Call) or _is_local_method(value)
        case Delete(targets):
            return all(_is_local(target) for target in targets)
    return all(only_looks(inner) for block in blocks(statement) for inner in block)


def _is_local(target: Expr) -> bool:
    if isinstance(target, Collection):
        return all(_is_local(item) for item in target.items)
    return isinstance(target, Name) or (isinstance(target, Subscript) and isinstance(target.value, Name))


def _is_local_method(call: Call) -> bool:
    """Whether a call is a method of a plain local name, such as of a logger or of a list that is being filled."""
    return (
        isinstance(call.function, Attribute)
        and isinstance(call.function.value, Name)
        and (call.function.value.id != "self")
    )
