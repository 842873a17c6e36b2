"""Decode statements of the binary tree, definitions apart."""

from __future__ import annotations

from sys import intern

from offloop.facts.annotations import optional_annotation
from offloop.facts.definitions import type_parameters
from offloop.facts.expressions import NOTHING, evaluate_later
from offloop.facts.reader import Reader, UnreadableTreeError, decodes_statement
from offloop.facts.tree import (
    Assert,
    Assign,
    AugmentedAssign,
    Block,
    Collection,
    Delete,
    Evaluate,
    Expr,
    For,
    Handler,
    If,
    Jump,
    Match,
    Raise,
    Return,
    Scope,
    Statement,
    Try,
    While,
    With,
)


@decodes_statement(160)
def _evaluate(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    value = reader.expression()
    reader.place += 1
    body.append(Evaluate(value, value.start, value.end))


@decodes_statement(169)
def _assign(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    first = len(reader.calls)
    targets = reader.expressions()
    second = len(reader.calls)
    value: Expr | None = reader.expression()
    evaluate_later(reader, first, second)
    annotation = optional_annotation(reader)
    reader.place += 1
    start, end = reader.span()
    reader.place += 1
    if value is NOTHING:
        value = None
    body.append(Assign(targets, value, annotation, start, end))


@decodes_statement(200)
def _augmented_assign(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    operator = intern(reader.string())
    target = reader.expression()
    value = reader.expression()
    start, end = reader.span()
    reader.place += 1
    body.append(AugmentedAssign(target, operator, value, start, end))


@decodes_statement(225)
def _type_alias(reader: Reader, body: list[Statement]) -> None:
    """Read ``type X[T] = value`` as an assignment."""
    reader.place += 1
    target = reader.expression()
    type_parameters(reader)
    calls, reader.calls = reader.calls, []  # evaluated when asked for, if ever
    value = reader.expression()
    reader.calls = calls
    start, end = reader.span()
    reader.place += 1
    body.append(Assign((target,), value, None, start, end))


@decodes_statement(175)
def _return(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    value = reader.optional_expression()
    start, end = reader.span()
    reader.place += 1
    body.append(Return(value, start, end))


@decodes_statement(187)
def _raise(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    value = reader.optional_expression()
    cause = reader.optional_expression()
    start, end = reader.span()
    reader.place += 1
    body.append(Raise(value, cause, start, end))


@decodes_statement(168)
def _if(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    branches = [(reader.header(), reader.block())]
    for _ in range(reader.number()):
        test = reader.header()
        branches.append((test, reader.block()))
    orelse = reader.optional_block()
    start, end = reader.span()
    reader.place += 1
    body.append(If(tuple(branches), orelse, start, end))


@decodes_statement(198)
def _for(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    first = len(reader.calls)
    target = reader.expression()
    second = len(reader.calls)
    iterable = reader.header()
    evaluate_later(reader, first, second)
    inner = reader.block()
    orelse = reader.block()
    is_async = bool(reader.flag())
    start, end = reader.span()
    reader.place += 1
    body.append(For(target, iterable, inner, orelse, is_async, start, end))


@decodes_statement(176)
def _while(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    test = reader.header()
    inner = reader.block()
    orelse = reader.block()
    start, end = reader.span()
    reader.place += 1
    body.append(While(test, inner, orelse, start, end))


@decodes_statement(199)
def _with(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    items: list[tuple[Expr, Expr | None]] = []
    for _ in range(reader.number()):
        context = reader.header()
        items.append((context, reader.optional_expression()))
    inner = reader.block()
    is_async = bool(reader.flag())
    start, end = reader.span()
    reader.place += 1
    body.append(With(tuple(items), inner, is_async, start, end))


@decodes_statement(201)
def _try(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    inner = reader.block()
    count = reader.number()
    types = [reader.optional_expression() for _ in range(count)]
    names = [_bound_name(reader) for _ in range(count)]
    handlers = [Handler(types[i], names[i], reader.block()) for i in range(count)]
    orelse = reader.optional_block()
    finally_body = reader.optional_block()
    reader.place += 1  # whether it is except*
    start, end = reader.span()
    reader.place += 1
    body.append(Try(inner, tuple(handlers), orelse, finally_body, start, end))


def _bound_name(reader: Reader) -> str | None:
    """Read a name with its place, which may be absent."""
    if not reader.flag():
        return None
    reader.skip_string()
    start, end = reader.span()
    return intern(reader.text[start:end])


@decodes_statement(204)
def _delete(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    target = reader.expression()
    start, end = reader.span()
    reader.place += 1
    targets = target.items if isinstance(target, Collection) else (target,)
    body.append(Delete(targets, start, end))


@decodes_statement(197)
def _assert(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    test = reader.expression()
    message = reader.optional_expression()
    start, end = reader.span()
    reader.place += 1
    body.append(Assert(test, message, start, end))


def _declaration(kind: str, tag: int) -> None:
    @decodes_statement(tag)
    def declaration(reader: Reader, body: list[Statement]) -> None:
        reader.place += 1
        names = [reader.string() for _ in range(reader.number())]
        start, end = reader.span()
        reader.place += 1
        body.append(Scope(kind, tuple(reader.originals(names, start, end)), start, end))


_declaration("global", 211)
_declaration("nonlocal", 212)


def _jump(kind: str, tag: int) -> None:
    @decodes_statement(tag)
    def jump(reader: Reader, body: list[Statement]) -> None:
        reader.place += 1
        start, end = reader.span()
        reader.place += 1
        body.append(Jump(kind, start, end))


_jump("pass", 180)
_jump("break", 188)
_jump("continue", 189)


# ------------------------------------------------------------------ match
@decodes_statement(216)
def _match(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    subject = reader.expression()
    cases: list[tuple[tuple[Expr, ...], tuple[str, ...], Expr | None, Block]] = []
    for _ in range(reader.number()):
        expressions: list[Expr] = []
        names: list[str] = []
        _pattern(reader, expressions, names)
        guard = reader.optional_expression()
        cases.append((tuple(expressions), tuple(names), guard, reader.block()))
    start, end = reader.span()
    reader.place += 1
    body.append(Match(subject, tuple(cases), start, end))


def _pattern(reader: Reader, expressions: list[Expr], names: list[str]) -> None:
    """Read a pattern: collect the expressions that it compares with and the names that it binds."""
    tag = reader.data[reader.place]
    reader.place += 1
    if tag == 217:  # as
        if reader.flag():
            _pattern(reader, expressions, names)
        _capture(reader, names)
    elif tag in (218, 221):  # or, sequence
        _patterns(reader, expressions, names)
    elif tag == 219:  # value
        expressions.append(reader.expression())
    elif tag == 220:  # None, True, False
        reader.place += 1
    elif tag == 222:  # starred
        _capture(reader, names)
    elif tag == 223:  # mapping
        for _ in range(reader.number()):
            expressions.append(reader.expression())
            _pattern(reader, expressions, names)
        _capture(reader, names)
    elif tag == 224:  # class
        expressions.append(reader.expression())
        _patterns(reader, expressions, names)
        for _ in range(reader.number()):
            reader.skip_string()
            _pattern(reader, expressions, names)
    else:
        raise UnreadableTreeError(f"unknown pattern tag {tag} at {reader.place}")
    reader.span()
    reader.place += 1


def _patterns(reader: Reader, expressions: list[Expr], names: list[str]) -> None:
    for _ in range(reader.number()):
        _pattern(reader, expressions, names)


def _capture(reader: Reader, names: list[str]) -> None:
    name = _bound_name(reader)
    if name is not None:
        names.append(name)
