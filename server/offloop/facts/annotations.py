"""Decode annotations, which the binary tree holds as types, back into expressions.

Annotations in quotes are expressions here like all others. Places inside of quotes are those of the
whole quoted text, since the parser tells no better. An annotation that is no type at all (a call, say)
is an empty Compound. Calls inside of annotations are not evaluated with the scope and not noted.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern

from offloop.facts.reader import CHAIN_LIMIT, Reader, TooDeepError, UnreadableTreeError, fold
from offloop.facts.tree import (
    Argument,
    Attribute,
    Binary,
    Call,
    Collection,
    Compound,
    Constant,
    Dictionary,
    Expr,
    Name,
    Starred,
    Subscript,
)


def annotation(reader: Reader, in_literal: bool = False) -> Expr:
    """Read one type; strings directly inside of ``Literal[...]`` stay strings."""
    tag = reader.data[reader.place]
    reader.place += 1
    if tag == _NAMED_TYPE:
        return _named(reader, in_literal)
    decoder = _DECODERS.get(tag)
    if decoder is None:
        raise UnreadableTreeError(f"unknown type tag {tag} at {reader.place}")
    reader.depth += 1
    if reader.depth > CHAIN_LIMIT:
        raise TooDeepError
    result = decoder(reader)
    reader.depth -= 1
    return result


def optional_annotation(reader: Reader) -> Expr | None:
    """Read a type that may be absent."""
    return annotation(reader) if reader.flag() else None


def annotation_list(reader: Reader, in_literal: bool = False) -> tuple[Expr, ...]:
    """Read a tagged list of types."""
    return tuple([annotation(reader, in_literal) for _ in range(reader.number())])


def _named(reader: Reader, in_literal: bool) -> Expr:
    """Read a possibly dotted name, with its arguments where it has some."""
    name = reader.string()
    is_literal = name == "Literal" or name.endswith(".Literal")
    arguments = annotation_list(reader, is_literal)
    empty_tuple = reader.flag()
    quoted = reader.optional_string()
    reader.optional_string()
    start, end = reader.span()
    reader.place += 1
    if quoted is not None and in_literal:
        return Constant(_unquoted(reader, start, end, quoted), start, end)
    if name == "None" and not arguments:
        return Constant(None, start, end)
    base = _dotted(reader, name, start, end)
    if not arguments and not empty_tuple:
        return base
    if len(arguments) == 1:
        return Subscript(base, arguments[0], start, end)
    first, last = (arguments[0].start, arguments[-1].end) if arguments else (base.end, end)
    return Subscript(base, Collection("tuple", arguments, first, last), start, end)


def _unquoted(reader: Reader, start: int, end: int, value: str) -> str:
    source = reader.text[start:end]
    return value if source.isascii() else source.strip("'\"")


def _dotted(reader: Reader, name: str, start: int, end: int) -> Expr:
    """Return a dotted name as attributes of a name, with exact places where the text stands as named."""
    text = reader.text
    exact = reader.folded is False and text.startswith(name, start)
    if reader.folded and _spelled(reader, name, start):
        name, exact = text[start : start + len(name)], True
    first, *others = name.split(".")
    place = start + len(first) if exact else end
    result: Expr = Name(reader.original(first, start, end), start, place)
    for part in others:
        place = place + 1 + len(part) if exact else end
        result = Attribute(result, reader.original(part, start, end), start, place)
    return result


def _spelled(reader: Reader, name: str, start: int) -> bool:
    """Tell whether a folded name stands at an offset of the original text."""
    found = reader.text[start : start + len(name)]
    return len(found) == len(name) and fold(found) == name


def _union(reader: Reader) -> Expr:
    items = annotation_list(reader)
    reader.place += 1
    reader.optional_string()
    reader.optional_string()
    reader.place += 1
    start, end = reader.span()
    reader.place += 1
    if not items or len(items) > CHAIN_LIMIT:
        return Compound(items, start, end)
    result = items[0]
    for item in items[1:]:
        result = Binary("|", result, item, result.start, item.end)
    return result


def _list(reader: Reader) -> Expr:
    items = annotation_list(reader)
    start, end = reader.span()
    reader.place += 1
    return Collection("list", items, start, end)


def _tuple(reader: Reader) -> Expr:
    items = annotation_list(reader)
    reader.place += 1
    start, end = reader.span()
    reader.place += 1
    return Collection("tuple", items, start, end)


def _typed_dictionary(reader: Reader) -> Expr:
    keys = [reader.optional_string() for _ in range(reader.number())]
    values = annotation_list(reader)
    start, end = reader.span()
    reader.place += 1
    items = tuple(
        (None if key is None else Constant(key, value.start, value.start), value)
        for key, value in zip(keys, values, strict=True)
    )
    return Dictionary(items, start, end)


def _ellipsis(reader: Reader) -> Expr:
    start, end = reader.span()
    reader.place += 1
    return Constant(..., start, end)


def _raw(reader: Reader) -> Expr:
    """Read a literal, or the remains of something that is no type."""
    kind = reader.string()
    value: str | int | bytes | bool | None
    if kind == "builtins.bool":
        value = bool(reader.flag())
    elif kind == "builtins.int":
        value = reader.number()
    elif kind == "typing.Any":
        reader.place += 1
        reader.optional_string()
        start, end = reader.span()
        reader.place += 1
        return Compound((), start, end)
    else:
        value = reader.string()
    start, end = reader.span()
    reader.place += 1
    if isinstance(value, str):
        value = _unquoted(reader, start, end, value)
        if kind == "builtins.bytes":
            value = value.encode("latin-1", "replace")
    return Constant(value, start, end)


def _unpacked(reader: Reader) -> Expr:
    value = annotation(reader)
    reader.place += 1
    start, end = reader.span()
    reader.place += 1
    return Starred(value, start, end)


def _call(reader: Reader) -> Expr:
    function = annotation(reader)
    arguments = [Argument(None, 0, value) for value in annotation_list(reader)]
    for _ in range(reader.number()):
        keyword = reader.optional_string()
        arguments.append(Argument(keyword and intern(keyword), 0 if keyword else 2, annotation(reader)))
    start, end = reader.span()
    reader.place += 1
    return Call(function, tuple(arguments), start, end)


_NAMED_TYPE = 104
_DECODERS: dict[int, Callable[[Reader], Expr]] = {
    105: _unpacked,
    112: _tuple,
    113: _typed_dictionary,
    115: _union,
    118: _list,
    119: _ellipsis,
    120: _raw,
    121: _call,
}
