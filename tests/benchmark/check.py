"""Checks integrations of one release and gives their findings as plain data."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant
from offloop.config import Settings
from offloop.project import Project
from offloop.source import discover, load_integration
from offloop.text import LineIndex
from tests.benchmark.releases import ReleaseMissingError, release
from tests.benchmark.requirements import packages
from tests.benchmark.rows import Finding, Row, Step, Verdict, judge

_LEVELS = ("error", "warning")


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
            verdicts.append(judge(row, checker.findings(row.integration, libraries=row.needs_libraries)))
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
        self._findings: dict[tuple[str, bool], list[Finding]] = {}

    def findings(self, integration: str, *, libraries: bool = False) -> list[Finding]:
        """Return the errors and warnings of an integration, with the libraries that it requires at hand or not."""
        key = (integration, libraries)
        if key not in self._findings:
            self._findings[key] = self._check(integration, self._project(integration, libraries=libraries))
        return self._findings[key]

    def _project(self, integration: str, *, libraries: bool) -> Project:
        folder = None
        if libraries:
            folder = packages(self._sources, self._root / integration, self._version, offline=self._offline)
        return Project(self._catalog, Settings(python=str(folder) if folder is not None else None))

    def _check(self, integration: str, project: Project) -> list[Finding]:
        folder = self._root / integration
        if not folder.is_dir():
            raise FileNotFoundError(f"{integration} is not in this release")
        loaded = load_integration(discover([folder]).folders[0])
        texts = {file.path: LineIndex(file.text) for file in loaded.files}
        findings = []
        result = project.check(loaded)
        # A fault of offloop's own would look like silence.
        if faults := [problem.message for problem in result.problems if problem.internal]:
            raise RuntimeError("; ".join(faults))
        for found in result.diagnostics:
            if found.severity.value not in _LEVELS:
                continue
            lines = texts[found.path]
            findings.append(
                Finding(
                    found.name,
                    found.severity.value,
                    self._relative(found.path),
                    found.function,
                    lines.position(found.span.start).line + 1,
                    lines.position(found.span.end).line + 1,
                    found.message,
                    tuple(
                        Step(self._relative(step.path), step.line + 1, step.message) for step in found.trace
                    ),
                )
            )
        return findings

    def _relative(self, path: str) -> str:
        """Return a path relative to ``homeassistant``; both kinds of steps come out alike."""
        return path.removeprefix(f"{self._root}{os.sep}").removeprefix("homeassistant/").replace(os.sep, "/")
