"""Read the binary syntax tree of ``ast_serialize``: numbers, strings, places, and what stands around them.

The tree is a sequence of tagged records that end with an end tag. Decoders of single kinds of records
register themselves in the two tables here, so that expressions, statements and definitions can lie in
modules of their own although each contains the others. A decoder is called with ``place`` at the tag.

Numbers take 1, 2 or 4 bytes by their lowest bits, larger ones a byte count. Lines are 1-based, columns
0-based. Names are cut out of the text by their places rather than decoded: that is quicker, and right
for names that had to be folded to ASCII (see syntax.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from sys import intern
from typing import TypeVar

from offloop.facts.model import ClassFacts, FunctionFacts
from offloop.facts.tree import Block, Call, Expr, Import, Statement

_WORD = re.compile(r"[^\W\d]\w*")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")

N = TypeVar("N", bound=Statement)
# Bytes that a number takes, by its first byte; 0 for the long form.
_WIDTHS = bytes(1 if not b & 1 else 2 if b & 3 == 1 else 4 if b & 7 == 3 else 0 for b in range(256))
_LONG_NUMBER = 15

TAG_NONE = 2
TAG_STRING = 4
TAG_LOCATION = 152

# Walkers, pickles and this decoder recurse into chains such as a.b.c: longer ones are refused.
CHAIN_LIMIT = 250


class UnreadableTreeError(ValueError):
    """The binary tree is not in the format that this package knows."""


class TooDeepError(ValueError):
    """An expression nests more deeply than anything that works on it could bear."""


def fold(text: str) -> str:
    """Return the text with each non-ASCII character replaced by an ``x``; the length stays."""
    return text if text.isascii() else _NOT_ASCII.sub("x", text)


class Reader:
    """A place in a binary tree, with the scope that is being read and all that was found so far.

    ``text`` is the original text, ``folded`` whether the parser saw another one. ``starts`` are the offsets
    of its lines, by the parser's numbers: the first is never asked for. ``prefix`` is what
    qualified names of the present scope start with. ``function`` and ``owner`` are the indexes of the
    nearest enclosing function and of the class whose body is read directly, ``calls`` and ``methods``
    collect for the present scope.
    """

    __slots__ = (
        "calls",
        "classes",
        "data",
        "depth",
        "folded",
        "function",
        "functions",
        "generates",
        "imports",
        "methods",
        "owner",
        "place",
        "prefix",
        "starts",
        "text",
    )

    def __init__(self, data: bytes, text: str, folded: bool, starts: list[int]) -> None:
        self.data = data
        self.text = text
        self.folded = folded
        self.starts = starts
        self.place = 0
        self.depth = 0
        self.prefix = ""
        self.function: int | None = None
        self.owner: int | None = None
        self.generates = False
        self.calls: list[Call] = []
        self.methods: list[int] = []
        self.functions: list[FunctionFacts | None] = []
        self.classes: list[ClassFacts | None] = []
        self.imports: list[Import] = []

    # ------------------------------------------------------------------ numbers and strings
    def bare_number(self) -> int:
        """Read a number without a tag."""
        data, place = self.data, self.place
        first = data[place]
        if not first & 1:
            self.place = place + 1
            return (first >> 1) - 10
        width = _WIDTHS[first]
        if width:
            self.place = place + width
            value = int.from_bytes(data[place : place + width], "little")
            return (value >> 2) - 100 if width == 2 else (value >> 3) - 10000
        if first != _LONG_NUMBER:
            raise UnreadableTreeError(f"number of unknown form {first}")
        self.place = place + 1
        size_and_sign = self.bare_number()
        place = self.place
        self.place = place + (size_and_sign >> 1)
        value = int.from_bytes(data[place : self.place], "little")
        return -value if size_and_sign & 1 else value

    def number(self) -> int:
        """Read a tagged number, or the length of a tagged list."""
        self.place += 1
        return self.bare_number()

    def skip_numbers(self, count: int) -> None:
        """Pass over untagged numbers."""
        for _ in range(count):
            self.bare_number()

    def flag(self) -> int:
        """Read a boolean, as 0 or 1."""
        self.place += 1
        return self.data[self.place - 1]

    def string(self) -> str:
        """Read a tagged string as the parser gave it, folded where the text was."""
        size = self.string_size()
        self.place += size
        return self.data[self.place - size : self.place].decode()

    def string_size(self) -> int:
        """Read tag and length of a string: its size in bytes; ``place`` stands at its first byte."""
        place = self.place + 1
        first = self.data[place]
        if not first & 1:
            self.place = place + 1
            return (first >> 1) - 10
        self.place = place
        return self.bare_number()

    def skip_string(self) -> int:
        """Pass over a tagged string and return its size in bytes."""
        size = self.string_size()
        self.place += size
        return size

    def optional_string(self) -> str | None:
        """Read a tagged string or a None."""
        if self.data[self.place] == TAG_NONE:
            self.place += 1
            return None
        return self.string()

    # ------------------------------------------------------------------ places in the text
    def span(self) -> tuple[int, int]:
        """Read a location as start and end offsets into the original text."""
        data = self.data
        place = self.place + 1
        first = data[place]
        if not first & 1:
            line = (first >> 1) - 10
            place += 1
        elif first & 3 == 1:
            line = ((first | data[place + 1] << 8) >> 2) - 100
            place += 2
        else:
            self.place = place
            line = self.bare_number()
            place = self.place
        first = data[place]
        starts = self.starts
        if not first & 1 and not data[place + 1] & 1 and not data[place + 2] & 1:
            start = starts[line] + (first >> 1) - 10
            self.place = place + 3
            lines = (data[place + 1] >> 1) - 10
            if not lines:
                return start, start + (data[place + 2] >> 1) - 10
            return start, start - starts[line] + starts[line + lines] + (data[place + 2] >> 1) - 10
        self.place = place
        column = self.bare_number()
        lines = self.bare_number()
        columns = self.bare_number()
        return starts[line] + column, starts[line + lines] + column + columns

    def original(self, name: str, start: int, end: int) -> str:
        """Return what a possibly folded name is in the original text between two offsets."""
        if not self.folded or "x" not in name:
            return intern(name)
        last = name
        for match in _WORD.finditer(self.text, start, end):
            word = match.group()
            if len(word) == len(name) and fold(word) == name:
                last = word
        return intern(last)

    def originals(self, names: list[str], start: int, end: int) -> list[str]:
        """Return what names, which stand in this order between two offsets, are in the original text."""
        if not self.folded:
            return [intern(name) for name in names]
        result: list[str] = []
        words = _WORD.finditer(self.text, start, end)
        for name in names:
            found = next((word.group() for word in words if fold(word.group()) == name), name)
            result.append(intern(found))
        return result

    # ------------------------------------------------------------------ parts of records
    def expression(self) -> Expr:
        """Read one expression."""
        return EXPRESSIONS[self.data[self.place]](self)

    def element(self) -> Expr:
        """Read an expression in a display or among arguments."""
        return EXPRESSIONS[self.data[self.place]](self)

    def header(self) -> Expr:
        """Read an expression that stands before a block."""
        return EXPRESSIONS[self.data[self.place]](self)

    def part(self, read: Callable[[Reader, list[N]], None]) -> list[N]:
        """Return what a decoder finds; readers that know of an earlier tree may know it."""
        found: list[N] = []
        read(self, found)
        return found

    def optional_expression(self) -> Expr | None:
        """Read an expression that may be absent."""
        self.place += 1
        if not self.data[self.place - 1]:
            return None
        return EXPRESSIONS[self.data[self.place]](self)

    def expressions(self) -> tuple[Expr, ...]:
        """Read a tagged list of expressions."""
        self.place += 1
        count = self.bare_number()
        if not count:
            return ()
        data, table = self.data, EXPRESSIONS
        return tuple([table[data[self.place]](self) for _ in range(count)])

    def block(self) -> Block:
        """Read a block of statements; empty only where the text is wrong."""
        self.place += 2
        count = self.bare_number()
        self.place += 1  # whether it can be reached: not our question
        body = self.statements(count)
        if not count and self.data[self.place] == TAG_LOCATION:
            self.span()
        self.place += 1
        return body

    def optional_block(self) -> Block:
        """Read a block that may be absent, which gives an empty one."""
        return self.block() if self.flag() else ()

    def statements(self, count: int) -> Block:
        """Read so many statements; those that bind several names may give several."""
        body: list[Statement] = []
        data, table = self.data, STATEMENTS
        for _ in range(count):
            table[data[self.place]](self, body)
        return tuple(body)


def _unknown_expression(reader: Reader) -> Expr:
    raise UnreadableTreeError(f"unknown expression tag {reader.data[reader.place]} at {reader.place}")


def _unknown_statement(reader: Reader, _: list[Statement]) -> None:
    raise UnreadableTreeError(f"unknown statement tag {reader.data[reader.place]} at {reader.place}")


ExpressionDecoder = Callable[[Reader], Expr]
StatementDecoder = Callable[[Reader, list[Statement]], None]
EXPRESSIONS: list[ExpressionDecoder] = [_unknown_expression] * 256
STATEMENTS: list[StatementDecoder] = [_unknown_statement] * 256


def decodes_expression(*tags: int) -> Callable[[ExpressionDecoder], ExpressionDecoder]:
    """Register the decorated function as the decoder of expressions with these tags."""

    def register(decoder: ExpressionDecoder) -> ExpressionDecoder:
        for tag in tags:
            EXPRESSIONS[tag] = decoder
        return decoder

    return register


def decodes_statement(*tags: int) -> Callable[[StatementDecoder], StatementDecoder]:
    """Register the decorated function as the decoder of statements with these tags."""

    def register(decoder: StatementDecoder) -> StatementDecoder:
        for tag in tags:
            STATEMENTS[tag] = decoder
        return decoder

    return register
