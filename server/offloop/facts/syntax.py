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
from offloop.facts.definitions import unfold_qualified_names
from offloop.facts.model import ClassFacts, FunctionFacts, SyntaxProblem
from offloop.facts.reader import Reader, UnreadableTreeError, fold
from offloop.facts.tree import Block, Call, Import

if TYPE_CHECKING:
    from ast_serialize import ParseError

# The newest grammar that the parser knows: a text may be meant for a newer Python than runs us.
_GRAMMAR = (3, 14)
_FORMAT = 5
# A long text that is no Python would give one problem for each of its words.
_PROBLEMS = 100


class Tree(NamedTuple):
    """A decoded text: definitions, all imports wherever they stand, module body and module calls."""

    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]
    imports: tuple[Import, ...]
    body: Block
    calls: tuple[Call, ...]
    problems: tuple[SyntaxProblem, ...]


def parse(text: str) -> Tree:
    """Return the decoded text; what the parser did not understand is in ``problems``.

    Raises UnreadableTreeError where the parser's answer has an unknown format, TooDeepError or RecursionError
    where expressions or blocks nest too deeply. Very long chains (some ten thousand operators) end the
    process inside of the parser: see depth.py for the guard.
    """
    folded = not text.isascii()
    seen = fold(text.removeprefix("\ufeff")) if folded else text
    data, errors = _parsed(seen)
    reader = Reader(data, text, folded)
    try:
        body = reader.statements(reader.number())
    except (IndexError, UnicodeDecodeError, struct.error) as error:
        raise UnreadableTreeError(str(error)) from error
    if reader.place != len(data):
        raise UnreadableTreeError(f"{len(data) - reader.place} bytes left of the tree")
    functions = tuple([item for item in reader.functions if item is not None])
    classes = tuple([item for item in reader.classes if item is not None])
    if folded:
        functions, classes = unfold_qualified_names(functions, classes)
    problems = tuple([_problem(error, text) for error in errors[:_PROBLEMS]])
    return Tree(functions, classes, tuple(reader.imports), body, tuple(reader.calls), problems)


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


def _problem(error: ParseError, text: str) -> SyntaxProblem:
    line, column = error["line"] - 1, error["column"] - 1
    if line == 0 and text.startswith("\ufeff"):
        column += 1
    return SyntaxProblem(error["message"], max(line, 0), max(column, 0))
