"""Where in a piece of a text the room may be: at the end of what is being edited, where blanks mean nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.again import same_end, same_start
from offloop.facts.model import ModuleFacts
from offloop.facts.piece import Piece, Reading
from offloop.facts.tree import (
    Binary,
    Block,
    Boolean,
    Call,
    Collection,
    Conditional,
    Define,
    Dictionary,
    Expr,
    Statement,
)
from offloop.facts.walk import blocks, children, expressions
from offloop.text import LINE_END, Span, line_start

_LINE_END = re.compile(r"[ \t\f]*(?:\r\n|\r|\n)")
_OPENS_OR_CLOSES = re.compile(r"[()\[\]{}'\"#\\\r\n]")
_HEAD = re.compile(r"[ \t]*(?:async|def|class|@)")
# Between the parts of these stand blanks and line ends, and nothing that is cut out of a text.
_WITH_PARTS = frozenset({Binary, Boolean, Call, Collection, Conditional, Dictionary})


def places(
    before: Reading, piece: Piece, known: str, content: str, change: Change, *, inner: bool
) -> Iterator[Span]:
    """Yield where the room may be in the new text, best first, each with the start of what grows into it.

    ``known`` is what the piece was. ``inner`` is whether the room may be amid a statement at module level.
    """
    first, last = change.start, change.end
    more = len(content) - len(known)
    line_end = "\r\n" if known[:first].endswith("\r\n") else "\n"
    only = change.come or change.gone if not (change.come and change.gone) else ""
    if known[:first].endswith(line_end) and only.endswith(line_end):
        # A line that came or went belongs to the one above, which may be typed on.
        first, last = first - len(line_end), last - len(line_end)
    first, last = piece.start + first, piece.start + last
    is_in_slot = piece.edited_from <= first and last <= piece.room.start
    if is_in_slot and _LINE_END.search(known, last - piece.start, piece.room.start - piece.start) is None:
        slot = Span(piece.edited_from, piece.room.start)
    else:
        slot = _slot(before, piece, first, last)
    if piece.function is None and not inner:
        slot = Span(last, piece.end - piece.room.size)
    if slot.end < piece.end - piece.room.size and not content[: slot.end + more - piece.start].endswith(
        ("\\", "\r")
    ):
        yield Span(slot.start, slot.end + more)
    end = piece.start + len(content)
    yield Span(end, end)


def may_hold_room(facts: ModuleFacts, piece: Piece, block: Block) -> bool:
    """Whether blanks where the room is mean nothing, and are in nothing that is cut out of the text."""
    around = spanning(facts, block, piece.room.start)
    if around is None or piece.room.end == piece.end:
        return True
    return piece.function is None and _is_between_parts(expressions(around), piece.room.start)


def _is_between_parts(exprs: tuple[Expr, ...], offset: int) -> bool:
    """Whether what spans an offset is made of parts that do not: a table, a call, an operation."""
    inner = next((expr for expr in exprs if expr.start < offset < expr.end), None)
    if inner is None:
        return True
    return inner.__class__ in _WITH_PARTS and _is_between_parts(children(inner), offset)


class Change(NamedTuple):
    """What differs between two texts: in the first one it is what is ``gone`` between two offsets."""

    start: int
    end: int
    gone: str
    come: str

    def may_open_or_close(self, content: str) -> bool:
        """Whether brackets or strings may begin or end elsewhere in the new text than before."""
        line = content[line_start(content, self.start) : self.start + len(self.come) + 1]
        return _OPENS_OR_CLOSES.search(self.gone + self.come) is not None or _HEAD.match(line) is not None


def differing(before: str, after: str) -> Change:
    """Return what is not as before."""
    start = same_start(before, after)
    same = same_end(before, after, min(len(before), len(after)) - start)
    end = len(before) - same
    return Change(start, end, before[start:end], after[start : len(after) - same])


def change_of(known: str, piece: Piece, text: str) -> Change | None:
    """Return what differs in a piece of a text, None where there is more; offsets count from the piece's start."""
    room = piece.room
    # What is typed next lies mostly where the last did: then all else is only compared.
    for first, end in ((piece.edited_from, room.end), (piece.start, piece.end)):
        behind = len(known) - end
        if len(text) >= first + behind and text.startswith(known[:first]) and text.endswith(known[end:]):
            before = known[first : room.start] + known[room.end : end]
            found = differing(before, text[first : len(text) - behind])
            # Where lines are alike, one that came or went may be another one, behind these.
            if end == piece.end or LINE_END.search(found.gone + found.come) is None:
                more = first - piece.start
                return found._replace(start=found.start + more, end=found.end + more)
    return None


def _slot(before: Reading, piece: Piece, first: int, last: int) -> Span:
    """Return the lines that an edit of known text between two offsets is in, and all of the statement that ends them.

    All offsets are those of the text without room.
    """
    room, known = piece.room, before.text
    start = line_start(known, room.inside(first))
    end = _line_end(known, room.inside(last))
    around = spanning(before.facts, piece.body_in(before.facts), end)
    if around is not None and piece.function is not None:
        start, end = min(start, line_start(known, around.start)), _line_end(known, around.end)
    return Span(start, min(room.outside(end), piece.end - room.size))


def _line_end(text: str, offset: int) -> int:
    """Return where the line of an offset ends, blanks before its end apart."""
    found = _LINE_END.search(text, offset)
    return found.start() if found is not None else len(text)


def spanning(facts: ModuleFacts, block: Block, offset: int) -> Statement | None:
    """Return the statement of a block, or of what is nested in it, within whose own expressions an offset lies."""
    for statement in block:
        if not statement.start < offset < statement.end:
            continue
        inner = blocks(statement)
        if isinstance(statement, Define) and statement.kind == "function":
            inner = (facts.functions[statement.index].body,)
        for one in inner:
            found = spanning(facts, one, offset)
            if found is not None:
                return found
        if not inner or any(expr.start < offset < expr.end for expr in expressions(statement)):
            return statement
    return None
