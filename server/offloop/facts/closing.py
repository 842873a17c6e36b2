"""End what somebody has opened and not closed yet at the end of its line: brackets and strings.

Who types leaves brackets open all the time, and a parser takes what follows for their content. Where a bracket
was meant to end is told by the heads of definitions, which no bracket holds, and by the indentation of
closing brackets that stand first in their lines. It goes by the text alone, and what it does with one
definition does not depend on others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword
from typing import NamedTuple

from offloop.facts.comments import STRING_OR_COMMENT
from offloop.text import line_start

_TOKEN = re.compile(
    rf"{STRING_OR_COMMENT.pattern}|(?P<open>[(\[{{])|(?P<close>[)\]}}])"
    r"|(?P<head>^[ \t]*(?:(?:async[ \t]+)?def[ \t]+\w|class[ \t]+\w|@\w))",
    re.DOTALL | re.MULTILINE,
)
_BLANKS = re.compile(r"[ \t]*")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_PAIRS = {")": "(", "]": "[", "}": "{"}
# Who types leaves a few open; a text with more is none that somebody types.
_MOST_OPEN = 20
_MOST_NESTED = 200
_VALUES = frozenset({"True", "False", "None"})
_WORD = re.compile(r"\w+\Z")
_WANTS_VALUE = tuple("=+-*/%&|^~<>!:@")


class Open(NamedTuple):
    """A bracket or quote that is not closed, and the offset at which it stands."""

    mark: str
    offset: int

    @property
    def message(self) -> str:
        """What is wrong, in words."""
        return f"`{self.mark}` was never closed"


class _Bracket(NamedTuple):
    mark: str
    offset: int
    indentation: int


def still_open(text: str) -> tuple[Open, ...] | None:
    """Return what a text opens and does not close, in order; None where that is too much, or cannot be told."""
    found: list[Open] = []
    stack: list[_Bracket] = []
    line = seen = 0
    for match in _TOKEN.finditer(text):
        kind, token, place = match.lastgroup, match.group(), match.start()
        # Only what lies between two tokens is searched: a line may be as long as the text.
        line = max(line, text.rfind("\n", seen, place) + 1, text.rfind("\r", seen, place) + 1)
        seen = place
        if kind == "open":
            stack.append(_Bracket(token, place, _indentation(text, line)))
        elif kind == "close":
            is_first = place - line == _indentation(text, line)
            if not _close(token, place - line if is_first else None, stack, found):
                return None
        elif kind == "head":
            found += _all_of(stack)
        elif kind is None and not is_closed_string(token):
            if token.startswith(('"""', "'''")):
                return None
            found.append(Open(token[0], place))
        if len(found) > _MOST_OPEN or len(stack) > _MOST_NESTED:
            return None
    found += _all_of(stack)
    return tuple(sorted(found, key=lambda item: item.offset)) if len(found) <= _MOST_OPEN else None


def is_closed_string(literal: str) -> bool:
    """Whether a string that a pattern has found ends with the quotes that it begins with."""
    quotes = literal[:3] if literal.startswith(('"""', "'''")) else literal[0]
    if len(literal) < 2 * len(quotes) or not literal.endswith(quotes):
        return False
    inside = literal[len(quotes) : -len(quotes)]
    return (len(inside) - len(inside.rstrip("\\"))) % 2 == 0


def ended(text: str, opened: tuple[Open, ...]) -> str:
    """Return a text in which lines end where they open what is not closed; all other characters keep their places."""
    for item in reversed(opened):
        end = _REST_OF_LINE.match(text, item.offset)
        rest = len(end.group()) if end is not None else 0
        filling = "0" if _wants_value(text, item.offset) else " "
        text = text[: item.offset] + filling + " " * (rest - 1) + text[item.offset + rest :]
    return text


def _close(token: str, indentation: int | None, stack: list[_Bracket], found: list[Open]) -> bool:
    """Take the bracket from the stack that a closing one closes, and those in it that nobody closes; False for none.

    ``indentation`` is that of a bracket that stands first in its line.
    """
    while indentation is not None and stack and stack[-1].indentation > indentation:
        found.append(_open(stack.pop()))
    while stack and stack[-1].mark != _PAIRS[token]:
        found.append(_open(stack.pop()))
    return bool(stack and stack.pop())


def _all_of(stack: list[_Bracket]) -> Iterator[Open]:
    while stack:
        yield _open(stack.pop())


def _open(bracket: _Bracket) -> Open:
    return Open(bracket.mark, bracket.offset)


def _indentation(text: str, line: int) -> int:
    """Return how many blanks the line has at its start that begins at an offset."""
    blanks = _BLANKS.match(text, line)
    return len(blanks.group()) if blanks is not None else 0


def _wants_value(text: str, offset: int) -> bool:
    """Whether something must stand at an offset, because of what stands before it."""
    before = text[line_start(text, offset) : offset].rstrip()
    word = _WORD.search(before)
    if word is not None:
        return iskeyword(word.group()) and word.group() not in _VALUES
    return before.endswith(_WANTS_VALUE)
