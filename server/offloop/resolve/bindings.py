"""What the names of one scope are bound to: parameters, assignments, loops, imports, definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.tree import (
    Assign,
    Block,
    Collection,
    Comprehension,
    Define,
    Expr,
    For,
    Import,
    Match,
    Name,
    Scope,
    Starred,
    Statement,
    Try,
    Walrus,
    With,
)
from offloop.facts.walk import expressions, statements, walk


class Binding(NamedTuple):
    """One way in which a name gets its value.

    kind is "value" (expr), "element" (an element of expr), "context" (``with expr as``), "parameter" (index),
    "function" (index), "class" (index), "import" (statement), or "other". ``item`` is the position where a
    tuple is unpacked, -1 otherwise.
    """

    kind: str
    expr: Expr | None = None
    index: int = -1  # type: ignore[assignment]  # hides tuple.index, which nobody asks a record for
    statement: Import | None = None
    item: int = -1
    annotation: Expr | None = None


Bindings = dict[str, list[Binding]]


def function_bindings(facts: ModuleFacts, function: FunctionFacts) -> tuple[Bindings, frozenset[str]]:
    """Return the bindings of a function's own scope and the names it declares global or nonlocal."""
    bound: Bindings = {}
    for index, parameter in enumerate(function.parameters):
        bound.setdefault(parameter.name, []).append(
            Binding("parameter", index=index, annotation=parameter.annotation)
        )
    outer = _bind_block(facts, function.body, bound)
    return bound, outer


def block_bindings(facts: ModuleFacts, block: Block) -> Bindings:
    """Return the bindings of a module's or class's own scope."""
    bound: Bindings = {}
    _bind_block(facts, block, bound)
    return bound


def _bind_block(facts: ModuleFacts, block: Block, bound: Bindings) -> frozenset[str]:
    outer: set[str] = set()
    for statement in statements(block):
        if isinstance(statement, Scope):
            outer.update(statement.names)
        else:
            _bind_statement(facts, statement, bound)
        for expr in expressions(statement):
            _bind_expression(expr, bound)
    for name in outer:
        bound.pop(name, None)
    return frozenset(outer)


def _bind_statement(facts: ModuleFacts, statement: Statement, bound: Bindings) -> None:
    match statement:
        case Assign(targets, value, annotation, _, _):
            for target in targets:
                bind_target(target, Binding("value", value, annotation=annotation), bound)
        case For(target, iterable, _, _, _, _, _):
            bind_target(target, Binding("element", iterable), bound)
        case With():
            _bind_contexts(statement, bound)
        case Define(kind, index, _, _):
            name = (facts.functions if kind == "function" else facts.classes)[index].name
            bound.setdefault(name, []).append(Binding(kind, index=index))
        case Import() if statement.name != "*":
            name = statement.alias or statement.name or statement.module.partition(".")[0]
            bound.setdefault(name, []).append(Binding("import", statement=statement))
        case Try() | Match():
            for name in _captured(statement):
                bound.setdefault(name, []).append(Binding("other"))


def _bind_contexts(statement: With, bound: Bindings) -> None:
    for context, target in statement.items:
        if target is not None:
            bind_target(target, Binding("context", context), bound)


def _captured(statement: Try | Match) -> list[str]:
    """Return the names that ``except ... as`` and the patterns of cases bind."""
    if isinstance(statement, Try):
        return [handler.name for handler in statement.handlers if handler.name]
    return [name for _, names, _, _ in statement.cases for name in names]


def _bind_expression(expr: Expr, bound: Bindings) -> None:
    if isinstance(expr, Name):
        return
    for part in walk(expr):
        if isinstance(part, Walrus):
            bind_target(part.target, Binding("value", part.value), bound)
        elif isinstance(part, Comprehension):
            for generator in part.generators:
                bind_target(generator.target, Binding("element", generator.iterable), bound)


def bind_target(target: Expr, binding: Binding, bound: Bindings) -> None:
    """Bind a target, taking apart tuples and lists."""
    if isinstance(target, Name):
        bound.setdefault(target.id, []).append(binding)
    elif isinstance(target, Starred):
        bind_target(target.value, Binding("other"), bound)
    elif isinstance(target, Collection):
        _bind_items(target.items, binding, bound)


def _bind_items(items: Iterable[Expr], binding: Binding, bound: Bindings) -> None:
    value = binding.expr
    apart = value.items if binding.kind == "value" and isinstance(value, Collection) else None
    for position, item in enumerate(items):
        if apart is not None and position < len(apart):
            bind_target(item, Binding("value", apart[position]), bound)
        elif binding.item < 0:
            bind_target(item, binding._replace(item=position, annotation=None), bound)
        else:
            bind_target(item, Binding("other"), bound)
