"""Positions, spans and edits of one text; knows nothing of Python, files or the protocol.

Offsets are 0-based counts of code points from the start of the text. Positions are 0-based
(line, column) pairs whose column counts code points. A line ends at a line feed, a carriage return,
or the two as a pair, and nowhere else: form feeds and Unicode separators are ordinary characters, as for
Python and for LSP.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import NamedTuple

LINE_END = re.compile(r"\r\n|\r|\n")


class Position(NamedTuple):
    """A place in a text: 0-based line, 0-based column in code points."""

    line: int
    column: int


class Span(NamedTuple):
    """A half-open range of 0-based code point offsets."""

    start: int
    end: int


def line_starts(text: str, start: int, end: int) -> list[int]:
    """Return the offsets at which the lines of a piece of a text start, and the piece's end."""
    if text.find("\r", start, end) < 0:
        # Splitting is an order of magnitude faster than searching; a line is as long as its text and its end.
        lengths = map((1).__add__, map(len, text[start:end].split("\n")))
        starts = list(accumulate(lengths, initial=start))
        starts[-1] = end
        return starts
    return [start, *(match.end() for match in LINE_END.finditer(text, start, end)), end]


def line_ends(text: str, start: int, end: int) -> int:
    """Return how many lines end between two offsets of a text."""
    if text.find("\r", start, end) < 0:
        return text.count("\n", start, end)
    return len(line_starts(text, start, end)) - 2


@lru_cache(maxsize=8)
def _starts(text: str) -> tuple[int, ...]:
    """Return the offsets at which lines start; whoever asks of one text asks at about the same time."""
    return tuple(line_starts(text, 0, len(text))[:-1])


def line_start(text: str, offset: int) -> int:
    """Return the offset at which the line of another one starts."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


@lru_cache(maxsize=64)
def digest(text: str) -> str:
    """Return 32 hexadecimal digits that identify a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class LineIndex:
    """Translate between offsets and positions of one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Offsets at which lines start; the first is 0."""
        starts, line, shift = self._lines
        return (*starts[: line + 1], *[one + shift for one in starts[line + 1 :]]) if shift else starts

    @cached_property
    def _lines(self) -> tuple[tuple[int, ...], int, int]:
        """Where lines started before edits within one of them, that one, and how much further on those behind start."""
        return _starts(self.text), 0, 0

    def edited(self, start: int, end: int, content: str) -> LineIndex:
        """Return the index of the text with a half-open range of offsets replaced; knows most lines already."""
        text = self.text[:start] + content + self.text[end:]
        index = LineIndex(text)
        if "\r" in self.text or "\r" in content:
            return index
        shift = len(content) - (end - start)
        if "\n" not in content and self.text.find("\n", start, end) < 0:
            # While somebody types in a line, nothing is worked out for the lines behind it.
            starts, line, before = self._lines
            first, last = self.line_span(line)
            if not first <= start <= end <= last:
                starts, line, before = self.starts, bisect_right(self.starts, start) - 1, 0
            index._lines = starts, line, before + shift
            return index
        before, after = bisect_right(self.starts, start), bisect_right(self.starts, end)
        added = [start + match.end() for match in LINE_END.finditer(content)]
        starts = (*self.starts[:before], *added, *[one + shift for one in self.starts[after:]])
        index._lines = starts, 0, 0
        return index

    def position(self, offset: int) -> Position:
        """Return the position of an offset; an offset beyond the text gives the text's end."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        return Position(line, offset - self.starts[line])

    def offset(self, position: Position) -> int:
        """Return the offset of a position; places beyond a line or the text are clamped to its end."""
        start, end = self.line_span(position.line)
        return min(start + position.column, end)

    def line_end(self, line: int) -> int:
        """Return the offset at which a 0-based line ends, its line end characters excluded."""
        return self.line_span(line).end

    def line_span(self, line: int) -> Span:
        """Return where a 0-based line stands, its line end excluded; beyond the text, its empty end."""
        starts, edited, shift = self._lines
        end = len(self.text)
        if line >= len(starts):
            return Span(end, end)
        start = starts[line] + shift if line > edited else starts[line]
        if line + 1 < len(starts):
            end = starts[line + 1] + shift if line >= edited else starts[line + 1]
            while end > start and self.text[end - 1] in "\r\n":
                end -= 1
        return Span(start, end)

    def line_text(self, line: int) -> str:
        """Return a 0-based line without its line end, or "" beyond the text."""
        start, end = self.line_span(line)
        return self.text[start:end]


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace one half-open range of code point offsets of a text by new text."""

    start: int
    end: int
    content: str


class Room(NamedTuple):
    """Blanks at the end of a line that is being edited: what stands behind them keeps its offset meanwhile."""

    start: int
    size: int

    @property
    def end(self) -> int:
        """Where the blanks end."""
        return self.start + self.size

    def opened(self, text: str) -> str:
        """Return a text with the blanks in it."""
        return f"{text[: self.start]}{' ' * self.size}{text[self.start :]}"

    def closed(self, text: str) -> str:
        """Return a text without its blanks."""
        return text[: self.start] + text[self.end :]

    def inside(self, offset: int) -> int:
        """Return where a place of the text is when the blanks are in it."""
        return offset if offset <= self.start else offset + self.size

    def outside(self, offset: int) -> int:
        """Return where a place of the text with the blanks is when they are not; one among them is at their start."""
        return offset if offset <= self.start else max(self.start, offset - self.size)


class Moves:
    """Where places of a text are after edits that do not overlap."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self.edits = tuple(sorted(set(edits)))

    def places(self, offset: int) -> tuple[int, ...]:
        """Return where the character at an offset is afterwards; where text was inserted before it, both its ends.

        Empty where the character was replaced, unless it was the first that was.
        """
        shift = 0
        inserted = 0
        for edit in self.edits:
            if edit.start > offset:
                break
            if edit.start == edit.end == offset:
                inserted += len(edit.content)
            elif edit.end <= offset:
                shift += len(edit.content) - (edit.end - edit.start)
            elif edit.start < offset:
                return ()
        place = offset + shift
        return (place, place + inserted) if inserted else (place,)

    def is_new(self, offset: int) -> bool:
        """Whether an offset of the edited text lies in what an edit brought."""
        shift = 0
        for edit in self.edits:
            start = edit.start + shift
            if start <= offset < start + len(edit.content):
                return True
            shift += len(edit.content) - (edit.end - edit.start)
        return False


def in_line_ends_of(text: str, content: str) -> str:
    """Return new text with the line ends of the text that it is put into: those of its first line."""
    found = LINE_END.search(text)
    if found is None or found.group() == "\n":
        return content
    return LINE_END.sub(found.group(), content)


class OverlappingEditsError(ValueError):
    """Two edits of one set change the same characters."""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with all edits applied at once.

    Equal edits count once; insertions at one place are applied in the order given by their content.
    Raises OverlappingEditsError where two different edits touch the same characters.
    """
    pieces: list[str] = []
    done = 0
    for edit in sorted(set(edits)):
        if edit.start < done:
            raise OverlappingEditsError(f"edits overlap at offset {edit.start}")
        pieces += (text[done : edit.start], edit.content)
        done = edit.end
    pieces.append(text[done:])
    return "".join(pieces)
