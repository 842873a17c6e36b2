"""Read the one statement anew that somebody edits in a function: all around it is as it was.

That is done for simple statements in lines of their own, which neither define nor import anything. What they are
depends on nothing but their own text, as long as that stays in its block and is understood in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from offloop.facts.again import NOT_DECODED
from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.piece import Part, Piece, Reading, part
from offloop.facts.syntax import Around, Tree, parse_piece
from offloop.facts.tree import (
    Assert,
    Assign,
    AugmentedAssign,
    Block,
    Call,
    Define,
    Delete,
    Evaluate,
    Jump,
    Raise,
    Return,
    Statement,
)
from offloop.facts.walk import blocks, with_block
from offloop.text import Span, line_start

_SIMPLE = frozenset({Assert, Assign, AugmentedAssign, Delete, Evaluate, Jump, Raise, Return})
_AROUND = Around(None, "", 0)
# Characters. In longer ones, parts are taken over as they are (``again``).
_MOST = 1500


class _Place(NamedTuple):
    """Some statements in a row of a block, and the blocks around it with what it lies in there, outermost first."""

    around: tuple[tuple[Block, int], ...]
    block: Block
    row: Part

    @property
    def statements(self) -> Block:
        """The statements."""
        return self.block[self.row.before : self.row.before + self.row.size]


def with_statement(before: Reading, piece: Piece, changed: int, roomy: str) -> Tree | None:
    """Return the tree of an edited function, of which only the statement before the room is read.

    ``changed`` is where what differs starts. None where that will not do. Raises what ``parse`` raises.
    """
    known, facts = before.piece, before.facts
    if known is None or piece.function is None or facts.problems:
        return None
    lines = Span(piece.edited_from, piece.room.end)
    if lines != (known.edited_from, known.room.end):
        return None
    if known.decoded is NOT_DECODED and roomy[piece.start : piece.end].isascii():
        return None  # later, what is not edited would be decoded anew, and be other objects
    place = _place(facts, piece.body_in(facts), lines, line_start(before.text, changed))
    if place is None:
        return None
    first, end = place.statements[0].start, piece.room.start
    start = line_start(roomy, first)
    content = roomy[start:end]
    if start > changed or len(content) > _MOST or content.endswith("\\") or "yield" in content:
        return None
    # A function's own text tells whether it is a generator, and its lambdas are counted.
    for item in piece.functions.of(facts.functions):
        if item.is_generator or start <= item.start < lines.end:
            return None
    if not _stays_in_block(before.text, roomy, start, first):
        return None
    tree, _ = parse_piece(roomy, start, end, _AROUND, None)
    is_simple = tree.body and all(statement.__class__ in _SIMPLE for statement in tree.body)
    if not is_simple or tree.problems or tree.functions or tree.imports:
        return None
    if tree.body == place.statements:  # a comment was edited
        return _tree(facts, piece, facts.functions, piece.body_in(facts))
    return _joined(facts, piece, place, tree)


def _stays_in_block(text: str, roomy: str, start: int, first: int) -> bool:
    """Whether a line begins with the blanks that it began with, and these end at the same place."""
    indentation = text[start:first]
    return (
        not indentation.strip(" \t") and roomy.startswith(indentation, start) and not roomy[first].isspace()
    )


def _place(facts: ModuleFacts, block: Block, lines: Span, changed: int) -> _Place | None:
    """Return where the simple statements stand that some lines are, from the first ``changed`` line on."""
    around: list[tuple[Block, int]] = []
    while True:
        first = sum([statement.end <= lines.start for statement in block])
        row = Part(first, sum([statement.start < lines.end for statement in block]) - first)
        place = _Place(tuple(around), block, row)
        found = place.statements
        if not found:
            return None
        if lines.start <= found[0].start and found[-1].end <= lines.end:
            as_before = sum([statement.end < changed for statement in found])
            place = place._replace(row=Part(first + as_before, row.size - as_before))
            is_simple = all(statement.__class__ in _SIMPLE for statement in place.statements)
            return place if place.statements and is_simple else None
        around.append((block, first))
        inner = [one for one in _blocks(facts, found[0]) if one and lines.start < one[-1].end]
        if row.size > 1 or not inner:
            return None
        block = inner[0]


def _blocks(facts: ModuleFacts, statement: Statement) -> tuple[Block, ...]:
    if isinstance(statement, Define):
        return (facts.functions[statement.index].body,) if statement.kind == "function" else ()
    return blocks(statement)


def _joined(facts: ModuleFacts, piece: Piece, place: _Place, tree: Tree) -> Tree:
    """Return the tree of a piece with those statements in a place that a tree holds."""
    functions = list(facts.functions)
    last, end = place.statements[-1].end, tree.body[-1].end
    old, new = place.block, place.row.replaced(place.block, tree.body)
    calls: tuple[Call, ...] | None = tree.calls
    for block, index in reversed(place.around):
        statement = block[index]
        end_of_it = end if statement.end == last else statement.end
        if isinstance(statement, Define):
            function = functions[statement.index]
            if calls is not None:  # those of the innermost function
                own = part(function.calls, place.statements[0].start, last)
                function = function._replace(calls=own.replaced(function.calls, calls))
                calls = None
            functions[statement.index] = function._replace(body=new, end=end_of_it)
            if end_of_it == statement.end:
                # What stands around a function does not have its body.
                return _tree(facts, piece, functions, piece.body_in(facts))
            statement = statement._replace(end=end_of_it)
        else:
            statement = with_block(statement, old, new, end_of_it)
        old, new = block, Part(index, 1).replaced(block, (statement,))
    return _tree(facts, piece, functions, new)


def _tree(facts: ModuleFacts, piece: Piece, functions: Sequence[FunctionFacts], body: Block) -> Tree:
    """Return the tree of a piece whose functions and body are new."""
    holder = facts if piece.owner is None else facts.classes[piece.owner]
    return Tree(
        piece.functions.of(tuple(functions)),
        (),
        piece.imports.of(facts.imports),
        body,
        piece.calls.of(holder.calls),
        (),
        body[-1].end,
    )
