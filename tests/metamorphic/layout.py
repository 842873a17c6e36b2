"""Rewritings of what is no syntax: blank lines, comments, line ends, indentation, names."""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from collections.abc import Iterator

from tests.metamorphic.text import Line, Text

_ENDS = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT)


def tokens(text: Text) -> list[tokenize.TokenInfo]:
    """Return the tokens of a file."""
    return list(tokenize.generate_tokens(io.StringIO(text.content).readline))


def logical_rows(text: Text) -> Iterator[int]:
    """Yield the rows on which statements begin."""
    fresh = True
    for token in tokens(text):
        if token.type == tokenize.NEWLINE:
            fresh = True
        elif fresh and token.type not in _ENDS and token.type != tokenize.ENDMARKER:
            fresh = False
            yield token.start[0]


def blank_lines(texts: list[Text]) -> list[Text]:
    """Put a comment and a blank line before every statement."""
    for text in texts:
        for row in logical_rows(text):
            indent = text.row(row)[: len(text.row(row)) - len(text.row(row).lstrip())]
            text.insert(row, f"{indent}# Much ado about nothing.", "")
    return [text.apply() for text in texts]


def trailing_comments(texts: list[Text]) -> list[Text]:
    """Put a comment at the end of every statement's last row that has none."""
    for text in texts:
        for token in tokens(text):
            row = token.start[0]
            if token.type == tokenize.NEWLINE and "#" not in text.row(row):
                end = len(text.row(row))
                text.cut(row, end, end, "  # ünïcode 🦆")
    return [text.apply() for text in texts]


def crlf(texts: list[Text]) -> list[Text]:
    """End lines as Windows does."""
    return [
        Text(text.path, [Line(f"{line.text}\r", line.origin) for line in text.lines[:-1]] + text.lines[-1:])
        for text in texts
    ]


def tabs(texts: list[Text]) -> list[Text]:
    """Indent with tabs."""
    result = []
    for text in texts:
        lines = []
        for line in text.lines:
            bare = line.text.lstrip(" ")
            depth = (len(line.text) - len(bare)) // 4
            lines.append(Line("\t" * depth + " " * ((len(line.text) - len(bare)) % 4) + bare, line.origin))
        result.append(Text(text.path, lines))
    return [text for text in result if text.tree() is not None] if all(map(Text.tree, result)) else []


def one_liners(texts: list[Text]) -> list[Text]:
    """Put bodies of one simple statement on the row of their ``def``."""
    for text in texts:
        tree = text.tree()
        for node in ast.walk(tree) if tree is not None else ():
            if not isinstance(node, ast.FunctionDef) or len(node.body) != 1:
                continue
            body = node.body[0]
            simple = isinstance(body, ast.Expr | ast.Return | ast.Assign) and body.lineno == body.end_lineno
            header = text.row(body.lineno - 1)
            if (
                simple
                and header.rstrip().endswith(":")
                and "#" not in header
                and "#" not in text.row(body.lineno)
            ):
                # The row stays where it is: the header goes down to it.
                text.cut(body.lineno - 1, 0, len(header), "")
                indent = len(text.row(body.lineno)) - len(text.row(body.lineno).lstrip())
                text.cut(body.lineno, 0, indent, header.rstrip() + " ")
    return [text.apply() for text in texts]


# ------------------------------------------------------------------ names
def _renamed(texts: list[Text], names: dict[str, str]) -> None:
    for text in texts:
        for token in tokens(text):
            if token.type == tokenize.NAME and token.string in names:
                text.cut(token.start[0], token.start[1], token.end[1], names[token.string])


def class_names(texts: list[Text]) -> dict[str, str]:
    """Return the names of the fixture's own classes with letters that are none of English."""
    own = {
        node.name
        for text in texts
        if (tree := text.tree()) is not None
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    return {name: f"Ö{name}ß" for name in own}


def non_ascii_names(texts: list[Text]) -> list[Text]:
    """Rename the fixture's own classes."""
    _renamed(texts, class_names(texts))
    return [text.apply() for text in texts]


def local_names(texts: list[Text]) -> list[Text]:
    """Rename local variables that are used in one function only."""
    for text in texts:
        tree = text.tree()
        used: dict[str, int] = {}
        for token in tokens(text):
            if token.type == tokenize.NAME:
                used[token.string] = used.get(token.string, 0) + 1
        for function in ast.walk(tree) if tree is not None else ():
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                _rename_locals(text, function, used)
    return [text.apply() for text in texts]


def _rename_locals(
    text: Text, function: ast.FunctionDef | ast.AsyncFunctionDef, used: dict[str, int]
) -> None:
    names: dict[str, list[ast.Name]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            names.setdefault(node.id, []).append(node)
    for name, places in names.items():
        stored = any(isinstance(place.ctx, ast.Store) for place in places)
        if stored and used.get(name) == len(places) and not keyword.iskeyword(name):
            for place in places:
                text.replace(place, f"{name}_ñ")
