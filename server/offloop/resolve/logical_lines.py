"""Masked code (see ``masking``) by its logical lines and brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword
from typing import NamedTuple

OPENING, CLOSING = "([{", ")]}"
_BRACKET_OR_END = re.compile(r"[()\[\]{}\r\n]")
# Half-typed code leaves brackets open: a line that starts like this is no part of the one before.
_CERTAIN_START = re.compile(
    r"[ \t]*(?:@|(?:async[ \t]+)?def\b|class\b|return\b|import\b|try\b|raise\b|while\b|with\b|pass\b|del\b)"
)
_LAST_WORD = re.compile(r"\w+\Z")


class Line(NamedTuple):
    """A logical line: where it starts and ends, line end excluded."""

    start: int
    end: int


def logical_lines(code: str) -> Iterator[Line]:
    """Yield the lines of a masked text as the parser sees them, empty ones left out."""
    start = depth = 0
    for match in _BRACKET_OR_END.finditer(code):
        char = match[0]
        if char in OPENING:
            depth += 1
        elif char in CLOSING:
            depth = max(depth - 1, 0)
        elif depth == 0 or _CERTAIN_START.match(code, match.end()):
            if code[start : match.start()].strip():
                yield Line(start, match.start())
            start, depth = match.end(), 0
    if code[start:].strip():
        yield Line(start, len(code))


def is_operand(code: str, end: int) -> bool:
    """Whether what stands before a bracket can be subscripted: a name or another bracket, no keyword."""
    before = code[:end].rstrip()
    word = _LAST_WORD.search(before)
    if word is None:
        return before.endswith((")", "]", "}"))
    return not iskeyword(word[0]) and word[0] not in ("match", "case")


def indent_of(code: str, line: Line) -> int:
    """Return how many characters a line is indented by."""
    part = code[line.start : line.end]
    return len(part) - len(part.lstrip(" \t\f"))


def depth_between(code: str, start: int, end: int) -> int:
    """Return how many brackets open between two places and do not close."""
    part = code[start:end]
    return sum(map(part.count, OPENING)) - sum(map(part.count, CLOSING))


def closing_bracket(code: str, opening: int, end: int) -> int:
    """Return where the bracket closes that opens at a place, -1 where it does not."""
    depth = 0
    for place in range(opening, end):
        if code[place] in OPENING:
            depth += 1
        elif code[place] in CLOSING:
            depth -= 1
            if depth == 0:
                return place
    return -1


def find_at_top(code: str, start: int, end: int, wanted: str) -> int:
    """Return the first place of a character outside of brackets, -1 where there is none."""
    depth = 0
    for place in range(start, end):
        char = code[place]
        if char == wanted and depth == 0:
            return place
        if char in OPENING:
            depth += 1
        elif char in CLOSING:
            depth -= 1
    return -1
