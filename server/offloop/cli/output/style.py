"""Colours, and how many cells of a terminal characters take."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

TAB = 4
_CODES = {
    "bold": "1",
    "dim": "2",
    "error": "1;31",
    "warning": "1;33",
    "info": "1;34",
    "hint": "1;36",
    "gutter": "1;34",
    "step": "1;34",
    "path": "1",
    "help": "1;36",
    "removed": "31",
    "added": "32",
}
_SHOWN_CONTROLS = {code: chr(0x2400 + code) for code in range(32)} | {127: "\u2421"}


@dataclass(frozen=True, slots=True)
class Style:
    """Whether to colour, and the width of the terminal in cells (None: not a terminal, nothing is cut)."""

    is_coloured: bool = False
    width: int | None = None

    def __call__(self, name: str, text: str) -> str:
        """Return a text in one of the named styles."""
        return f"\033[{_CODES[name]}m{text}\033[0m" if self.is_coloured and text else text


def style_for(stream: TextIO, environ: Mapping[str, str], choice: str = "auto") -> Style:
    """Return the style for a stream: NO_COLOR beats FORCE_COLOR beats what the stream is."""
    is_terminal = stream.isatty()
    coloured = is_terminal and environ.get("TERM") != "dumb"
    if environ.get("FORCE_COLOR"):
        coloured = True
    if environ.get("NO_COLOR"):
        coloured = False
    if choice != "auto":
        coloured = choice == "always"
    return Style(coloured, shutil.get_terminal_size().columns if is_terminal else None)


def cells(text: str) -> int:
    """Return how many cells a text takes; tabs have to be expanded before."""
    return sum(map(_cells, text))


def visible(text: str) -> str:
    """Return a source text as a terminal may have it: tabs as spaces, controls as pictures."""
    return text.replace("\t", " " * TAB).translate(_SHOWN_CONTROLS).translate(_BIDIRECTIONAL)


def clip(text: str, start: int, end: int, width: int | None) -> tuple[str, int, int]:
    """Cut a line to a width so that the range of code points stays in sight; returns line and new range."""
    if width is None or cells(text) <= width:
        return text, start, end
    room = max(width, 20) - 2
    first = start if cells(text[:end]) >= room else 0
    while first and cells(text[first - 1 : start]) <= room // 4:
        first -= 1
    last = first
    used = 0
    while last < len(text) and (used := used + _cells(text[last])) <= room:
        last += 1
    head, tail = "\u2026" if first else "", "\u2026" if last < len(text) else ""
    shift = len(head) - first
    return head + text[first:last] + tail, start + shift, min(end, last) + shift


def _cells(character: str) -> int:
    if character < "\u0300":
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


# Characters that make a terminal show a line in another order than Python reads it.
_BIDIRECTIONAL = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x9B), "\ufffd")
