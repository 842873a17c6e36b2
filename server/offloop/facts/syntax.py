"""From a text to its functions, classes and statements, by way of ``ast_serialize``.

This is the only module that knows the parser. The parser counts columns in a way that goes wrong after
characters outside of ASCII, so it is given a text in which each of them is an ``x``: all places stay, and
names and strings are taken back from the original text.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

import ast_serialize

from offloop.facts import expressions, imports, literals, statements  # noqa: F401 - they register decoders
from offloop.facts.again import NOT_DECODED, Decoded, RenewingReader
from offloop.facts.definitions import unfold_qualified_names
from offloop.facts.model import ClassFacts, FunctionFacts, SyntaxProblem
from offloop.facts.reader import Reader, UnreadableTreeError, fold
from offloop.facts.tree import Block, Call, If, Import
from offloop.text import line_starts

if TYPE_CHECKING:
    from ast_serialize import ParseError

# The newest grammar that the parser knows: a text may be meant for a newer Python than runs us.
_GRAMMAR = (3, 14)
_FORMAT = 5
# A long text that is no Python would give one problem for each of its words.
MOST_PROBLEMS = 100


# Makes a block of the indented lines that follow.
_BLOCK = "if _:\n"
_BLOCK_LINES = 1


class Around(NamedTuple):
    """What stands around a piece of a text: the class, what names in it start with, the functions before it."""

    owner: int | None
    prefix: str
    functions: int


class Tree(NamedTuple):
    """A decoded text: definitions, all imports wherever they stand, module body and module calls.

    ``end`` is where the block ends that a piece of a text is, by what the parser says.
    """

    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]
    imports: tuple[Import, ...]
    body: Block
    calls: tuple[Call, ...]
    problems: tuple[SyntaxProblem, ...]
    end: int = 0


def parse(text: str) -> Tree:
    """Return the decoded text; what the parser did not understand is in ``problems``.

    Raises UnreadableTreeError where the parser's answer has an unknown format, TooDeepError or RecursionError
    where expressions or blocks nest too deeply. Very long chains (some ten thousand operators) end the
    process inside of the parser: see depth.py for the guard.
    """
    folded = not text.isascii()
    first = _first(text)
    data, errors = _parsed(fold(text[first:]))
    reader = Reader(data, text, folded, [0, *line_starts(text, first, len(text))])
    tree = _tree(reader, _body(reader), _problems(errors, text))
    if not folded:
        return tree
    functions, classes = unfold_qualified_names(tree.functions, tree.classes)
    return tree._replace(functions=functions, classes=classes)


def parse_piece(
    text: str, start: int, end: int, around: Around, before: Decoded | None = NOT_DECODED
) -> tuple[Tree, Decoded]:
    """Return the decoded statements of a piece of a text, which is whole lines of one block.

    Places are those in the text, indexes of functions those in the text's facts. The problems' lines are
    0-based and counted from the piece's first line. What was decoded ``before`` of the same piece is taken
    over where it has not changed; None is for what is read but once. The body is empty where the piece does
    not stay in its block. Raises what ``parse`` raises.
    """
    piece = text[start:end]
    indented = piece[:1] in (" ", "\t")
    starts = line_starts(text, start, end)
    data, errors = _parsed((_BLOCK if indented else "") + fold(piece))
    starts = [start, start, *starts] if indented else [start, *starts]
    is_ascii, renewing = piece.isascii(), None
    if is_ascii and before is not None:
        renewing = RenewingReader(data, text, starts, (start, end), before)
    reader = renewing if renewing is not None else Reader(data, text, not is_ascii, starts)
    reader.owner, reader.prefix = around.owner, around.prefix
    reader.functions = [None] * around.functions
    body, last = _body(reader), 0
    if indented:
        body, last = _in_block(body)
    tree = _tree(reader, body, _problems(errors, piece, _BLOCK_LINES if indented else 0), last)
    return tree, renewing.decoded() if renewing is not None else NOT_DECODED


def _in_block(body: Block) -> tuple[Block, int]:
    """Return what is in the block that was made around a piece, and its end; nothing where the piece leaves it."""
    block = body[0] if len(body) == 1 else None
    if isinstance(block, If) and len(block.branches) == 1 and not block.orelse:
        return block.branches[0][1], block.end
    return (), 0


def syntax_problems(text: str) -> tuple[SyntaxProblem, ...]:
    """Return what the parser does not understand of a text; raises UnreadableTreeError."""
    _, errors = _parsed(fold(text[_first(text) :]))
    return _problems(errors, text)


def _first(text: str) -> int:
    """Return where the text begins for the parser, which counts no byte order mark."""
    return 1 if text.startswith("\ufeff") else 0


def _tree(reader: Reader, body: Block, problems: tuple[SyntaxProblem, ...], end: int = 0) -> Tree:
    return Tree(
        tuple([item for item in reader.functions if item is not None]),
        tuple([item for item in reader.classes if item is not None]),
        tuple(reader.imports),
        body,
        tuple(reader.calls),
        problems,
        end,
    )


def _body(reader: Reader) -> Block:
    """Read all statements of a tree."""
    try:
        body = reader.statements(reader.number())
    except (IndexError, UnicodeDecodeError, struct.error) as error:
        raise UnreadableTreeError(str(error)) from error
    if reader.place != len(reader.data):
        raise UnreadableTreeError(f"{len(reader.data) - reader.place} bytes left of the tree")
    return body


def _parsed(text: str) -> tuple[bytes, list[ParseError]]:
    try:
        answer = ast_serialize.parse("", text, python_version=_GRAMMAR, cache_version=_FORMAT)
    except ValueError as error:
        raise UnreadableTreeError(str(error)) from error
    except BaseException as error:
        # A fault inside of the parser arrives as an exception that no module exports.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableTreeError(str(error)) from error
    return answer[0], answer[1]


def _problems(errors: list[ParseError], text: str, lines_before: int = 0) -> tuple[SyntaxProblem, ...]:
    return tuple([_problem(error, text, lines_before) for error in errors[:MOST_PROBLEMS]])


def _problem(error: ParseError, text: str, lines_before: int) -> SyntaxProblem:
    line, column = error["line"] - 1 - lines_before, error["column"] - 1
    if line == 0 and text.startswith("\ufeff"):
        column += 1
    return SyntaxProblem(error["message"], max(line, 0), max(column, 0))
