"""Rewrite new syntax into older one that parso reads, so that every character keeps its line and column.

What is rewritten loses some meaning (type parameters vanish, patterns become expressions), never its place:
answers about what stands elsewhere in the text stay right, and their offsets are those of the original.
"""

from __future__ import annotations

import re

from offloop.resolve.logical_lines import (
    CLOSING,
    OPENING,
    Line,
    closing_bracket,
    depth_between,
    find_at_top,
    indent_of,
    is_operand,
    logical_lines,
)
from offloop.resolve.masking import Mask, masked

_HEAD = re.compile(r"[ \t\f]*(?:async[ \t]+)?(class|def|type|except|match|case|with)\b[ \t]*")
_NAME = re.compile(r"\w+[ \t]*")
_STARRED_ANNOTATION = re.compile(r"(?<=[(,\s])\*\s*\w+\s*:\s*(\*)(?!\*)")
_AS = re.compile(r"\bas\b")
_IF = re.compile(r"\bif\b")
_PATTERN_NAME = re.compile(r"\bas\s+\w+")
_WORD = re.compile(r"\w+")
_TYPE_PARAMETER = re.compile(r"[\[,]\s*\**(\w+)")
_STAR = re.compile(r"\*+")
_NO_MATCH_SUBJECT = frozenset("=.,:;)]}|&^%<>/@!")


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
        lines = list(logical_lines(self.code))
        for line, following in zip(lines, [*lines[1:], None], strict=False):
            self._stars(line)
            indent = indent_of(self.code, line)
            while self._matches and indent <= self._matches[-1][0]:
                self._matches.pop()
            head = _HEAD.match(self.code, line.start, line.end)
            if head is not None:
                self._statement(head, line, following, indent)

    def _statement(self, head: re.Match[str], line: Line, following: Line | None, indent: int) -> None:
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
                    self._matches.append((indent, indent_of(self.code, following)))
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
    def _stars(self, line: Line) -> None:
        """Blank the stars of ``*args: *Ts`` and ``x[*a]``."""
        part = self.code[line.start : line.end]
        if "*" not in part:
            return
        for match in _STARRED_ANNOTATION.finditer(part):
            self._put(line.start + match.start(1), " ")
        subscripts: list[bool] = []
        before = ""
        for place, char in enumerate(part):
            if char in OPENING:
                subscripts.append(char == "[" and is_operand(part, place))
            elif char in CLOSING and subscripts:
                subscripts.pop()
            elif char == "*" and subscripts and subscripts[-1] and before in ("[", ","):
                self._put(line.start + place, " ")
            if not char.isspace():
                before = char

    # ---------------------------------------------------------------- statements
    def _type_parameters(self, head: re.Match[str], line: Line) -> None:
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
            self._result(closing_bracket(self.code, after, line.end), line, names)

    def _result(self, closing: int, line: Line, names: set[str]) -> None:
        """Blank ``-> T`` of a generic function: what its body returns says more than a name that is gone."""
        colon = find_at_top(self.code, closing + 1, line.end, ":")
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

    def _parameters(self, place: int, line: Line) -> tuple[int, int]:
        name = _NAME.match(self.code, place, line.end)
        if name is None or self.code[name.end() : name.end() + 1] != "[":
            return -1, -1
        return name.end(), closing_bracket(self.code, name.end(), line.end)

    def _alias(self, head: re.Match[str], line: Line) -> None:
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

    def _except(self, place: int, line: Line) -> None:
        """``except* A`` loses its star, ``except A, B`` the exceptions after the first."""
        if self.code[place : place + 1] == "*":
            self._put(place, " ")
        colon = find_at_top(self.code, place, line.end, ":")
        comma = find_at_top(self.code, place, colon, ",")
        if 0 <= comma < colon:
            self._blank(comma, colon)

    def _with(self, place: int, line: Line) -> None:
        """``with (a as b, c as d):`` loses its brackets, or the names where it spans lines."""
        if self.code[place : place + 1] != "(":
            return
        closing = closing_bracket(self.code, place, line.end)
        if closing < 0 or not self.code[closing + 1 : line.end].lstrip().startswith(":"):
            return
        names = [match.start() for match in _AS.finditer(self.code, place, closing)]
        names = [name for name in names if depth_between(self.code, place, name) == 1]
        if not names:
            return
        if "\n" in self.code[place:closing] or "\r" in self.code[place:closing]:
            for name in names:
                comma = find_at_top(self.code, name, closing, ",")
                self._blank(name, comma if comma >= 0 else closing)
            return
        self._put(place, " ")
        self._put(closing, " ")
        inner = self.code[place:closing].rstrip()
        if inner.endswith(","):
            self._put(place + len(inner) - 1, " ")

    # ---------------------------------------------------------------- match
    def _is_match(self, head: re.Match[str], line: Line, following: Line, indent: int) -> bool:
        """Whether a line that begins with ``match`` is followed by a deeper one that begins with ``case``."""
        if self.code[head.end() : head.end() + 1] in _NO_MATCH_SUBJECT or head.end() == line.end:
            return False
        if not self.code[line.start : line.end].rstrip().endswith(":"):
            return False
        case = _HEAD.match(self.code, following.start, following.end)
        return case is not None and case[1] == "case" and indent_of(self.code, following) > indent

    def _match(self, head: re.Match[str], line: Line) -> None:
        """``match x, y:`` becomes ``while x   :``."""
        self._put(head.start(1), "while")
        colon = find_at_top(self.code, head.end(), line.end, ":")
        comma = find_at_top(self.code, head.end(), colon, ",")
        if comma >= 0:
            self._blank(comma, colon)
        if self.code[head.end()] == "*":
            self._put(head.end(), " ")

    def _case(self, head: re.Match[str], line: Line) -> None:
        """``case A(b) if c:`` becomes ``with A(b) , c:``; inner ``as`` names and stars of the pattern go."""
        colon = find_at_top(self.code, head.end(), line.end, ":")
        if colon < 0:
            return
        self._put(head.start(1), "with")
        end = colon
        for guard in _IF.finditer(self.code, head.end(), colon):
            if depth_between(self.code, head.end(), guard.start()) == 0:
                self._put(guard.start(), " ,")
                end = guard.start()
                break
        for name in _PATTERN_NAME.finditer(self.code, head.end(), end):
            if depth_between(self.code, head.end(), name.start()):
                self._blank(*name.span())
        for star in _STAR.finditer(self.code, head.end(), end):
            if depth_between(self.code, head.end(), star.start()) == 0:
                self._blank(*star.span())
        trailing = self.code[head.end() : end].rstrip()
        if trailing.endswith(","):
            self._put(head.end() + len(trailing) - 1, " ")
