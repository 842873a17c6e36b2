"""Bytes to protocol messages: finds the frames of a stream, even after garbage; knows no JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST_MESSAGE = 256 * 1024 * 1024
_LONGEST_HEADER = 4096
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE)
_MESSAGE = re.compile(rb"Content-Length: (\d{1,9})\r\n\r\n")
_HEADER = re.compile(rb"[A-Za-z-]+[ \t]*:.*")


class Frame(NamedTuple):
    """The body of one message, as many bytes as its header announced."""

    body: bytes


class Garbage(NamedTuple):
    """Bytes between messages that are no header."""

    data: bytes


class Framer:
    """Cut a stream of bytes into frames.

    Header names are matched in any case, lines may end with or without a carriage return. Lines that are no
    header are given back as garbage, and a length that stands at the end of such a line counts: so framing is
    found again after a message whose announced length was too small.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None
        self._in_body = False

    def feed(self, data: bytes) -> Iterator[Frame | Garbage]:
        """Add bytes and yield what they complete."""
        if not self._buffer and self._length is None:
            whole = _MESSAGE.match(data)
            if whole is not None and int(whole.group(1)) == len(data) - whole.end():
                yield Frame(data[whole.end() :])  # one message, as comes with each keystroke
                return
        self._buffer += data
        while (piece := self._next()) is not None:
            if isinstance(piece, Frame) or piece.data:
                yield piece

    def push_back(self, data: bytes) -> None:
        """Read bytes again that were handed out as part of a frame."""
        self._buffer[:0] = data

    def _next(self) -> Frame | Garbage | None:
        if self._in_body:
            return self._body()
        end = self._buffer.find(b"\n")
        if end < 0:
            return self._overlong()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return self._header(line)

    def _body(self) -> Frame | None:
        length = self._length or 0
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._in_body, self._length = False, None
        return Frame(body)

    def _header(self, line: bytes) -> Garbage:
        if not line.strip():
            self._in_body = self._length is not None
            return Garbage(b"")
        found = _LENGTH.search(line)
        if found is not None:
            self._length = int(found.group(1))
            if self._length > LONGEST_MESSAGE:
                self._length = None
                return Garbage(line)
            return Garbage(line[: found.start()])
        return Garbage(b"" if self._length is not None and _HEADER.match(line) else self._foreign(line))

    def _foreign(self, line: bytes) -> bytes:
        return b"" if line.lower().startswith(b"content-type") else line

    def _overlong(self) -> Garbage | None:
        if len(self._buffer) <= _LONGEST_HEADER:
            return None
        data = bytes(self._buffer[:-_LONGEST_HEADER])
        del self._buffer[:-_LONGEST_HEADER]
        return Garbage(data)


def later_frame(body: bytes) -> int | None:
    """Return where, inside a frame that is no JSON, the header of another message starts."""
    found = re.search(rb"content-length[ \t]*:[ \t]*\d+\r?\n", body, re.IGNORECASE)
    return found.start() if found else None
