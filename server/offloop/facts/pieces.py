"""Read a text again while somebody edits one piece of it: only the edited statements are decoded anew.

A piece is a function or method with the comments below it, or statements in the body of a class or at module
level. The facts are those of the text with room: blanks at the end of a line, which the edited statement grows
into, so that whatever stands behind it keeps its place. Blanks there mean nothing to Python, and lines and columns
are the same with them; only offsets behind the room are larger than in the text itself. The room follows the edits
from statement to statement within its piece, where it may lie at the end of a statement's last line; where it may
not, it is at the end of the piece.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from offloop.facts.again import Decoded
from offloop.facts.closing import Open, ended, still_open
from offloop.facts.comments import suppressions
from offloop.facts.depth import may_exhaust_stack
from offloop.facts.extract import extract
from offloop.facts.model import ClassFacts, ModuleFacts, Suppression, SyntaxProblem
from offloop.facts.piece import Part, Piece, Reading, part
from offloop.facts.reader import TooDeepError, UnreadableTreeError
from offloop.facts.recovery import misses_definitions
from offloop.facts.rooms import Change, change_of, differing, may_hold_room, places
from offloop.facts.single import goes_on, single_statement, with_comment, with_statements
from offloop.facts.syntax import MOST_PROBLEMS, Around, Tree, parse_piece, syntax_problems
from offloop.facts.tree import Define, Statement
from offloop.text import LINE_END, Room, Span, line_ends, line_start

# Blanks that a piece has to grow into; when they are used up, the whole text is read once.
_ROOM = 600
_LINE_END = re.compile(r"[ \t\f]*(?:\r\n|\r|\n)")


def read(text: str) -> Reading:
    """Read a whole text."""
    return Reading(text, extract(text))


def read_again(before: Reading, text: str, *, inner: bool = True) -> Reading:
    """Read a text that somebody made of another one: only the piece that was edited, if that will do.

    ``inner`` is whether there may be room amid a statement: not where anything is cut out of it.
    """
    roomy = before if before.piece is not None else before.last
    found = _with_new_piece(roomy, text, inner=inner) if roomy is not None else None
    if found is None and not before.facts.problems:
        roomy = _with_room(before, text)
        found = _with_new_piece(roomy, text, inner=inner) if roomy is not None else None
    if found is None:
        found = read(text)
        if found.facts.problems:
            found = found._replace(last=roomy)
    return found


# -------------------------------------------------------------------- making room
def _with_room(before: Reading, text: str) -> Reading | None:
    """Return what was read, with room in the piece that was edited; None where no piece holds all that differs."""
    if before.text.startswith("\ufeff"):
        return None
    known, facts = before.text, before.facts
    if before.piece is not None:
        known = before.piece.room.closed(known)
        facts = extract(known)
    piece = _piece_around(known, facts, differing(known, text))
    if piece is None:
        return None
    roomy = piece.room.opened(known)
    facts = extract(roomy)
    is_regular = still_open(roomy) == () and not misses_definitions(roomy, facts, Span(0, len(roomy)), None)
    return Reading(roomy, facts, piece._replace(is_regular=is_regular, is_closed=is_regular))


class _Head(NamedTuple):
    """Where a line starts that a statement begins on; None stands for a class, whose body follows."""

    start: int
    statement: Statement | None
    owner: int | None


def _heads(text: str, facts: ModuleFacts) -> Iterator[_Head]:
    """Yield the heads of the statements at module level and in the classes there, in order."""
    for statement in facts.body:
        start = line_start(text, _first_offset(facts, statement))
        if isinstance(statement, Define) and statement.kind == "class":
            yield _Head(start, None, statement.index)
            for inner in facts.classes[statement.index].body:
                yield _Head(line_start(text, _first_offset(facts, inner)), inner, statement.index)
        else:
            yield _Head(start, statement, None)


def _first_offset(facts: ModuleFacts, statement: Statement) -> int:
    """Return where a statement starts, decorators included."""
    if not isinstance(statement, Define):
        return statement.start
    if statement.kind == "function":
        return facts.functions[statement.index].decorated_start
    decorators = facts.classes[statement.index].decorators
    return decorators[0].start if decorators else statement.start


def _piece_around(text: str, facts: ModuleFacts, change: Change) -> Piece | None:
    """Return the piece in which what changes in a text lies."""
    start, end = change.start, change.end
    heads = list(_heads(text, facts))
    place = bisect_right(heads, start, key=lambda head: head.start) - 1
    if place < 0:
        return None
    first, statement, owner = heads[place]
    following = heads[place + 1].start if place + 1 < len(heads) else len(text)
    last = following - (2 if text[:following].endswith("\r\n") else text[:following].endswith(("\r", "\n")))
    is_function = isinstance(statement, Define) and statement.kind == "function"
    if statement is None or end > last:
        return None
    indentation = text[first : _first_offset(facts, statement)]
    holder = facts if owner is None else facts.classes[owner]
    piece = Piece(
        first,
        line_ends(text, 0, first),
        last + _ROOM,
        Room(last, _ROOM),
        last,
        indentation,
        statement.index if isinstance(statement, Define) else None,
        owner,
        part(facts.functions, first, last),
        part(facts.imports, first, last),
        part(holder.body, first, last),
        part(holder.calls, first, last),
    )
    is_whole = piece.body.size == 1 and statement.end <= last and not indentation.strip(" \t")
    holds_class = any(first <= cls.start < last for cls in facts.classes)
    return piece if is_whole and not holds_class and (is_function or not piece.imports.size) else None


# -------------------------------------------------------------------- reading the piece
def _with_new_piece(before: Reading, text: str, *, inner: bool) -> Reading | None:
    """Return what is read of a text that differs in the piece only; None where all of it must be read."""
    piece = before.piece
    if piece is None:
        return None
    spare = len(before.text) - len(text)
    last = piece.end - spare
    if spare < 0 or last <= piece.start:
        return None
    change = change_of(before.text, piece, text)
    content = text[piece.start : last]
    if change is None or not _stands_alone(content, piece.indentation):
        return None
    known = before.text[piece.start : piece.room.start] + before.text[piece.room.end : piece.end]
    stays_closed = piece.is_closed and not change.may_open_or_close(content)
    for place in places(before, piece, known, content, change, inner=inner):
        moved = piece._replace(room=Room(place.end, spare), edited_from=place.start, is_closed=stays_closed)
        found = _with_room_at(before, moved, change, content, text)
        if found is not None:
            return found
    return None


def _with_room_at(before: Reading, piece: Piece, change: Change, content: str, text: str) -> Reading | None:
    """Return what is read of a text with a piece whose room is in its place already; None where that will not do."""
    roomy = piece.room.opened(text)
    holder = None if piece.owner is None else before.facts.classes[piece.owner]
    prefix = "" if holder is None else f"{holder.qualname}."
    around = Around(piece.owner, prefix, piece.functions.before)
    try:
        parsed = _with_statement(before, piece, piece.start + change.start, roomy)
        parsed = parsed or _parsed(roomy, content, piece, around)
    except (TooDeepError, RecursionError, UnreadableTreeError):
        return None
    if parsed is None or not _fits(parsed.tree, piece):
        return None
    tree, decoded, opened, is_single = parsed
    facts = _joined(before, piece, tree, content)
    if not may_hold_room(facts, piece, tree.body):
        return None
    if tree.problems or opened:
        facts = facts._replace(problems=_problems(text, content, piece, parsed))
        if not facts.problems or not piece.is_regular:
            return None
        if not is_single and _loses_definitions(roomy, facts, piece):
            return None
    return Reading(
        roomy,
        facts,
        piece._replace(
            imports=piece.imports.of_size(len(tree.imports)),
            body=piece.body.of_size(len(tree.body)),
            calls=piece.calls.of_size(len(tree.calls)),
            decoded=decoded,
            is_closed=opened == () and (piece.is_closed or bool(tree.problems)),
            is_apart=opened is not None,
        ),
    )


class _Parsed(NamedTuple):
    """A piece, what it was decoded to, and what it opens and does not close; None where that cannot be told.

    ``is_single`` is whether but one statement of it was read.
    """

    tree: Tree
    decoded: Decoded | None
    opened: tuple[Open, ...] | None
    is_single: bool = False


def _with_statement(before: Reading, piece: Piece, changed: int, roomy: str) -> _Parsed | None:
    """Return what ``_parsed`` would of a function, by parsing nothing but the statement that was edited.

    None where that will not do. Raises what ``parse`` raises.
    """
    if not goes_on(before, piece, roomy):
        return None
    as_before = with_comment(before, piece, changed, roomy)
    if as_before is not None:
        return _Parsed(as_before, piece.decoded, (), is_single=True)
    single = single_statement(before, piece, changed, roomy)
    if single is None:
        return None
    lines = single.lines
    parsed = _parsed(roomy, single.content, lines, Around(None, "", 0))
    if parsed is None or parsed.opened is None:
        return None
    tree = with_statements(before, piece, single, parsed.tree, is_whole=not parsed.opened)
    if tree is None:
        return None
    more_lines, more = lines.line - piece.line, lines.start - piece.start
    if tree.problems:
        problems = [problem._replace(line=problem.line + more_lines) for problem in tree.problems]
        tree = tree._replace(problems=tuple(problems))
    opened = tuple([item._replace(offset=item.offset + more) for item in parsed.opened])
    return _Parsed(tree, piece.decoded, opened, is_single=True)


def _parsed(roomy: str, content: str, piece: Piece, around: Around) -> _Parsed | None:
    """Parse a piece, with what it opens ended; None where it cannot be read without what stands around it.

    Raises what ``parse`` raises.
    """
    tree, decoded = parse_piece(roomy, piece.start, piece.end, around, piece.decoded)
    opened = still_open(content) if tree.problems and not piece.is_closed else ()
    if opened:
        places = [item._replace(offset=piece.room.inside(piece.start + item.offset)) for item in opened]
        closed = ended(roomy, tuple(places))
        tree, decoded = parse_piece(closed, piece.start, piece.end, around, piece.decoded)
        if tree.problems:
            return None
    elif piece.room.end == piece.end and tree.problems:
        without_room, _ = parse_piece(roomy, piece.start, piece.room.start, around)
        if _told_by_line(tree) != _told_by_line(without_room):
            return None  # the blanks became part of a string without an end
    if any((p.line, p.column) <= (0, len(piece.indentation)) for p in tree.problems):
        return None  # what begins like this may belong to what stands before it
    return _Parsed(tree, decoded, opened)


def _loses_definitions(roomy: str, facts: ModuleFacts, piece: Piece) -> bool:
    """Whether facts hold less definitions than the text: what is wrong may have swallowed some."""
    # A definition in a statement such as ``if`` may, by its indentation, belong to what stands before it.
    is_apart = piece.function is not None or not piece.functions.size
    lines = Span(piece.start, piece.end) if is_apart else Span(0, len(roomy))
    return misses_definitions(roomy, facts, lines, piece.owner if is_apart else None)


def _told_by_line(tree: Tree) -> Tree:
    """Return a tree whose problems have no columns: what is missing at the end of a line is told behind its blanks."""
    return tree._replace(problems=tuple([problem._replace(column=0) for problem in tree.problems]))


def _problems(text: str, content: str, piece: Piece, parsed: _Parsed) -> tuple[SyntaxProblem, ...]:
    """Return the problems of a text; none where they are not those of the piece alone."""
    if parsed.opened:
        return _open_in(content, piece, parsed.opened)
    own = [problem._replace(line=problem.line + piece.line) for problem in parsed.tree.problems]
    if parsed.opened == () and _goes_on(content, max([p.line for p in parsed.tree.problems])):
        last = content[: piece.room.start - piece.start]
        line = piece.line + line_ends(last, 0, len(last))
        column = len(last) - line_start(last, len(last))
        room = Room(column, piece.room.size)
        return tuple([p._replace(column=room.outside(p.column)) if p.line == line else p for p in own])
    try:
        found = syntax_problems(text)
    except UnreadableTreeError:
        return ()
    is_all = [(p.message, p.line) for p in found] == [(p.message, p.line) for p in own]
    return found if is_all else ()


def _open_in(content: str, piece: Piece, opened: Iterable[Open]) -> tuple[SyntaxProblem, ...]:
    """Return the problems of a piece that opens what it does not close."""
    places = [(item, line_ends(content, 0, item.offset), line_start(content, item.offset)) for item in opened]
    found = [SyntaxProblem(one.message, piece.line + line, one.offset - start) for one, line, start in places]
    return tuple(found[:MOST_PROBLEMS])


def _goes_on(content: str, line: int) -> bool:
    """Whether anything but comments follows a line: what is wrong in the last one may go on behind the piece."""
    below = LINE_END.split(content)[line + 1 :]
    return any(text.strip() and text.lstrip()[0] != "#" for text in reversed(below))


def _stands_alone(content: str, indentation: str) -> bool:
    """Whether reading a piece by itself may give what reading it in its place gives."""
    return (
        content.startswith(indentation)
        and not content[len(indentation) : len(indentation) + 1].isspace()
        and not content.endswith(("\\", "\r"))
        and not may_exhaust_stack(content)
    )


def _fits(tree: Tree, piece: Piece) -> bool:
    """Whether a piece is still what it was, with as many functions, whose names are those of the parser.

    It is one function, or statements that neither define nor import anything themselves.
    """
    if not tree.body or tree.classes or len(tree.functions) != piece.functions.size:
        return False
    if not all(item.name.isascii() for item in tree.functions):
        return False
    if piece.function is None:
        defines = any(isinstance(statement, Define) for statement in tree.body)
        is_method = piece.owner is not None and any(not item.is_lambda for item in tree.functions)
        return not (defines or is_method or tree.imports)
    statement = tree.body[0]
    return len(tree.body) == 1 and isinstance(statement, Define) and statement.index == piece.function


def _joined(before: Reading, piece: Piece, tree: Tree, content: str) -> ModuleFacts:
    """Return the facts of all with those of the piece in their place."""
    facts = before.facts
    body, calls, classes = facts.body, facts.calls, facts.classes
    if piece.owner is None:
        body = piece.body.replaced(body, tree.body)
        calls = piece.calls.replaced(calls, tree.calls)
    else:
        known, cls = classes[piece.owner], _with_statements(classes[piece.owner], piece, tree)
        if cls is not known:
            classes = Part(piece.owner, 1).replaced(classes, (cls,))
        if cls.end != known.end:
            body = tuple([_ended_with(statement, cls) for statement in body])
    return ModuleFacts(
        functions=piece.functions.replaced(facts.functions, tree.functions),
        classes=classes,
        imports=piece.imports.replaced(facts.imports, tree.imports),
        body=body,
        calls=calls,
        suppressions=_suppressions(before, piece, content),
        problems=(),
    )


def _ended_with(statement: Statement, cls: ClassFacts) -> Statement:
    """Return a statement that ends where a class does, if it is what defines that."""
    if isinstance(statement, Define) and (statement.kind, statement.index) == ("class", cls.index):
        return statement._replace(end=cls.end)
    return statement


def _with_statements(cls: ClassFacts, piece: Piece, tree: Tree) -> ClassFacts:
    """Return a class with the statements of the piece; itself where they are those that it has."""
    is_last = piece.body.before + piece.body.size == len(cls.body)
    is_same = tree.body == piece.body.of(cls.body) and tree.calls == piece.calls.of(cls.calls)
    if is_same and (tree.end == cls.end or not is_last):
        return cls
    return cls._replace(
        body=piece.body.replaced(cls.body, tree.body),
        calls=piece.calls.replaced(cls.calls, tree.calls),
        end=tree.end if is_last else cls.end,
    )


def _suppressions(before: Reading, piece: Piece, content: str) -> tuple[Suppression, ...]:
    """Return the comments that silence findings: those of the piece anew, those behind it moved by lines."""
    known = before.facts.suppressions
    if not known and "#" not in content:
        return ()
    more_lines = line_ends(content, 0, len(content)) - line_ends(before.text, piece.start, piece.end)
    return (
        *[item for item in known if item.start < piece.start],
        *[
            item._replace(
                line=item.line + piece.line,
                start=piece.room.inside(item.start + piece.start),
                end=piece.room.inside(item.end + piece.start),
            )
            for item in suppressions(content)
        ],
        *[item._replace(line=item.line + more_lines) for item in known if item.start >= piece.end],
    )
