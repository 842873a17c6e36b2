"""Tell code from strings and comments, f-strings with strings inside of them included."""

from __future__ import annotations

import re
from typing import NamedTuple

_INTERESTING = re.compile(
    r"(?P<comment>\#[^\r\n]*)"
    r"|(?P<joined>\\(?:\r\n|\r|\n))"
    r"|(?P<prefix>(?<!\w)[A-Za-z]{0,2})(?P<quote>\"\"\"|'''|\"|')"
)
_IN_FORMAT = re.compile(r"\{\{|\}\}|\{|\\(?:\r\n|.)|\r|\n|\"\"\"|'''|\"|'", re.DOTALL)
_IN_REPLACEMENT = re.compile(
    r"(?P<comment>\#[^\r\n]*)"
    r"|(?P<prefix>(?<!\w)[A-Za-z]{0,2})(?P<quote>\"\"\"|'''|\"|')"
    r"|(?P<other>[()\[\]{}]|!=|:=?)"
)
_IN_SPECIFICATION = re.compile(r"[{}]|\r|\n|[\"']+")
_PLAIN_END = {
    quote: re.compile(rf"(?:[^\\{quote[0]}{lines}]|\\(?:\r\n|.)|{rest})*(?:{quote})?", re.DOTALL)
    for quote, lines, rest in (
        ('"', r"\r\n", "(?!)"),
        ("'", r"\r\n", "(?!)"),
        ('"""', "", '"(?!"")'),
        ("'''", "", "'(?!'')"),
    )
}
_LINE_END = re.compile(r"\r\n|\r|\n")
_MAX_NESTING = 20


class Mask(NamedTuple):
    """A text, and its code: as long, with strings filled by "S", comments and joined line ends by spaces.

    In ``text`` the strings that older parsers cannot read are plain ones; for all others it is the original.
    """

    text: str
    code: str


def masked(text: str) -> Mask:
    """Return the code of a text."""
    seen: list[str] = []
    code: list[str] = []
    place = 0
    while (match := _INTERESTING.search(text, place)) is not None:
        before = text[place : match.start()]
        seen.append(before)
        code.append(before)
        end = match.end()
        if match["quote"] is None:
            seen.append(match[0])
            code.append(" " * len(match[0]))
        else:
            scanner = _StringScanner(text)
            end = scanner.end(match, 0)
            string = text[match.start() : end]
            seen.append(_plain(string, match["prefix"], match["quote"]) if scanner.is_new else string)
            code.append("S" * len(string))
        place = end
    seen.append(text[place:])
    code.append(text[place:])
    return Mask("".join(seen), "".join(code))


class _StringScanner:
    """Finds the end of one string; ``is_new`` says afterwards whether older parsers fail on it."""

    def __init__(self, text: str) -> None:
        self.is_new = False
        self._text = text

    def end(self, opening: re.Match[str], depth: int) -> int:
        """Return where the string ends that opens with a match; unfinished ones end with their line."""
        quote, prefix = opening["quote"], opening["prefix"].lower()
        if "f" in prefix or "t" in prefix:
            self.is_new = self.is_new or "t" in prefix
            return self._format(opening.end(), quote, depth)
        match = _PLAIN_END[quote].match(self._text, opening.end())
        return match.end() if match is not None else len(self._text)

    def _format(self, place: int, quote: str, depth: int) -> int:
        while (match := _IN_FORMAT.search(self._text, place)) is not None:
            found = match[0]
            if found.startswith(quote):
                return match.start() + len(quote)
            if found in "\r\n" and len(quote) == 1:
                return match.start()
            place = match.end()
            if found == "{":
                end = self._replacement(place, quote, depth)
                if end is None:
                    self.is_new = False
                    return self._given_up(place, quote)
                self._judge(self._text[place:end], quote)
                place = end
        return len(self._text)

    def _judge(self, part: str, quote: str) -> None:
        """Look for what no expression could hold: its string's own quotes, backslashes, comments, line ends."""
        is_new = quote in part or "\\" in part or "#" in part
        self.is_new = self.is_new or is_new or (len(quote) == 1 and ("\n" in part or "\r" in part))

    def _replacement(self, place: int, quote: str, depth: int) -> int | None:
        """Return the place after the brace that closes a replacement field, None where there is none."""
        brackets = 0
        while depth <= _MAX_NESTING and (match := _IN_REPLACEMENT.search(self._text, place)) is not None:
            place = match.end()
            if match["quote"] is not None:
                place = self.end(match, depth + 1)
            elif (other := match["other"]) is not None:
                if other == "}" and brackets == 0:
                    return place
                if other == ":" and brackets == 0:
                    return self._specification(place, quote, depth)
                brackets += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(other, 0)
                if brackets < 0:
                    return None
        return None

    def _specification(self, place: int, quote: str, depth: int) -> int | None:
        while (match := _IN_SPECIFICATION.search(self._text, place)) is not None:
            found = match[0]
            place = match.end()
            if found == "}":
                return place
            if quote in found or (found in "\r\n" and len(quote) == 1):
                return None
            if found == "{":
                end = self._replacement(place, quote, depth + 1)
                if end is None:
                    return None
                place = end
        return None

    def _given_up(self, place: int, quote: str) -> int:
        match = _LINE_END.search(self._text, place) if len(quote) == 1 else None
        return match.start() if match is not None else len(self._text)


def _plain(string: str, prefix: str, quote: str) -> str:
    """Return a plain string of the same length and lines as a format string, its contents of no matter."""
    # A space at the start of a statement would be an indentation.
    kept = "u" if len(prefix) == 1 else re.sub("[fFtT]", "", prefix).rjust(len(prefix))
    start, end = len(prefix) + len(quote), len(string)
    if string.endswith(quote) and end - len(quote) >= start:
        end -= len(quote)
    body = re.sub(r"[\"'\\]", " ", string[start:end])
    if len(quote) == 1:
        # An odd line without a character cannot be joined to the next; the parser recovers after it.
        body = re.sub(r"[^\r\n](?=\r\n|\r|\n)", r"\\", body)
    return kept + quote + body + string[end:]
