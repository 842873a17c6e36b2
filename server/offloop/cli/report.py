"""Findings as they are shown: file names, rows and columns instead of absolute paths and offsets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from offloop.source import Problem, read_source
from offloop.text import LineIndex

if TYPE_CHECKING:
    from offloop.rules.rule import Diagnostic, Fix, Step

FAILING = ("error", "warning")


class Place(NamedTuple):
    """A place as users count: 1-based row, 1-based column in code points."""

    row: int
    column: int


@dataclass(slots=True)
class Report:
    """What one command found, with the texts to show it.

    ``texts`` are the files that findings and fixes lie in, by absolute path; ``urls`` the documents of
    rules by code; ``mended`` counts the fixes that were applied, ``receivers`` those that our resolver, jedi
    and nobody could tell.
    """

    findings: tuple[Diagnostic, ...] = ()
    problems: tuple[Problem, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    files: int = 0
    mended: int = 0
    known: int = 0
    receivers: tuple[int, int, int] = (0, 0, 0)
    source_root: str | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    folder: str = field(default_factory=os.getcwd)
    _lines: dict[str, LineIndex] = field(default_factory=dict)

    def filename(self, path: str) -> str:
        """Return a path for the user: relative to the working folder when below it, with forward slashes."""
        return shown_path(self.opened(path), self.folder)

    def opened(self, path: str) -> str:
        """Return where a file of a trace lies; Home Assistant's own stay relative without its sources."""
        if path.startswith("homeassistant/") and self.source_root is not None:
            return str(Path(self.source_root, *path.split("/")))
        return path

    def lines(self, path: str) -> LineIndex:
        """Return the lines of a file; none where it cannot be read."""
        path = self.opened(path)
        if path not in self._lines:
            text = self.texts.get(path)
            if text is None:
                source = read_source(path, "", False) if Path(path).is_absolute() else None
                text = "" if source is None or isinstance(source, Problem) else source.text
            self._lines[path] = LineIndex(text)
        return self._lines[path]

    def place(self, path: str, offset: int) -> Place:
        """Return the place of an offset in a file."""
        position = self.lines(path).position(offset)
        return Place(position.line + 1, position.column + 1)

    def start(self, finding: Diagnostic) -> Place:
        """Return where a finding begins."""
        return self.place(finding.path, finding.span.start)

    def end(self, finding: Diagnostic) -> Place:
        """Return where a finding ends; the column is that after its last character."""
        return self.place(finding.path, finding.span.end)

    def url(self, finding: Diagnostic) -> str:
        """Return the address of the document of a finding's rule, or ""."""
        return self.urls.get(finding.code, "")

    def is_failing(self) -> bool:
        """Whether any finding is an error or a warning."""
        return any(finding.severity.value in FAILING for finding in self.findings)


def step_place(step: Step) -> Place:
    """Return the place of a step of a trace."""
    return Place(step.line + 1, step.column + 1)


def shown_path(path: str, folder: str) -> str:
    """Return an absolute path relative to a folder when below it; forward slashes in any case."""
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    return path.removeprefix(prefix).replace(os.sep, "/")


def preferred_fix(finding: Diagnostic) -> Fix | None:
    """Return the fix to show for a finding: the preferred one, else the first that changes code."""
    for fix in finding.fixes:
        if fix.preferred:
            return fix
    return next((fix for fix in finding.fixes if fix.applicability.value != "manual"), None)


def applicable_fixes(finding: Diagnostic, unsafe: bool) -> Iterator[Fix]:
    """Yield the fixes that ``--fix`` may apply for a finding, the one that it tries first at the head.

    Where the preferred fix is unsafe, no other is taken in its place without asking.
    """
    for fix in finding.fixes:
        if fix.applicability.value == "safe" or (unsafe and fix.applicability.value == "unsafe"):
            yield fix
        elif fix.preferred:
            return


def applicable_fix(finding: Diagnostic, unsafe: bool) -> Fix | None:
    """Return the fix that ``--fix`` applies for a finding, if any."""
    return next(applicable_fixes(finding, unsafe), None)


def sorted_findings(findings: Iterable[Diagnostic], folder: str) -> tuple[Diagnostic, ...]:
    """Return findings by shown file name, place and code."""
    return tuple(sorted(findings, key=lambda one: (shown_path(one.path, folder), one.span, one.code)))
