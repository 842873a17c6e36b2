"""The texts that the client has open, with their versions; edits are applied here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lsprotocol import types

from offloop.lsp.convert import Converter, Place, path_of
from offloop.text import LineIndex


@dataclass(slots=True)
class Document:
    """One open text: ``path`` is absolute, or the URI itself where no local file is meant."""

    uri: str
    path: str
    version: int
    is_python: bool = True
    lines: LineIndex = field(default_factory=lambda: LineIndex(""))

    @property
    def text(self) -> str:
        """The whole text."""
        return self.lines.text


class Change(NamedTuple):
    """New text for what stands between two of the client's positions; for the whole text where there are none."""

    text: str
    start: Place | None = None
    end: Place | None = None


class Changes(NamedTuple):
    """What a client says of an open document: edits that were made one after the other, and its version then."""

    uri: str
    version: int
    edits: Sequence[Change]


class UnknownDocumentError(LookupError):
    """The client talks of a document that it has not opened."""


class Documents:
    """All open documents, found by any spelling of their URI."""

    def __init__(self) -> None:
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        """Yield each open document."""
        return iter(self._open.values())

    def uris(self) -> dict[str, str]:
        """Return the client's own spelling of each open document's URI, by path."""
        return {path: document.uri for path, document in self._open.items()}

    def get(self, path: str) -> Document | None:
        """Return the open document of a path (or of a URI that is no file)."""
        return self._open.get(path)

    def open(self, item: types.TextDocumentItem) -> Document:
        """Take over a text from the client; one opened twice is replaced."""
        path = key_of(item.uri)
        is_python = item.language_id == "python" or path.endswith((".py", ".pyi"))
        document = Document(item.uri, path, item.version, is_python, LineIndex(item.text))
        self._open[path] = document
        return document

    def edit(self, changes: Changes, converter: Converter) -> Document:
        """Apply edits one after the other, each to the text that the one before left.

        Raises UnknownDocumentError when it is not open.
        """
        document = self._open.get(key_of(changes.uri))
        if document is None:
            raise UnknownDocumentError(changes.uri)
        lines = document.lines
        for change in changes.edits:
            lines = _edited(lines, change, converter)
        document.lines = lines
        document.version = changes.version
        return document

    def close(self, uri: str) -> Document | None:
        """Forget a document; returns what was open."""
        return self._open.pop(key_of(uri), None)


def key_of(uri: str) -> str:
    """Return the path under which a URI is kept."""
    return path_of(uri) or uri


def _edited(lines: LineIndex, change: Change, converter: Converter) -> LineIndex:
    if change.start is None or change.end is None:
        return LineIndex(change.text)
    start, end = converter.span(lines, change.start, change.end)
    return lines.edited(start, end, change.text)
