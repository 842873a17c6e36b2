"""Read the one statement anew that somebody edits in a function: all around it is as it was.

That is done for simple statements in lines of their own, which neither define nor import anything. What they are
depends on nothing but their own text, as long as that stays in its block and is understood in full.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from offloop.facts.again import NOT_DECODED
from offloop.facts.comments import STRING_OR_COMMENT
from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.piece import Part, Piece, Reading, part
from offloop.facts.rooms import spanning
from offloop.facts.syntax import Tree
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
from offloop.text import LINE_END, Span, line_ends, line_start

_SIMPLE = frozenset({Assert, Assign, AugmentedAssign, Delete, Evaluate, Jump, Raise, Return})
# What begins like this may belong to what stands above or below it; so may, behind what is wrong, a clause's word.
_COMPOUND = re.compile(
    r"(?:^|[\r\n])[ \t]*(?:@|(?:async|class|def|for|if|match|try|while|with)\b)"
    r"|\b(?:case|elif|else|except|finally)\b"
)
_START, _END = attrgetter("start"), attrgetter("end")
# Characters. In longer ones, parts are taken over as they are (``again``).
_MOST = 1500


# Lines that the parser passes over.
_PASSED_OVER = re.compile(r"(?:[ \t\f]*(?:#[^\r\n\x00-\x08\x0e-\x1f\x7f]*)?(?:\r\n|\r|\n|\Z))*")


class Single(NamedTuple):
    """Some statements in a row of a block, and the blocks around it with what it lies in there, outermost first.

    ``lines`` are their lines as a piece of the text, ``content`` what is in them now.
    """

    around: tuple[tuple[Block, int], ...]
    block: Block
    row: Part
    lines: Piece
    content: str

    @property
    def statements(self) -> Block:
        """The statements as they were."""
        return self.row.of(self.block)


def with_comment(before: Reading, piece: Piece, changed: int, roomy: str) -> Tree | None:
    """Return the tree of a function in which nothing but comments was edited: it is as it was.

    None where the edited lines do not tell that. The edit ``goes_on``. ``changed`` is where what differs starts.
    """
    facts, known, first = before.facts, before.piece, piece.edited_from
    if known is None or changed < first or facts.problems:
        return None
    lines = before.text[first : known.room.start], roomy[first : piece.room.start]
    if not all(_PASSED_OVER.fullmatch(text) for text in lines):
        return None
    above = roomy[piece.start : first]
    if above.rstrip("\r\n").endswith("\\") or spanning(facts, piece.body_in(facts), first) is not None:
        return None
    if '"""' in above or "'''" in above:
        strings = STRING_OR_COMMENT.finditer(roomy, piece.start, piece.end)
        if any(string.start() < first < string.end() for string in strings):
            return None
    return _tree(facts, piece, facts.functions, piece.body_in(facts))


def goes_on(before: Reading, piece: Piece, roomy: str) -> bool:
    """Whether what is edited in a function are the lines that were edited last, and these may be read alone."""
    known = before.piece
    if known is None or piece.function is None or not known.is_apart:
        return False
    if (piece.edited_from, piece.room.end) != (known.edited_from, known.room.end):
        return False
    # Else what is not edited would be decoded anew later, and be other objects.
    return known.decoded is not NOT_DECODED or not roomy[piece.start : piece.end].isascii()


def single_statement(before: Reading, piece: Piece, changed: int, roomy: str) -> Single | None:
    """Return the statement of a function that was edited, None where more than that is to be read.

    The edit ``goes_on``. ``changed`` is where what differs starts.
    """
    facts = before.facts
    lines = Span(piece.edited_from, piece.room.end)
    place = _place(facts, piece.body_in(facts), lines, line_start(before.text, changed))
    if place is None:
        return None
    around, block, row = place
    first = block[row.before].start
    start = line_start(roomy, first)
    content = roomy[start : piece.room.start]
    if start > changed or len(content) > _MOST or content.endswith("\\") or "yield" in content:
        return None
    # A function's own text tells whether it is a generator, and its lambdas are counted.
    for item in piece.functions.of(facts.functions):
        if item.is_generator or start <= item.start < lines.end:
            return None
    end = LINE_END.match(roomy, lines.end)
    if end is None or not _stays_in_block(before.text, roomy, start, first):
        return None
    line = piece.line + line_ends(before.text, piece.start, start)
    last = line + line_ends(before.text, start, lines.end)
    # What is wrong where the statement begins is what stands before it.
    begin = line, first - start
    if not all(begin < (problem.line, problem.column) and problem.line <= last for problem in facts.problems):
        return None
    own = piece._replace(
        start=start, line=line, end=end.end(), indentation=roomy[start:first], decoded=None, edited_from=start
    )
    return Single(around, block, row, own, content)


def with_statements(
    before: Reading, piece: Piece, single: Single, tree: Tree, *, is_whole: bool
) -> Tree | None:
    """Return the tree of a function with new statements, those of a tree, in the place of some.

    None where they are not the only ones that may be new. ``is_whole`` is whether they end what they begin.
    """
    facts = before.facts
    if not tree.body or tree.functions or tree.imports:
        return None
    if not all(statement.__class__ in _SIMPLE for statement in tree.body):
        return None
    if (tree.problems or not is_whole) and _COMPOUND.search(single.content):
        return None
    # After what is wrong the parser goes on with the next line, whatever brackets it stands in.
    last = line_ends(single.content, 0, len(single.content))
    if any(problem.line != last for problem in tree.problems):
        return None
    if tree.body == single.statements and not tree.problems and not facts.problems:  # a comment was edited
        return _tree(facts, piece, facts.functions, piece.body_in(facts))
    joined = _joined(facts, piece, single, tree)
    return joined._replace(problems=tree.problems) if tree.problems else joined


def _stays_in_block(text: str, roomy: str, start: int, first: int) -> bool:
    """Whether a line begins with the blanks that it began with, and these end at the same place."""
    indentation = text[start:first]
    return (
        not indentation.strip(" \t") and roomy.startswith(indentation, start) and not roomy[first].isspace()
    )


def _place(
    facts: ModuleFacts, block: Block, lines: Span, changed: int
) -> tuple[tuple[tuple[Block, int], ...], Block, Part] | None:
    """Return where the simple statements stand that some lines are, from the first ``changed`` line on."""
    around: list[tuple[Block, int]] = []
    while True:
        first = bisect_right(block, lines.start, key=_END)
        row = Part(first, bisect_left(block, lines.end, key=_START) - first)
        found = row.of(block)
        if not found:
            return None
        if lines.start <= found[0].start and found[-1].end <= lines.end:
            as_before = sum([statement.end < changed for statement in found])
            is_simple = all(statement.__class__ in _SIMPLE for statement in found[as_before:])
            row = Part(first + as_before, row.size - as_before)
            return (tuple(around), block, row) if row.size and is_simple else None
        around.append((block, first))
        inner = [one for one in _blocks(facts, found[0]) if one and lines.start < one[-1].end]
        if row.size > 1 or not inner:
            return None
        block = inner[0]


def _blocks(facts: ModuleFacts, statement: Statement) -> tuple[Block, ...]:
    if isinstance(statement, Define):
        return (facts.functions[statement.index].body,) if statement.kind == "function" else ()
    return blocks(statement)


def _joined(facts: ModuleFacts, piece: Piece, single: Single, tree: Tree) -> Tree:
    """Return the tree of a piece with those statements in places that a tree holds."""
    functions = list(facts.functions)
    known = single.statements
    first, last = known[0].start, known[-1].end
    same = 0
    while same < min(len(known), len(tree.body)) and known[same] == tree.body[same]:
        same += 1
    # Up to here all is as it was, and stays the same objects.
    changed = known[same - 1].end if same else first
    old, new = single.block, single.row.replaced(single.block, (*known[:same], *tree.body[same:]))
    # What stands around the statements ends where they do, or where what is wrong behind them does.
    is_last = single.row.before + single.row.size == len(old)
    calls: tuple[Call, ...] | None = tree.calls
    for block, index in reversed(single.around):
        statement = block[index]
        is_last = is_last and old is [one for one in _blocks(facts, statement) if one][-1]
        end = tree.end if is_last else statement.end
        if isinstance(statement, Define):
            function = functions[statement.index]
            if calls is not None:  # those of the innermost function
                own = part(function.calls, first, last)
                calls = (
                    *[call for call in own.of(function.calls) if call.start < changed],
                    *[call for call in calls if call.start >= changed],
                )
                function = function._replace(calls=own.replaced(function.calls, calls))
                calls = None
            functions[statement.index] = function._replace(body=new, end=end)
            if end == statement.end:
                # What stands around a function does not have its body.
                return _tree(facts, piece, functions, piece.body_in(facts))
            statement = statement._replace(end=end)
        else:
            statement = with_block(statement, old, new, end)
        old, new = block, Part(index, 1).replaced(block, (statement,))
        is_last = is_last and index + 1 == len(block)
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
