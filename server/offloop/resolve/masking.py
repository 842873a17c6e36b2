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
_PLAIN_END = {
    quote: re.compile(rf"(?:[^\\{quote[0]}{lines}]|\\(?:\r\n|.)|{rest})*(?:{quote}|(?P<open>))", re.DOTALL)
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
            end, is_new = _string_end(text, match, 0)
            string = text[match.start() : end]
            seen.append(_plain(string, match["prefix"], match["quote"]) if is_new else string)
            code.append("S" * len(string))
        place = end
    seen.append(text[place:])
    code.append(text[place:])
    return Mask("".join(seen), "".join(code))


def _string_end(text: str, opening: re.Match[str], depth: int) -> tuple[int, bool]:
    """Return where a string ends, and whether older parsers fail on it."""
    quote, prefix = opening["quote"], opening["prefix"].lower()
    if "f" in prefix or "t" in prefix:
        end, is_new = _format_end(text, opening.end(), quote, depth)
        return end, is_new or "t" in prefix
    match = _PLAIN_END[quote].match(text, opening.end())
    return (match.end() if match is not None else len(text)), False


def _format_end(text: str, place: int, quote: str, depth: int) -> tuple[int, bool]:
    is_new = depth > _MAX_NESTING
    while (match := _IN_FORMAT.search(text, place)) is not None:
        found = match[0]
        if found == quote or (found[0] == quote and len(found) == 3):
            return match.start() + len(quote), is_new
        if found in "\r\n" and len(quote) == 1:
            return match.start(), is_new  # a string without an end: it stops with its line
        place = match.end()
        if found == "{" and depth <= _MAX_NESTING:
            end = _replacement_end(text, place, quote, depth)
            if end is None:
                return _line_end(text, place, quote), False
            # An expression with the string's own quotes, backslashes, comments or, in single quotes, line ends.
            part = text[place:end]
            is_new = is_new or quote in part or "\\" in part or "#" in part
            is_new = is_new or (len(quote) == 1 and ("\n" in part or "\r" in part))
            place = end
    return len(text), is_new


def _replacement_end(text: str, place: int, quote: str, depth: int) -> int | None:
    """Return the place after the brace that closes a replacement field, None where there is none."""
    brackets = 0
    while (match := _IN_REPLACEMENT.search(text, place)) is not None:
        place = match.end()
        if match["quote"] is not None:
            place = _string_end(text, match, depth + 1)[0]
        elif (other := match["other"]) is not None:
            if other == "}" and brackets == 0:
                return place
            if other == ":" and brackets == 0:
                return _specification_end(text, place, quote, depth)
            brackets += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(other, 0)
            if brackets < 0:
                return None
    return None


def _specification_end(text: str, place: int, quote: str, depth: int) -> int | None:
    for match in iter(lambda: re.compile(r"[{}]|\r|\n|[\"']+").search(text, place), None):
        found = match[0]
        if found == "}":
            return match.end()
        if quote in found or (found in "\r\n" and len(quote) == 1):
            return None
        place = match.end()
        if found == "{":
            end = _replacement_end(text, place, quote, depth + 1) if depth <= _MAX_NESTING else None
            if end is None:
                return None
            place = end
    return None


def _line_end(text: str, place: int, quote: str) -> int:
    """Return where a format string is given up: at its line's end, or the text's in triple quotes."""
    if len(quote) == 3:
        return len(text)
    match = _LINE_END.search(text, place)
    return match.start() if match is not None else len(text)


def _plain(string: str, prefix: str, quote: str) -> str:
    """Return a plain string of the same length and lines as a format string, its contents of no matter."""
    kept = "".join(" " if letter in "fFtT" else letter for letter in prefix)
    if len(kept.strip()) < len(kept):
        kept = kept.strip().rjust(len(kept))
    start, end = len(prefix) + len(quote), len(string)
    if string.endswith(quote) and end - len(quote) >= start:
        end -= len(quote)
    body = re.sub(r"[\"'\\]", " ", string[start:end])
    if len(quote) == 1:
        # An odd line without a character cannot be joined to the next; the parser recovers after it.
        body = re.sub(r"[^\r\n](?=\r\n|\r|\n)", r"\\", body)
    return kept + quote + body + string[end:]
