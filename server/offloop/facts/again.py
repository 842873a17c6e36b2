"""Decode a tree again that differs from a known one in a few statements: the others stay the same objects.

An edit leaves most bytes of the parser's answer as they were, since those tell lines and columns and not
offsets. A statement is taken over where neither its bytes nor its text nor its place have changed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.reader import STATEMENTS, Reader
from offloop.facts.tree import Block, Call, Statement


class Record(NamedTuple):
    """What one statement's bytes gave: ``size`` is how many they were.

    ``functions`` are those in it, whose indexes begin at ``first_function``.
    """

    size: int
    nodes: tuple[Statement, ...]
    calls: tuple[Call, ...]
    first_function: int
    functions: tuple[FunctionFacts | None, ...]


class Decoded(NamedTuple):
    """The bytes of a tree, the text that it is of, and its statements by their places in the bytes."""

    data: bytes
    text: str
    records: Mapping[int, Record]


NOT_DECODED = Decoded(b"", "", {})


class RenewingReader(Reader):
    """A reader of a piece of a text that takes over what is as it was when it was decoded ``before``.

    The piece must have begun at the same offset then; one of another length is read anew. Both in ASCII.
    """

    __slots__ = ("_before", "_changed", "_piece", "_places", "_records", "_shift")

    def __init__(
        self, data: bytes, text: str, starts: list[int], place: tuple[int, int], before: Decoded
    ) -> None:
        super().__init__(data, text, False, starts)
        start, end = place
        self._piece = text[start:end]
        self._before = before if len(before.text) == end - start else NOT_DECODED
        same = same_start(self._before.text, self._piece)
        # Between these offsets the text is not as before.
        self._changed = start + same, end - same_end(self._before.text, self._piece, end - start - same)
        self._shift = len(data) - len(self._before.data)
        self._places = sorted(self._before.records)
        self._records: dict[int, Record] = {}

    def decoded(self) -> Decoded:
        """Return what has been read, for the next time."""
        return Decoded(self.data, self._piece, self._records)

    def statements(self, count: int) -> Block:
        """Read so many statements, those taken over that are as before."""
        body: list[Statement] = []
        for _ in range(count):
            place = self.place
            if not (self._take_over(place, place, body) or self._take_over(place, place - self._shift, body)):
                self._read(body)
        return tuple(body)

    def _take_over(self, place: int, before: int, body: list[Statement]) -> bool:
        """Take over the statement at a place if it is one that was at a place before."""
        known = self._before.records.get(before)
        if known is None:
            return False
        first, last = self._changed
        end = before + known.size
        is_same = (
            (known.nodes[-1].end <= first or known.nodes[0].start >= last)
            and (not known.functions or known.first_function == len(self.functions))
            and self.data[place : place + known.size] == self._before.data[before:end]
        )
        if not is_same:
            return False
        body += known.nodes
        self.calls += known.calls
        self.functions += known.functions
        self.place += known.size
        # With it, what is known of the statements in it.
        for inner in self._places[bisect_left(self._places, before) :]:
            if inner >= end:
                break
            self._records[inner - before + place] = self._before.records[inner]
        return True

    def _read(self, body: list[Statement]) -> None:
        """Read one statement, and note it unless it leaves more behind than a record holds."""
        place, size, calls, functions = self.place, len(body), self.calls, len(self.functions)
        noted, others = len(calls), (len(self.imports), len(self.classes), len(self.methods))
        generates, self.generates = self.generates, False
        STATEMENTS[self.data[place]](self, body)
        is_more = (len(self.imports), len(self.classes), len(self.methods)) != others
        if not (self.generates or is_more or len(body) == size):
            self._records[place] = Record(
                self.place - place,
                tuple(body[size:]),
                tuple(calls[noted:]),
                functions,
                tuple(self.functions[functions:]),
            )
        self.generates = self.generates or generates


def same_start(one: bytes | str, other: bytes | str) -> int:
    """Return how many bytes or characters two sequences of one kind have in common at their start."""
    shorter = min(len(one), len(other))
    return bisect_left(range(1, shorter + 1), True, key=lambda size: one[:size] != other[:size])


def same_end(one: bytes | str, other: bytes | str, most: int) -> int:
    """Return how many bytes or characters two sequences of one kind have in common at their end, ``most`` at most."""
    return bisect_left(range(1, most + 1), True, key=lambda size: one[-size:] != other[-size:])
