"""Checks integrations of one release and gives their findings as plain data."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant
from offloop.config import Settings
from offloop.project import CheckResult, Project
from offloop.proof import Edited, edited, edits_of, prove, proved_findings, proved_fixes
from offloop.rules.rule import Diagnostic, Severity
from offloop.source import Integration, discover, load_integration
from offloop.text import LineIndex
from tests.benchmark.releases import ReleaseMissingError, release
from tests.benchmark.requirements import packages
from tests.benchmark.rows import Finding, Mend, Row, Step, Verdict, judge

_LEVELS = ("error", "warning")
_MAX_FIXES = 8


def judge_release(task: tuple[str, list[Row], Path, bool]) -> list[Verdict]:
    """Judge the rows of one release: version, rows, folder of releases, whether downloads are forbidden."""
    version, rows, sources, offline = task
    try:
        folder = release(sources, version, offline=offline)
        checker = Checker(folder, version, sources, offline=offline)
    except ReleaseMissingError as error:
        return [Verdict(row, "error", note=str(error)) for row in rows]
    except Exception:  # noqa: BLE001 - one release must not end the run
        return [Verdict(row, "error", note=traceback.format_exc(limit=-3)) for row in rows]
    verdicts = []
    for row in rows:
        try:
            verdicts.append(checker.judged(row))
        except Exception:  # noqa: BLE001 - one integration must not end the run
            verdicts.append(Verdict(row, "error", note=traceback.format_exc(limit=-3)))
    return verdicts


class Checker:
    """One release: its catalog, and the findings of the integrations that were asked for."""

    def __init__(self, folder: Path, version: str, sources: Path, *, offline: bool) -> None:
        self._root = folder / "homeassistant"
        self._version = version
        self._sources = sources
        self._offline = offline
        self._catalog = load_catalog(HomeAssistant(folder, version, "benchmark"))
        self._offered: dict[tuple[str, bool], tuple[Diagnostic, ...]] = {}

    def judged(self, row: Row) -> Verdict:
        """Return the verdict on a row, for a bug with what our fixes make of it."""
        project, integration = self._loaded(row)
        result = self._result(row, project, integration)
        verdict = judge(row, list(self._findings(integration, result)))
        if row.clean:
            return verdict
        offered = self._offered[row.integration, row.needs_libraries]
        forward = [one for one in offered if one.code < "HAT2"]
        errors = [one for one in forward if one.severity is Severity.ERROR]
        mend = self._mended(row, project, integration, result) if verdict.counts else None
        return replace(verdict, mend=mend, errors=_with_fix(errors), forward=_with_fix(forward))

    def _mended(self, row: Row, project: Project, integration: Integration, result: CheckResult) -> Mend:
        """Apply the preferred fix of one finding of the row after the other, until it is silent."""
        kinds: list[str] = []
        titles: list[str] = []
        for _ in range(_MAX_FIXES):
            findings = list(self._findings(integration, result))
            left = judge(row, findings)
            if not left.counts:
                return Mend(tuple(kinds), tuple(titles), silent=True)
            decisive = result.diagnostics[findings.index(left.findings[0])]
            refuses = partial(prove, project, integration, result)
            fixes = proved_fixes(decisive, refuses, first_only=True).fixes
            after = edited(integration, edits_of(fixes[:1]))
            if after is None:
                refused = [f"{fix.title}: {refuses(decisive, fix)}" for fix in decisive.fixes]
                return Mend(tuple(kinds), tuple(titles), silent=False, left="; ".join(refused) or "no fix")
            kinds.append(fixes[0].kind.value)
            titles.append(fixes[0].title)
            row = _moved(row, integration, after, str(self._root / row.file))
            integration = after.integration
            result = project.check(integration)
            result = result._replace(diagnostics=_told(result.diagnostics))
        return Mend(tuple(kinds), tuple(titles), silent=False, left="too many fixes")

    def _project(self, integration: str, *, libraries: bool) -> Project:
        folder = None
        if libraries:
            folder = packages(self._sources, self._root / integration, self._version, offline=self._offline)
        return Project(self._catalog, Settings(python=str(folder) if folder is not None else None))

    def _loaded(self, row: Row) -> tuple[Project, Integration]:
        """Return a project and the texts of a row's integration; its libraries are at hand where the row needs them."""
        folder = self._root / row.integration
        if not folder.is_dir():
            raise FileNotFoundError(f"{row.integration} is not in this release")
        project = self._project(row.integration, libraries=row.needs_libraries)
        return project, load_integration(discover([folder]).folders[0])

    def _result(self, row: Row, project: Project, integration: Integration) -> CheckResult:
        result = project.check(integration)
        # A fault of offloop's own would look like silence.
        if faults := [problem.message for problem in result.problems if problem.internal]:
            raise RuntimeError("; ".join(faults))
        key = (row.integration, row.needs_libraries)
        if key not in self._offered and not row.clean:
            self._offered[key] = proved_findings(
                project, integration, result, result.diagnostics, first_only=True
            )
        return result._replace(diagnostics=_told(result.diagnostics))

    def _findings(self, integration: Integration, result: CheckResult) -> Iterator[Finding]:
        """Yield the findings of a result as plain data."""
        texts = {file.path: LineIndex(file.text) for file in integration.files}
        for found in result.diagnostics:
            lines = texts[found.path]
            yield Finding(
                found.name,
                found.severity.value,
                self._relative(found.path),
                found.function,
                lines.position(found.span.start).line + 1,
                lines.position(found.span.end).line + 1,
                found.message,
                tuple(Step(self._relative(step.path), step.line + 1, step.message) for step in found.trace),
            )

    def _relative(self, path: str) -> str:
        """Return a path relative to ``homeassistant``; both kinds of steps come out alike."""
        return path.removeprefix(f"{self._root}{os.sep}").removeprefix("homeassistant/").replace(os.sep, "/")


def _with_fix(findings: list[Diagnostic]) -> tuple[int, int]:
    return len(findings), sum(bool(one.fixes) for one in findings)


def _told(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(one for one in diagnostics if one.severity.value in _LEVELS)


def _moved(row: Row, before: Integration, after: Edited, path: str) -> Row:
    """Return a row with its lines where they are after edits."""
    if path not in after.moves:
        return row
    old = next(LineIndex(file.text) for file in before.files if file.path == path)
    new = next(LineIndex(file.text) for file in after.integration.files if file.path == path)
    places = [after.moves[path].places(old.starts[line - 1]) for line in row.lines]
    return replace(row, lines=tuple(new.position(found[-1]).line + 1 for found in places if found))
