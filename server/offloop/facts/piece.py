"""The piece of a text that somebody edits, and what was read of the text: data only; ``pieces`` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from offloop.facts.again import NOT_DECODED, Decoded
from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.tree import Block, Call, Statement
from offloop.text import Room

_T = TypeVar("_T")


class Part(NamedTuple):
    """Some items of a tuple that stand in a row: how many come before them, and how many they are."""

    before: int
    size: int

    def of(self, items: tuple[_T, ...]) -> tuple[_T, ...]:
        """Return these items."""
        return items[self.before : self.before + self.size]

    def of_size(self, size: int) -> Part:
        """Return the part that begins here and has so many items."""
        return self if size == self.size else Part(self.before, size)

    def replaced(self, items: tuple[_T, ...], new: tuple[_T, ...]) -> tuple[_T, ...]:
        """Return the items with new ones in the place of these."""
        return (*items[: self.before], *new, *items[self.before + self.size :])


def part(items: Sequence[Statement | Call | FunctionFacts], start: int, end: int) -> Part:
    """Return those items that start between two offsets."""
    before = sum([item.start < start for item in items])
    return Part(before, sum([item.start < end for item in items]) - before)


class Piece(NamedTuple):
    """The piece that is being edited, in offsets of the text with room, and its parts of the facts.

    ``start`` is where its first line starts, ``line`` the 0-based number of that, ``end`` where its last line
    ends. Edits between ``edited_from`` and the ``room`` leave it where it is. ``function`` is the index of the function
    that it defines, None for other statements; ``owner`` is the class around it. ``decoded`` is what it was
    decoded to. ``is_regular`` says that brackets and definitions of the whole text are where their indentation says;
    ``is_closed`` that the piece is known to close what it opens, ``is_apart`` that what is wrong in the edited lines
    takes in nothing else.
    """

    start: int
    line: int
    end: int
    room: Room
    edited_from: int
    indentation: str
    function: int | None
    owner: int | None
    functions: Part
    imports: Part
    body: Part
    calls: Part
    decoded: Decoded | None = NOT_DECODED
    is_regular: bool = True
    is_closed: bool = False
    is_apart: bool = True

    @property
    def edited(self) -> range | None:
        """The indexes of the function that the piece defines and of those in it; None where it defines none."""
        if self.function is None:
            return None
        return range(self.functions.before, self.functions.before + self.functions.size)

    def body_in(self, facts: ModuleFacts) -> Block:
        """Return the statement that the piece is."""
        body = facts.body if self.owner is None else facts.classes[self.owner].body
        return self.body.of(body)


class Reading(NamedTuple):
    """A text and its facts; with the room in it while a piece of it is being edited.

    ``last`` is the last reading with room, where half-typed code made it necessary to read the whole text.
    """

    text: str
    facts: ModuleFacts
    piece: Piece | None = None
    last: Reading | None = None

    @property
    def has_inner_room(self) -> bool:
        """Whether the room is amid a statement: what is cut out of the text there would have the blanks in it."""
        piece = self.piece
        return piece is not None and piece.function is None and piece.room.end != piece.end
