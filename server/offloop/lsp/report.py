"""One analysis as the client is to see it: findings of each file in the client's units, made off the loop."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from lsprotocol import types

from offloop.config import Settings
from offloop.lsp.client import ClientFeatures
from offloop.lsp.convert import Converter, uri_of
from offloop.rules.rule import Diagnostic, Severity, Step
from offloop.text import LineIndex, Position

if TYPE_CHECKING:
    from offloop.inference.trace import Place
    from offloop.project import CheckResult

SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}
HOME_ASSISTANT = "homeassistant/"
_DEFAULTS = Settings()
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_IN_TEXT = re.compile(r"\d+:\d+: ")
"""What is wrong at a place in an open text is half-typed, and other servers show it."""
CLEAN = "clean"
"""The result id of a file without findings."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic with what the client was told of it; ``fingerprint`` finds it again in a request."""

    diagnostic: Diagnostic
    shown: types.Diagnostic
    fingerprint: str


class Report(NamedTuple):
    """The findings of one integration at one moment.

    ``findings`` and ``identities`` are by path (as Documents keeps it); an identity changes exactly when what
    the client is shown of the file changes. ``marks`` is what is shown beside the functions of open files that
    were not edited. ``versions`` are those of the open texts, ``lines`` the texts.
    """

    findings: Mapping[str, tuple[Finding, ...]] = _NOTHING
    identities: Mapping[str, str] = _NOTHING
    marks: Mapping[str, tuple[str, ...]] = _NOTHING
    versions: Mapping[str, int] = _NOTHING
    lines: Mapping[str, LineIndex] = _NOTHING
    source_root: str | None = None
    messages: tuple[str, ...] = ()
    settings: Settings = _DEFAULTS

    @property
    def shows_closed(self) -> bool:
        """Whether findings of files that are not open are to be shown."""
        return self.settings.diagnostic_mode == "workspace"

    def slim(self) -> Report:
        """Return the report without what is only asked of open files: texts and marks."""
        nothing = LineIndex("")
        return self._replace(marks={}, lines=dict.fromkeys(self.lines, nothing))

    def shown(self, path: str) -> list[types.Diagnostic]:
        """Return what the client is shown for a file."""
        return [finding.shown for finding in self.findings.get(path, ())]

    def identity(self, path: str) -> str:
        """Return the result id of a file; files without findings share one."""
        return self.identities.get(path, CLEAN)


class Renderer(NamedTuple):
    """Turns findings into protocol values for one client and one engine."""

    client: ClientFeatures
    converter: Converter
    lines: Mapping[str, LineIndex]
    uris: Mapping[str, str]
    source_root: str | None
    rule_url: Callable[[Diagnostic], str | None]

    def report(
        self,
        result: CheckResult,
        versions: Mapping[str, int],
        settings: Settings,
        marks: Mapping[str, tuple[str, ...]],
    ) -> Report:
        """Render a whole result; findings in excluded files are left out."""
        findings: dict[str, list[Finding]] = {}
        seen: dict[str, int] = {}
        for diagnostic in result.diagnostics:
            if diagnostic.severity in SEVERITIES and not settings.excludes(diagnostic.path):
                findings.setdefault(diagnostic.path, []).append(self._finding(diagnostic, seen))
        return Report(
            {path: tuple(found) for path, found in findings.items()},
            {path: _identity(found) for path, found in findings.items()},
            marks,
            versions,
            self.lines,
            self.source_root,
            tuple(
                [
                    f"{problem.path}: {problem.message}"
                    for problem in result.problems
                    if not (problem.path in versions and _IN_TEXT.match(problem.message))
                ]
            ),
            settings,
        )

    def _finding(self, diagnostic: Diagnostic, seen: dict[str, int]) -> Finding:
        base = f"{diagnostic.code}\n{diagnostic.path}\n{diagnostic.function}\n{diagnostic.api}"
        seen[base] = seen.get(base, 0) + 1
        fingerprint = hashlib.blake2b(
            f"{base}\n{seen[base]}".encode("utf-8", "surrogatepass"), digest_size=8
        ).hexdigest()
        return Finding(diagnostic, self._diagnostic(diagnostic, fingerprint), fingerprint)

    def _diagnostic(self, diagnostic: Diagnostic, fingerprint: str) -> types.Diagnostic:
        lines = self.lines.get(diagnostic.path) or LineIndex("")
        url = self.rule_url(diagnostic) if self.client.code_description else None
        related = self._related(diagnostic) if self.client.related_information else None
        return types.Diagnostic(
            range=self.converter.range(lines, diagnostic.span),
            message=self._message(diagnostic),
            severity=SEVERITIES[diagnostic.severity],
            code=diagnostic.code,
            code_description=types.CodeDescription(url) if url else None,
            source="offloop",
            related_information=related or None,
            data={"fingerprint": fingerprint} if self.client.diagnostic_data else None,
        )

    def _message(self, diagnostic: Diagnostic) -> str:
        """Return the message; steps in Home Assistant that the client cannot open are told in words."""
        unreachable = [step for step in diagnostic.trace if place_of(step, self.source_root) is None]
        said = [f"{step.path}:{step.line + 1}: {step.message}" for step in unreachable]
        return "\n".join([diagnostic.message, *said])

    def _related(self, diagnostic: Diagnostic) -> list[types.DiagnosticRelatedInformation]:
        return [
            types.DiagnosticRelatedInformation(self._location(path, step), step.message)
            for step in diagnostic.trace
            if (path := place_of(step, self.source_root)) is not None
        ]

    def _location(self, path: str, step: Step) -> types.Location:
        lines = self.lines.get(path) or lines_on_disk(path)
        place = self.converter.position(lines, Position(step.line, step.column))
        return types.Location(self.uris.get(path) or uri_of(path), types.Range(place, place))


def place_of(step: Step | Place, source_root: str | None) -> str | None:
    """Return the absolute path of a step, or None where the sources of Home Assistant or a library are not at hand."""
    if not step.path.startswith(HOME_ASSISTANT):
        # What has no file is named by its address; a library's file by its place below the packages.
        is_open = ":" in step.path.partition("/")[0] or PurePath(step.path).is_absolute()
        return step.path if is_open else None
    return os.path.join(source_root, *step.path.split("/")) if source_root else None  # noqa: PTH118


def _identity(findings: list[Finding]) -> str:
    told = "\n".join(repr(finding.shown) for finding in findings)
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@lru_cache(maxsize=64)
def lines_on_disk(path: str) -> LineIndex:
    """Return the lines of one of Home Assistant's files; they do not change while we run."""
    try:
        return LineIndex(Path(path).read_bytes().decode("utf-8-sig", "replace"))
    except OSError:
        return LineIndex("")
