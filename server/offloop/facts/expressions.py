"""Decode expressions of the binary tree; calls are noted in the order in which they are evaluated."""

from __future__ import annotations

from sys import intern

from offloop.facts.reader import CHAIN_LIMIT, TAG_NONE, Reader, TooDeepError, decodes_expression
from offloop.facts.tree import (
    Argument,
    Attribute,
    Await,
    Binary,
    Boolean,
    Call,
    Collection,
    Compare,
    Compound,
    Comprehension,
    Conditional,
    Constant,
    Dictionary,
    Expr,
    Generator,
    Name,
    Not,
    Starred,
    Subscript,
    Walrus,
    Yield,
)

# Named tuples are made in a third of the time when their own __new__ is passed by.
_new = tuple.__new__

_BINARY = ("+", "-", "*", "@", "/", "%", "**", "<<", ">>", "|", "^", "&", "//")
_BOOLEAN = ("and", "or")
_COMPARE = ("==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in")
_NOT = 1
_STAR = 2
_NAMED = 3
_DOUBLE_STAR = 4
_SINGLETONS: dict[str, bool | None] = {"None": None, "True": True, "False": False}


@decodes_expression(162)
def _name(reader: Reader) -> Expr:
    reader.place += 1
    size = reader.string_size()
    reader.place += size
    start, end = reader.span()
    reader.place += 1
    name = reader.text[start:end]
    if size != end - start:  # the parser invented a name where one is missing
        return _new(Name, ("", start, start))
    if size in (4, 5) and name in _SINGLETONS:
        return _new(Constant, (_SINGLETONS[name], start, end))
    return _new(Name, (intern(name), start, end))


@decodes_expression(165)
def _attribute(reader: Reader) -> Expr:
    reader.place += 1
    value = _deeper(reader)
    size = reader.string_size()
    reader.place += size
    start, end = reader.span()
    reader.place += 1
    return _new(Attribute, (value, intern(reader.text[end - size : end]), start, end))


def _deeper(reader: Reader) -> Expr:
    """Read the left part of a chain, which the parser does not limit in depth."""
    reader.depth += 1
    if reader.depth > CHAIN_LIMIT:
        raise TooDeepError
    value = reader.expression()
    reader.depth -= 1
    return value


@decodes_expression(161)
def _call(reader: Reader) -> Expr:
    reader.place += 1
    function = _deeper(reader)
    values = reader.expressions()
    arguments = _arguments(reader, function, values)
    start, end = reader.span()
    reader.place += 1
    call = _new(Call, (function, arguments, start, end))
    reader.calls.append(call)
    return call


def _arguments(reader: Reader, function: Expr, values: tuple[Expr, ...]) -> tuple[Argument, ...]:
    """Read kinds and keywords of a call's arguments; return the arguments in the order of the text."""
    count = reader.number()
    data = reader.data
    kinds = [reader.bare_number() for _ in range(count)]
    reader.number()
    arguments: list[Argument] = []
    previous = end_of(function)
    for kind, value in zip(kinds, values, strict=True):
        keyword: str | None = None
        if data[reader.place] == TAG_NONE:
            reader.place += 1
        else:
            keyword = reader.original(reader.string(), previous, start_of(value))
        stars = 1 if kind == _STAR else 2 if kind == _DOUBLE_STAR else 0
        arguments.append(_new(Argument, (keyword, stars, value)))
        if kind != _STAR:  # a starred argument may stand after a keyword, yet comes before it here
            previous = end_of(value)
    if _STAR in kinds and (_NAMED in kinds or _DOUBLE_STAR in kinds):
        arguments.sort(key=lambda argument: start_of(argument.value))
    return tuple(arguments)


def start_of(expression: Expr) -> int:
    """Return the offset at which an expression starts."""
    return expression.start


def end_of(expression: Expr) -> int:
    """Return the offset at which an expression ends."""
    return expression.end


@decodes_expression(172)
def _subscript(reader: Reader) -> Expr:
    reader.place += 1
    value = _deeper(reader)
    index = reader.expression()
    start, end = reader.span()
    reader.place += 1
    return _new(Subscript, (value, index, start, end))


# ------------------------------------------------------------------ displays
def _display(kind: str, tag: int) -> None:
    @decodes_expression(tag)
    def display(reader: Reader) -> Expr:
        reader.place += 1
        items = reader.expressions()
        start, end = reader.span()
        reader.place += 1
        return _new(Collection, (kind, items, start, end))


_display("tuple", 170)
_display("list", 173)
_display("set", 174)


@decodes_expression(183)
def _dictionary(reader: Reader) -> Expr:
    reader.place += 1
    before = len(reader.calls)
    keys: list[Expr | None] = []
    after_keys: list[int] = []
    for _ in range(reader.number()):
        keys.append(reader.optional_expression())
        after_keys.append(len(reader.calls))
    values: list[Expr] = []
    after_values: list[int] = []
    for _ in range(reader.number()):
        values.append(reader.element())
        after_values.append(len(reader.calls))
    if after_keys and after_keys[-1] > before and after_values[-1] > after_keys[-1]:
        _interleave(reader, before, after_keys, after_values)
    start, end = reader.span()
    reader.place += 1
    return _new(Dictionary, (tuple(zip(keys, values, strict=True)), start, end))


def _interleave(reader: Reader, before: int, keys: list[int], values: list[int]) -> None:
    """Bring a dictionary's calls into the order key, value, key, value."""
    calls: list[Call] = []
    key_at, value_at = before, keys[-1]
    for key_end, value_end in zip(keys, values, strict=True):
        calls += reader.calls[key_at:key_end]
        calls += reader.calls[value_at:value_end]
        key_at, value_at = key_end, value_end
    reader.calls[before:] = calls


def evaluate_later(reader: Reader, first: int, second: int) -> None:
    """Move the calls noted from ``first`` to ``second`` behind those noted since."""
    calls = reader.calls
    if first < second < len(calls):
        calls[first:] = calls[second:] + calls[first:second]


# ------------------------------------------------------------------ operators
@decodes_expression(166)
def _binary(reader: Reader) -> Expr:
    reader.place += 1
    operator = _BINARY[reader.number()]
    left = _deeper(reader)
    right = reader.expression()
    reader.place += 1
    return _new(Binary, (operator, left, right, left.start, right.end))


@decodes_expression(178)
def _boolean(reader: Reader) -> Expr:
    reader.place += 1
    operator = _BOOLEAN[reader.number()]
    values = reader.expressions()
    start, end = reader.span()
    reader.place += 1
    return _new(Boolean, (operator, values, start, end))


@decodes_expression(182)
def _unary(reader: Reader) -> Expr:
    reader.place += 1
    operator = reader.number()
    value = reader.expression()
    start, end = reader.span()
    reader.place += 1
    if operator == _NOT:
        return _new(Not, (value, start, end))
    return _new(Compound, ((value,), start, end))


@decodes_expression(177)
def _compare(reader: Reader) -> Expr:
    reader.place += 1
    left = reader.expression()
    operators = tuple([_COMPARE[reader.bare_number()] for _ in range(reader.number())])
    operands = (left, *reader.expressions())
    start, end = reader.span()
    reader.place += 1
    return _new(Compare, (operators, operands, start, end))


@decodes_expression(203)
def _conditional(reader: Reader) -> Expr:
    reader.place += 1
    first = len(reader.calls)
    body = reader.expression()
    second = len(reader.calls)
    test = reader.expression()
    evaluate_later(reader, first, second)
    orelse = reader.expression()
    start, end = reader.span()
    reader.place += 1
    return _new(Conditional, (test, body, orelse, start, end))


@decodes_expression(208)
def _walrus(reader: Reader) -> Expr:
    reader.place += 1
    target = reader.expression()
    value = reader.expression()
    start, end = reader.span()
    reader.place += 1
    return _new(Walrus, (target, value, start, end))


@decodes_expression(209)
def _starred(reader: Reader) -> Expr:
    reader.place += 1
    value = reader.expression()
    start, end = reader.span()
    reader.place += 1
    return _new(Starred, (value, start, end))


@decodes_expression(213)
def _await(reader: Reader) -> Expr:
    reader.place += 1
    value = reader.expression()
    start, end = reader.span()
    reader.place += 1
    return _new(Await, (value, start, end))


@decodes_expression(191)
def _yield(reader: Reader) -> Expr:
    reader.place += 1
    value = reader.optional_expression()
    start, end = reader.span()
    reader.place += 1
    reader.generates = True
    return _new(Yield, (value, start, end))


@decodes_expression(192)
def _yield_from(reader: Reader) -> Expr:
    reader.place += 1
    value = reader.expression()
    start, end = reader.span()
    reader.place += 1
    reader.generates = True
    return _new(Yield, (value, start, end))


@decodes_expression(185)
def _slice(reader: Reader) -> Expr:
    reader.place += 1
    bounds = (reader.optional_expression(), reader.optional_expression(), reader.optional_expression())
    start, end = reader.span()
    reader.place += 1
    return _new(Compound, (tuple([bound for bound in bounds if bound is not None]), start, end))


@decodes_expression(186)
def _nothing(reader: Reader) -> Expr:
    """Read the stand-in for the missing value of a bare annotation."""
    reader.place += 2
    return NOTHING


NOTHING: Expr = Compound((), 0, 0)


# ------------------------------------------------------------------ comprehensions
def _comprehension(reader: Reader, kind: str) -> Expr:
    reader.place += 1
    first = len(reader.calls)
    elements = [reader.expression()] if kind != "dict" else _dict_elements(reader)
    second = len(reader.calls)
    count = reader.number()
    targets = [reader.expression() for _ in range(count)]
    iterables = [reader.expression() for _ in range(count)]
    conditions = [reader.expressions() for _ in range(count)]
    asynchronous = [bool(reader.flag()) for _ in range(count)]
    evaluate_later(reader, first, second)
    start, end = reader.span()
    reader.place += 1
    generators = tuple(map(Generator, targets, iterables, conditions, asynchronous))
    return _new(Comprehension, (kind, tuple(elements), generators, start, end))


def _dict_elements(reader: Reader) -> list[Expr]:
    key = reader.optional_expression()
    value = reader.expression()
    return [value] if key is None else [key, value]


@decodes_expression(190)
def _generator(reader: Reader) -> Expr:
    return _comprehension(reader, "generator")


@decodes_expression(193)
def _list_comprehension(reader: Reader) -> Expr:
    return _comprehension(reader, "list")


@decodes_expression(194)
def _set_comprehension(reader: Reader) -> Expr:
    return _comprehension(reader, "set")


@decodes_expression(195)
def _dict_comprehension(reader: Reader) -> Expr:
    return _comprehension(reader, "dict")
