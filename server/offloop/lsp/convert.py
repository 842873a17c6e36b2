"""Places: code points of our texts to the units of the client, and paths to URIs.

The only module that knows UTF-8, UTF-16 and UTF-32 columns.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path, PurePath
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from lsprotocol import types

from offloop.text import LineIndex, Position, Span

_KNOWN = frozenset(kind.value for kind in types.PositionEncodingKind)
_WINDOWS = sys.platform == "win32"


def choose_encoding(offered: Iterable[types.PositionEncodingKind | str] | None) -> types.PositionEncodingKind:
    """Return the first encoding that the client offers and we know, UTF-16 without one.

    Clients offer what they like best first, and other servers take it: an editor that has several servers for a
    text (Neovim warns) had better count in one way.
    """
    for kind in offered or ():
        name = str(getattr(kind, "value", kind))
        if name in _KNOWN:
            return types.PositionEncodingKind(name)
    return types.PositionEncodingKind.Utf16


def _width_utf8(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def _width_utf16(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


_WIDTHS: dict[types.PositionEncodingKind, Callable[[str], int]] = {
    types.PositionEncodingKind.Utf8: _width_utf8,
    types.PositionEncodingKind.Utf16: _width_utf16,
}


class Place(NamedTuple):
    """A client's position: a 0-based line and a column in its units, as is made with each keystroke."""

    line: int
    character: int


class Converter:
    """Translate places of one client: its 0-based lines and columns in its own units."""

    def __init__(self, encoding: types.PositionEncodingKind = types.PositionEncodingKind.Utf16) -> None:
        self.encoding = encoding
        self._width = _WIDTHS.get(encoding)

    def position(self, lines: LineIndex, place: Position) -> types.Position:
        """Return the client's position of a place given in code points."""
        return types.Position(place.line, self.units(lines.line_text(place.line), place.column))

    def units(self, line: str, column: int) -> int:
        """Return a column of a line, given in code points, in the client's units."""
        if self._width is None or line.isascii():
            return column
        inside = line[:column]
        return sum(map(self._width, inside)) + max(0, column - len(line))

    def column(self, line: str, units: int) -> int:
        """Return a column of a line, given in the client's units, in code points; rounds down within one."""
        if self._width is None or line.isascii():
            return units
        for index, character in enumerate(line):
            units -= self._width(character)
            if units < 0:
                return index
        return len(line)

    def offset(self, lines: LineIndex, position: types.Position | Place) -> int:
        """Return the code point offset of a client's position; places outside are clamped."""
        start, end = lines.line_span(position.line)
        return min(start + self.column(lines.text[start:end], position.character), end)

    def range(self, lines: LineIndex, span: Span) -> types.Range:
        """Return the client's range of a span of code point offsets."""
        return types.Range(
            self.position(lines, lines.position(span.start)), self.position(lines, lines.position(span.end))
        )

    def span(self, lines: LineIndex, start: types.Position | Place, end: types.Position | Place) -> Span:
        """Return the span of code point offsets between two of a client's positions; a reversed one is turned round."""
        first, last = self.offset(lines, start), self.offset(lines, end)
        return Span(first, last) if first <= last else Span(last, first)


@lru_cache(maxsize=256)
def path_of(uri: str) -> str | None:
    """Return the absolute file path of a URI in one spelling, or None when it names no local file."""
    parts = urlsplit(uri)
    if parts.scheme.lower() != "file":
        return None
    path = unquote(parts.path)
    if parts.netloc and parts.netloc != "localhost":
        path = f"//{parts.netloc}{path}"
    if _WINDOWS:
        path = path.lstrip("/") if path[2:3] == ":" else path
        path = path[0].upper() + path[1:] if path[1:2] == ":" else path
        return str(PurePath(path))
    return path or "/"


def uri_of(path: str) -> str:
    """Return the URI of an absolute path; what is no path of a file is taken for a URI already."""
    if not PurePath(path).is_absolute():
        return path
    return Path(path).as_uri() if _WINDOWS else "file://" + quote(path)
