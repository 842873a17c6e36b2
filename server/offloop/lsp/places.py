"""Answers of an analysis as places in the client's units; Home Assistant's own lines among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from offloop.lsp.convert import Converter, uri_of
from offloop.lsp.report import Report, lines_on_disk, place_of
from offloop.rules.rule import Step
from offloop.text import LineIndex, Position, Span

if TYPE_CHECKING:
    from offloop.inference.trace import Place
    from offloop.library.model import Origin


@dataclass(frozen=True, slots=True)
class Places:
    """Translates between one report's texts and one client.

    ``uris`` are those of the open texts, ``analysed`` the texts that have other offsets in the analysis.
    """

    report: Report
    converter: Converter
    uris: Mapping[str, str]
    analysed: Mapping[str, LineIndex]

    def lines(self, path: str) -> LineIndex:
        """Return the lines of a file, of the integration or of Home Assistant."""
        return self.report.lines.get(path) or lines_on_disk(path)

    def uri(self, path: str) -> str:
        """Return the URI of a file as the client spells it."""
        return self.uris.get(path) or uri_of(path)

    def offset(self, path: str, position: types.Position) -> int:
        """Return the code point offset, in the analysis, of the client's position in a file."""
        return self.converter.offset(self._analysed(path), position)

    def position(self, path: str, offset: int) -> types.Position:
        """Return the client's position of a code point offset of the analysis."""
        lines = self._analysed(path)
        return self.converter.position(lines, lines.position(offset))

    def range(self, path: str, span: Span) -> types.Range:
        """Return the client's range of a span of code point offsets of the analysis."""
        return self.converter.range(self._analysed(path), span)

    def _analysed(self, path: str) -> LineIndex:
        return self.analysed.get(path) or self.lines(path)

    def step(self, step: Step | Place) -> types.Location | None:
        """Return where a step of a trace is; None where it is in sources that are not at hand."""
        path = place_of(step, self.report.source_root)
        if not path:
            return None
        place = self.converter.position(self.lines(path), Position(step.line, step.column))
        return types.Location(self.uri(path), types.Range(place, place))

    def origin(self, origin: Origin) -> types.Location | None:
        """Return a line of Home Assistant, from its first word to its end; None where it is not at hand."""
        path = place_of(Step("", origin.file, 0, 0), self.report.source_root)
        if not path:
            return None
        lines, line = self.lines(path), max(origin.line - 1, 0)
        text = lines.line_text(line)
        first = len(text) - len(text.lstrip())
        start = self.converter.position(lines, Position(line, first))
        return types.Location(
            self.uri(path),
            types.Range(start, self.converter.position(lines, Position(line, len(text)))),
        )
