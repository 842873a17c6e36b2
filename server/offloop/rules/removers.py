"""What becomes of the remover that a registration returns: that of a twin waits for the loop, which may not call it."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.model import ModuleFacts
from offloop.facts.tree import Assign, Attribute, Call, Evaluate, Expr, Name, Statement
from offloop.facts.walk import expressions, statements, walk
from offloop.inference.analysis import Analysis
from offloop.inference.crossings import Crossing
from offloop.rules.edits import enclosing_statement

_KEEPERS = frozenset({"append", "add", "extend", "insert"})


def is_remover_used(analysis: Analysis, crossing: Crossing) -> bool:
    """Whether anything is done with the result of a registration: it is passed on, or kept where code reads it.

    In the loop the twin's remover raises; in a worker it would serve, but a loop's remover that is called there is
    a finding of its own, whose fix sends the call to the loop.
    """
    if crossing.api.name not in analysis.catalog.handoffs:
        return False
    facts = analysis.program.world.analysed[crossing.function.module].facts
    statement = enclosing_statement(facts, crossing.function.index, crossing.call.start)
    if statement is None:
        return True
    kept = _kept_in(statement, crossing.call)
    if kept is None:
        return True
    return any(name in kept for name in _names_read(analysis))


def _kept_in(statement: Statement, call: Call) -> set[str] | None:
    """Return the names and attributes that keep the result, None where it goes elsewhere."""
    targets: tuple[Expr, ...] = ()
    if isinstance(statement, Assign) and statement.value == call:
        targets = statement.targets
    elif isinstance(statement, Evaluate) and (container := _keeper(statement.value, call)) is not None:
        targets = (container,)
    names = [
        part.id if isinstance(part, Name) else part.attr
        for part in targets
        if isinstance(part, Name | Attribute)
    ]
    return set(names) if names and len(names) == len(targets) else None


def _keeper(expression: Expr, call: Call) -> Expr | None:
    """Return the container that a call such as ``self._unsubscribes.append(...)`` puts the result into."""
    if not isinstance(expression, Call) or not isinstance(expression.function, Attribute):
        return None
    passed = [argument.value for argument in expression.arguments]
    return expression.function.value if expression.function.attr in _KEEPERS and call in passed else None


def _names_read(analysis: Analysis) -> Iterator[str]:
    """Yield the names and attributes that the integration's functions read."""
    for module in analysis.program.world.analysed.values():
        for function in module.facts.functions:
            yield from _read(module.facts, function.index)


def _read(facts: ModuleFacts, index: int) -> Iterator[str]:
    for statement in statements(facts.functions[index].body):
        stored = statement.targets if isinstance(statement, Assign) else ()
        for expression in expressions(statement):
            for part in walk(expression):
                if any(part is target for target in stored):
                    continue
                if isinstance(part, Name):
                    yield part.id
                elif isinstance(part, Attribute):
                    yield part.attr
