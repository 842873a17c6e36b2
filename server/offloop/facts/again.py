"""Decode a tree again that differs from a known one in a few statements: the others stay the same objects.

An edit leaves most bytes of the parser's answer as they were, since those tell lines and columns and not
offsets. A statement is taken over where neither its bytes nor its text nor its place have changed; so is what
stands before the block that an edit lies in.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.reader import EXPRESSIONS, STATEMENTS, N, Reader
from offloop.facts.tree import Block, Call, Expr, Import, Statement
from offloop.text import line_starts


class Record(NamedTuple):
    """What some bytes gave: ``size`` is how many they were, ``start`` where that starts in the text.

    ``functions`` are those in it, ``around`` is what their qualified names begin with, and the first index.
    """

    size: int
    start: int
    nodes: tuple[Any, ...]
    calls: tuple[Call, ...]
    imports: tuple[Import, ...]
    around: tuple[str, int]
    functions: tuple[FunctionFacts | None, ...]


class Decoded(NamedTuple):
    """The bytes of a tree, the text that it is of, and its records by their places in the bytes."""

    data: bytes
    text: str
    records: Mapping[int, Record]


# Bytes.
_LEAST_ELEMENT = 64
NOT_DECODED = Decoded(b"", "", {})


class _Standing(NamedTuple):
    """Where a reader stands before it reads something."""

    place: int
    calls: list[Call]
    called: int
    imported: int
    functions: int
    others: tuple[int, int]


class RenewingReader(Reader):
    """A reader of a piece of a text that takes over what is as it was when it was decoded ``before``.

    The piece must have begun at the same offset then; one of another length is read anew. Both in ASCII.
    """

    __slots__ = ("_before", "_changed", "_keeps_lines", "_piece", "_places", "_records", "_shift")

    def __init__(
        self, data: bytes, text: str, starts: list[int], place: tuple[int, int], before: Decoded
    ) -> None:
        super().__init__(data, text, False, starts)
        start, end = place
        self._piece = text[start:end]
        self._before = before if len(before.text) == end - start else NOT_DECODED
        known = self._before.text
        first = same_start(known, self._piece)
        last = end - start - same_end(known, self._piece, end - start - first)
        # Between these offsets the text is not as before.
        self._changed = start + first, start + last
        # Else the bytes of what follows are those of something else that is alike, a line above or below.
        self._keeps_lines = len(line_starts(known, first, last)) == len(line_starts(self._piece, first, last))
        self._shift = len(data) - len(self._before.data)
        # The places of records before, in the order of the bytes.
        self._places = sorted(self._before.records)
        self._records: dict[int, Record] = {}

    def decoded(self) -> Decoded:
        """Return what has been read, for the next time."""
        return Decoded(self.data, self._piece, self._records)

    def statements(self, count: int) -> Block:
        """Read so many statements."""
        body: list[Statement] = []
        for _ in range(count):
            known = self._taken_over()
            body += known if known is not None else self._noted(STATEMENTS[self.data[self.place]])
        return tuple(body)

    def header(self) -> Expr:
        """Read an expression that stands before a block."""
        return self.part(_expression)[0]

    def expressions(self) -> tuple[Expr, ...]:
        """Read a tagged list of expressions."""
        self.place += 1
        return tuple([self.element() for _ in range(self.bare_number())])

    def element(self) -> Expr:
        """Read an expression in a display or among arguments; small ones are not worth a record."""
        place = self.place
        records = self._before.records
        if place in records or place - self._shift in records:
            return self.part(_expression)[0]
        before = self._standing()
        generates, self.generates = self.generates, False
        found = EXPRESSIONS[self.data[place]](self)
        if self.place - place >= _LEAST_ELEMENT and not self.generates:
            self._note(before, (found,))
        self.generates = self.generates or generates
        return found

    def part(self, read: Callable[[Reader, list[N]], None]) -> list[N]:
        """Return what a decoder finds, taken over where it is as before."""
        known = self._taken_over()
        return list(known) if known is not None else self._noted(read)

    def _taken_over(self) -> tuple[Any, ...] | None:
        """Return what stands here if it is what stood here before, or at the place that has become this one."""
        records, place, shift = self._before.records, self.place, self._shift
        before, known = place, records.get(place)
        if known is None or not self._is_same(known, before):
            before = place - shift
            known = records.get(before) if shift else None
            if known is None or not self._is_same(known, before):
                return None
        end, places = before + known.size, self._places
        # With it, what is known of what lies in it.
        index = bisect_left(places, before)
        while index < len(places) and (inner := places[index]) < end:
            self._records[inner - before + place] = records[inner]
            index += 1
        self.calls += known.calls
        self.imports += known.imports
        self.functions += known.functions
        self.place += known.size
        return known.nodes

    def _is_same(self, known: Record, before: int) -> bool:
        """Whether what stands here is what was at a place before: its bytes, its text, and where that stands."""
        first, last = self._changed
        if known.nodes[-1].end > first and (known.start < last or not self._keeps_lines):
            return False
        if known.functions and known.around != (self.prefix, len(self.functions)):
            return False
        end = self.place + known.size
        return self.data[self.place : end] == self._before.data[before : before + known.size]

    def _noted(self, read: Callable[[Reader, list[N]], None]) -> list[N]:
        """Return what a decoder finds, and note it."""
        before = self._standing()
        generates, self.generates = self.generates, False
        found: list[N] = []
        read(self, found)
        if found and not self.generates:
            self._note(before, tuple(found))
        self.generates = self.generates or generates
        return found

    def _standing(self) -> _Standing:
        others = len(self.classes), len(self.methods)
        return _Standing(
            self.place,
            self.calls,
            len(self.calls),
            len(self.imports),
            len(self.functions),
            others,
        )

    def _note(self, before: _Standing, found: tuple[Any, ...]) -> None:
        """Note what has been read, unless that leaves more behind than a record holds."""
        if (len(self.classes), len(self.methods)) == before.others:
            functions = tuple(self.functions[before.functions :])
            # Decorators stand before the statement that they belong to.
            decorated = (
                functions[0].decorated_start if functions and functions[0] is not None else found[0].start
            )
            self._records[before.place] = Record(
                self.place - before.place,
                min(decorated, found[0].start),
                found,
                tuple(before.calls[before.called :]),
                tuple(self.imports[before.imported :]),
                (self.prefix, before.functions),
                functions,
            )


def _expression(reader: Reader, found: list[Expr]) -> None:
    found.append(EXPRESSIONS[reader.data[reader.place]](reader))


def same_start(one: bytes | str, other: bytes | str) -> int:
    """Return how many bytes or characters two sequences of one kind have in common at their start."""
    same, least = 0, min(len(one), len(other)) + 1
    while least - same > 1:
        middle = (same + least) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            least = middle
    return same


def same_end(one: bytes | str, other: bytes | str, most: int) -> int:
    """Return how many bytes or characters two sequences of one kind have in common at their end, ``most`` at most."""
    first, second = len(one), len(other)
    same, least = 0, most + 1
    while least - same > 1:
        middle = (same + least) // 2
        if one[first - middle : first - same] == other[second - middle : second - same]:
            same = middle
        else:
            least = middle
    return same
