"""Rewrite new syntax into older one that parso reads, so that every character keeps its line and column.

What is rewritten loses some meaning (type parameters vanish, patterns become expressions), never its place:
answers about what stands elsewhere in the text stay right, and their offsets are those of the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword
from typing import NamedTuple

from offloop.resolve.masking import Mask, masked

_OPENING, _CLOSING = "([{", ")]}"
_BRACKET_OR_END = re.compile(r"[()\[\]{}\r\n]")
# Half-typed code leaves brackets open: a line that starts like this is no part of the one before.
_CERTAIN_START = re.compile(
    r"[ \t]*(?:@|(?:async[ \t]+)?def\b|class\b|return\b|import\b|try\b|raise\b|while\b|with\b|pass\b|del\b)"
)
_HEAD = re.compile(r"[ \t\f]*(?:async[ \t]+)?(class|def|type|except|match|case|with)\b[ \t]*")
_NAME = re.compile(r"\w+[ \t]*")
_STARRED_ANNOTATION = re.compile(r"(?<=[(,\s])\*\s*\w+\s*:\s*(\*)(?!\*)")
_AS = re.compile(r"\bas\b")
_IF = re.compile(r"\bif\b")
_PATTERN_NAME = re.compile(r"\bas\s+\w+")
_WORD = re.compile(r"\w+")
_TYPE_PARAMETER = re.compile(r"[\[,]\s*\**(\w+)")
_LAST_WORD = re.compile(r"\w+\Z")
_STAR = re.compile(r"\*+")
_NO_MATCH_SUBJECT = frozenset("=.,:;)]}|&^%<>/@!")


class _Line(NamedTuple):
    """A logical line: where it starts and ends, line end excluded."""

    start: int
    end: int


def downlevel(text: str) -> str:
    """Return a text of the same length and lines whose syntax parso knows; old syntax stays as it is."""
    mask = masked(text)
    rewriter = _Rewriter(mask)
    rewriter.run()
    return "".join(rewriter.out)


class _Rewriter:
    def __init__(self, mask: Mask) -> None:
        self.code = mask.code
        self.out = list(mask.text)
        # The open ``match`` statements: the indentation of each and that of its cases.
        self._matches: list[tuple[int, int]] = []

    def run(self) -> None:
        """Rewrite all logical lines."""
        lines = list(_logical_lines(self.code))
        for line, following in zip(lines, [*lines[1:], None], strict=False):
            self._stars(line)
            indent = _indent(self.code, line)
            while self._matches and indent <= self._matches[-1][0]:
                self._matches.pop()
            head = _HEAD.match(self.code, line.start, line.end)
            if head is not None:
                self._statement(head, line, following, indent)

    def _statement(self, head: re.Match[str], line: _Line, following: _Line | None, indent: int) -> None:
        match head[1]:
            case "class" | "def":
                self._type_parameters(head, line)
            case "type":
                self._alias(head, line)
            case "except":
                self._except(head.end(), line)
            case "with":
                self._with(head.end(), line)
            case "match":
                if following is not None and self._is_match(head, line, following, indent):
                    self._matches.append((indent, _indent(self.code, following)))
                    self._match(head, line)
            case "case":
                if self._matches and self._matches[-1][1] == indent:
                    self._case(head, line)

    # ---------------------------------------------------------------- edits
    def _put(self, place: int, replacement: str) -> None:
        self.out[place : place + len(replacement)] = replacement

    def _blank(self, start: int, end: int) -> None:
        for place in range(start, end):
            if self.out[place] not in "\r\n":
                self.out[place] = " "

    def _continue_lines(self, start: int, end: int) -> bool:
        """Join the lines of a blanked stretch with backslashes; False where a line has no room for one."""
        ends = [match.start() for match in re.finditer(r"\r\n|\r|\n", self.code[start:end])]
        if any(place == 0 or self.out[start + place - 1] != " " for place in ends):
            return False
        for place in ends:
            self._put(start + place - 1, "\\")
        return True

    # ---------------------------------------------------------------- stars
    def _stars(self, line: _Line) -> None:
        """Blank the stars of ``*args: *Ts`` and ``x[*a]``."""
        part = self.code[line.start : line.end]
        if "*" not in part:
            return
        for match in _STARRED_ANNOTATION.finditer(part):
            self._put(line.start + match.start(1), " ")
        subscripts: list[bool] = []
        before = ""
        for place, char in enumerate(part):
            if char in _OPENING:
                subscripts.append(char == "[" and _is_operand(part, place))
            elif char in _CLOSING and subscripts:
                subscripts.pop()
            elif char == "*" and subscripts and subscripts[-1] and before in ("[", ","):
                self._put(line.start + place, " ")
            if not char.isspace():
                before = char

    # ---------------------------------------------------------------- statements
    def _type_parameters(self, head: re.Match[str], line: _Line) -> None:
        """``class A[T](B)`` becomes ``class A(   B)``: whatever lines it spans, a bracket keeps them open."""
        opening, closing = self._parameters(head.end(), line)
        if closing < 0:
            return
        names = set(_TYPE_PARAMETER.findall(self.code, opening, closing))
        self._blank(opening, closing + 1)
        self._put(opening, "(")
        after = closing + 1
        while after < line.end and self.code[after] in " \t":
            after += 1
        if self.code[after : after + 1] != "(":
            self._put(closing, ")")
            return
        self._put(after, " ")
        if head[1] == "def":
            self._result(_closing(self.code, after, line.end), line, names)

    def _result(self, closing: int, line: _Line, names: set[str]) -> None:
        """Blank ``-> T`` of a generic function: what its body returns says more than a name that is gone."""
        colon = _top_level(self.code, closing + 1, line.end, ":")
        if closing >= 0 and colon >= 0 and names.intersection(_WORD.findall(self.code, closing, colon)):
            self._blank_joined(closing + 1, colon)

    def _blank_joined(self, start: int, end: int) -> bool:
        """Blank a stretch whose lines then need joining; False, and no change, where there is no room for it."""
        before = self.out[start:end]
        self._blank(start, end)
        if self._continue_lines(start, end):
            return True
        self.out[start:end] = before
        return False

    def _parameters(self, place: int, line: _Line) -> tuple[int, int]:
        name = _NAME.match(self.code, place, line.end)
        if name is None or self.code[name.end() : name.end() + 1] != "[":
            return -1, -1
        return name.end(), _closing(self.code, name.end(), line.end)

    def _alias(self, head: re.Match[str], line: _Line) -> None:
        """``type X[T] = int`` becomes ``type;X    = int``."""
        name = _NAME.match(self.code, head.end(), line.end)
        if name is None or head.end() == head.end(1) or self.code[name.end() : name.end() + 1] not in "=[":
            return
        opening, closing = self._parameters(head.end(), line)
        if opening >= 0 and closing < 0:
            return
        if closing >= 0 and not self._blank_joined(opening, closing + 1):
            return
        self._put(head.end(1), ";")

    def _except(self, place: int, line: _Line) -> None:
        """``except* A`` loses its star, ``except A, B`` the exceptions after the first."""
        if self.code[place : place + 1] == "*":
            self._put(place, " ")
        colon = _top_level(self.code, place, line.end, ":")
        comma = _top_level(self.code, place, colon, ",")
        if 0 <= comma < colon:
            self._blank(comma, colon)

    def _with(self, place: int, line: _Line) -> None:
        """``with (a as b, c as d):`` loses its brackets, or the names where it spans lines."""
        if self.code[place : place + 1] != "(":
            return
        closing = _closing(self.code, place, line.end)
        if closing < 0 or not self.code[closing + 1 : line.end].lstrip().startswith(":"):
            return
        names = [match.start() for match in _AS.finditer(self.code, place, closing)]
        names = [name for name in names if _depth(self.code, place, name) == 1]
        if not names:
            return
        if "\n" in self.code[place:closing] or "\r" in self.code[place:closing]:
            for name in names:
                comma = _top_level(self.code, name, closing, ",")
                self._blank(name, comma if comma >= 0 else closing)
            return
        self._put(place, " ")
        self._put(closing, " ")
        inner = self.code[place:closing].rstrip()
        if inner.endswith(","):
            self._put(place + len(inner) - 1, " ")

    # ---------------------------------------------------------------- match
    def _is_match(self, head: re.Match[str], line: _Line, following: _Line, indent: int) -> bool:
        """Whether a line that begins with ``match`` is followed by a deeper one that begins with ``case``."""
        if self.code[head.end() : head.end() + 1] in _NO_MATCH_SUBJECT or head.end() == line.end:
            return False
        if not self.code[line.start : line.end].rstrip().endswith(":"):
            return False
        case = _HEAD.match(self.code, following.start, following.end)
        return case is not None and case[1] == "case" and _indent(self.code, following) > indent

    def _match(self, head: re.Match[str], line: _Line) -> None:
        """``match x, y:`` becomes ``while x   :``."""
        self._put(head.start(1), "while")
        colon = _top_level(self.code, head.end(), line.end, ":")
        comma = _top_level(self.code, head.end(), colon, ",")
        if comma >= 0:
            self._blank(comma, colon)
        if self.code[head.end()] == "*":
            self._put(head.end(), " ")

    def _case(self, head: re.Match[str], line: _Line) -> None:
        """``case A(b) if c:`` becomes ``with A(b) , c:``; inner ``as`` names and stars of the pattern go."""
        colon = _top_level(self.code, head.end(), line.end, ":")
        if colon < 0:
            return
        self._put(head.start(1), "with")
        end = colon
        for guard in _IF.finditer(self.code, head.end(), colon):
            if _depth(self.code, head.end(), guard.start()) == 0:
                self._put(guard.start(), " ,")
                end = guard.start()
                break
        for name in _PATTERN_NAME.finditer(self.code, head.end(), end):
            if _depth(self.code, head.end(), name.start()):
                self._blank(*name.span())
        for star in _STAR.finditer(self.code, head.end(), end):
            if _depth(self.code, head.end(), star.start()) == 0:
                self._blank(*star.span())
        trailing = self.code[head.end() : end].rstrip()
        if trailing.endswith(","):
            self._put(head.end() + len(trailing) - 1, " ")


def _logical_lines(code: str) -> Iterator[_Line]:
    """Yield the lines of a masked text as the parser sees them, empty ones left out."""
    start = depth = 0
    for match in _BRACKET_OR_END.finditer(code):
        char = match[0]
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth = max(depth - 1, 0)
        elif depth == 0 or _CERTAIN_START.match(code, match.end()):
            if code[start : match.start()].strip():
                yield _Line(start, match.start())
            start, depth = match.end(), 0
    if code[start:].strip():
        yield _Line(start, len(code))


def _is_operand(code: str, end: int) -> bool:
    """Whether what stands before a bracket can be subscripted: a name or another bracket, no keyword."""
    before = code[:end].rstrip()
    word = _LAST_WORD.search(before)
    if word is None:
        return before.endswith((")", "]", "}"))
    return not iskeyword(word[0]) and word[0] not in ("match", "case")


def _indent(code: str, line: _Line) -> int:
    part = code[line.start : line.end]
    return len(part) - len(part.lstrip(" \t\f"))


def _depth(code: str, start: int, end: int) -> int:
    part = code[start:end]
    return sum(map(part.count, _OPENING)) - sum(map(part.count, _CLOSING))


def _closing(code: str, opening: int, end: int) -> int:
    """Return where the bracket closes that opens at a place, -1 where it does not."""
    depth = 0
    for place in range(opening, end):
        if code[place] in _OPENING:
            depth += 1
        elif code[place] in _CLOSING:
            depth -= 1
            if depth == 0:
                return place
    return -1


def _top_level(code: str, start: int, end: int, wanted: str) -> int:
    """Return the first place of a character outside of brackets, -1 where there is none."""
    depth = 0
    for place in range(start, end):
        char = code[place]
        if char == wanted and depth == 0:
            return place
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
    return -1
