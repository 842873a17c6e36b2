"""Tests of the thread in the user's own code: what only the loop's thread gets to is no crossing."""

from __future__ import annotations

from offloop.facts.tree import Block, Call, Compare, Expr, If, Not, Raise, Return, Statement
from offloop.facts.walk import blocks
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ScopeRef
from offloop.resolve.world import External

_IDENTITIES = frozenset({"threading.get_ident", "threading.current_thread", "threading.get_native_id"})


def is_sheltered(evaluator: Evaluator, scope: ScopeRef, body: Block, call: Call) -> bool:
    """Whether a call in a function's body is reached only where a test has found the loop's own thread."""
    for statement in body:
        if statement.start <= call.start < statement.end:
            return _is_sheltered_inside(evaluator, scope, statement, call)
        # ``if <other thread>: ...; return`` leaves the rest to the loop's thread.
        if not isinstance(statement, If) or not _leaves(statement.branches[0][1]):
            continue
        if _meaning(evaluator, scope, statement.branches[0][0]) is False:
            return True
    return False


def _is_sheltered_inside(evaluator: Evaluator, scope: ScopeRef, statement: Statement, call: Call) -> bool:
    if isinstance(statement, If):
        meanings = [_meaning(evaluator, scope, test) for test, _ in statement.branches]
        for position, (_, body) in enumerate(statement.branches):
            if _holds(body, call):
                return (
                    meanings[position] is True
                    or False in meanings[:position]
                    or is_sheltered(evaluator, scope, body, call)
                )
        if _holds(statement.orelse, call) and False in meanings:
            return True
    return any(is_sheltered(evaluator, scope, body, call) for body in blocks(statement) if _holds(body, call))


def _meaning(evaluator: Evaluator, scope: ScopeRef, test: Expr) -> bool | None:
    """Return True for a test that holds in the loop's thread only, False for one that holds elsewhere only."""
    if isinstance(test, Not):
        inner = _meaning(evaluator, scope, test.value)
        return None if inner is None else not inner
    if not isinstance(test, Compare) or len(test.operands) != 2:
        return None
    if not any(_is_identity(evaluator, scope, operand) for operand in test.operands):
        return None
    return {"==": True, "is": True, "!=": False, "is not": False}.get(test.operators[0])


def _is_identity(evaluator: Evaluator, scope: ScopeRef, operand: Expr) -> bool:
    return isinstance(operand, Call) and any(
        isinstance(value, External) and value.dotted in _IDENTITIES
        for value in evaluator.values(operand.function, scope)
    )


def _holds(body: Block, call: Call) -> bool:
    return any(statement.start <= call.start < statement.end for statement in body)


def _leaves(body: Block) -> bool:
    return bool(body) and isinstance(body[-1], Return | Raise)
