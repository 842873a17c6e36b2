"""Decode literals of the binary tree: numbers, strings, f-strings and template strings.

The values of numbers and strings come as the parser understood them, except where it saw a folded text
or cannot express the value: then the literal in the original text is evaluated.
"""

from __future__ import annotations

import ast
import struct
import warnings

from offloop.facts.reader import TAG_STRING, Reader, decodes_expression
from offloop.facts.tree import Compound, Constant, Expr

# Named tuples are made in a third of the time when their own __new__ is passed by.
_new = tuple.__new__

_FLOAT = struct.Struct("<d")


@decodes_expression(163)
def _string(reader: Reader) -> Expr:
    reader.place += 1
    value = reader.string()
    surrogates = reader.flag()
    start, end = reader.span()
    reader.place += 1
    if surrogates or (reader.folded and not reader.text[start:end].isascii()):
        value = _evaluated(reader.text[start:end], value)
    return _new(Constant, (value, start, end))


def _evaluated(literal: str, otherwise: str) -> str:
    value = _literal(literal)
    return value if isinstance(value, str) else otherwise


def _literal(literal: str) -> object:
    """Return the value of a literal, which may be several strings in a row; None where it has none."""
    try:
        with warnings.catch_warnings():  # of escapes that the text's author may hear of elsewhere
            warnings.simplefilter("ignore")
            value: object = ast.literal_eval(f"({literal}\n)")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value


@decodes_expression(210)
def _bytes(reader: Reader) -> Expr:
    reader.place += 1
    escaped = reader.string()
    start, end = reader.span()
    reader.place += 1
    value = _literal(reader.text[start:end])
    if not isinstance(value, bytes):
        value = escaped.encode("ascii", "replace")
    return _new(Constant, (value, start, end))


@decodes_expression(167)
def _integer(reader: Reader) -> Expr:
    reader.place += 1
    value = reader.number()
    start, end = reader.span()
    reader.place += 1
    return _new(Constant, (value, start, end))


@decodes_expression(214)
def _big_integer(reader: Reader) -> Expr:
    reader.place += 1
    digits = reader.string()
    start, end = reader.span()
    reader.place += 1
    try:
        value: int | float = int(digits, 0)
    except ValueError:  # more digits than the host converts
        value = float("inf")
    return _new(Constant, (value, start, end))


def _float_value(reader: Reader) -> float:
    reader.place += 9
    value: float = _FLOAT.unpack_from(reader.data, reader.place - 8)[0]
    return value


@decodes_expression(181)
def _float(reader: Reader) -> Expr:
    reader.place += 1
    value = _float_value(reader)
    start, end = reader.span()
    reader.place += 1
    return _new(Constant, (value, start, end))


@decodes_expression(184)
def _complex(reader: Reader) -> Expr:
    reader.place += 1
    value = complex(_float_value(reader), _float_value(reader))
    start, end = reader.span()
    reader.place += 1
    return _new(Constant, (value, start, end))


@decodes_expression(202)
def _ellipsis(reader: Reader) -> Expr:
    reader.place += 1
    start, end = reader.span()
    reader.place += 1
    return _new(Constant, (..., start, end))


# ------------------------------------------------------------------ f-strings and template strings
@decodes_expression(205)
def _fstring(reader: Reader) -> Expr:
    reader.place += 1
    parts: list[Expr] = []
    for _ in range(reader.number()):
        if reader.flag():
            _fstring_items(reader, parts)
        else:
            parts.append(_whole_literal(reader))
    reader.place += 1  # whether there are surrogates
    start, end = reader.span()
    reader.place += 1
    return _new(Compound, (tuple(parts), start, end))


def _whole_literal(reader: Reader) -> Expr:
    """Read a plain string that is joined with f-strings."""
    value = reader.string()
    start, end = reader.span()
    if reader.folded and not (source := reader.text[start:end]).isascii():
        value = _evaluated(source, value)
    return _new(Constant, (value, start, end))


def _piece(reader: Reader) -> Expr:
    """Read the text between two interpolations, where no quotes stand around it."""
    value = reader.string()
    start, end = reader.span()
    if reader.folded and not (source := reader.text[start:end]).isascii():
        value = source.replace("{{", "{").replace("}}", "}")
    return _new(Constant, (value, start, end))


def _fstring_items(reader: Reader, parts: list[Expr]) -> None:
    for _ in range(reader.number()):
        if reader.data[reader.place] == TAG_STRING:
            parts.append(_piece(reader))
            continue
        reader.place += 1
        parts.append(reader.expression())
        if reader.flag():
            reader.skip_string()
        if reader.flag():
            parts.append(_format_specification(reader))
        reader.place += 1


def _format_specification(reader: Reader) -> Expr:
    parts: list[Expr] = []
    _fstring_items(reader, parts)
    start, end = reader.span()
    return _new(Compound, (tuple(parts), start, end))


@decodes_expression(229)
def _template_string(reader: Reader) -> Expr:
    reader.place += 1
    parts: list[Expr] = []
    for _ in range(reader.number()):
        if not reader.flag():
            parts.append(_piece(reader))
            continue
        parts.append(reader.expression())
        reader.skip_string()
        if reader.flag():
            reader.skip_string()
        if reader.flag():
            parts.append(_format_specification(reader))
    reader.place += 1
    start, end = reader.span()
    reader.place += 1
    return _new(Compound, (tuple(parts), start, end))
