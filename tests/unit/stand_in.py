"""A stand-in for the analysis: words in a text are findings, so that the front door can be tested alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offloop.catalog.locate import BundledRequest, Location
from offloop.cli.engine import Engine
from offloop.config import Settings
from offloop.project import CheckResult
from offloop.rules.contexts import FunctionContext
from offloop.rules.rule import Applicability, Diagnostic, FileEdit, Fix, Rule, Severity, Step
from offloop.source import Integration, Problem, SourceFile
from offloop.text import Edit, LineIndex, Moves, Span

RULES = (
    Rule("HAT101", "loop-api-in-worker", "An API is called.", Severity.ERROR, lambda _: iter(())),
    Rule("HAT102", "unguarded-loop-api-in-worker", "Another.", Severity.WARNING, lambda _: iter(())),
    Rule("HAT110", "mixed-context", "A third.", Severity.HINT, lambda _: iter(())),
)
# word: rule, replacement, applicability
WORDS = {
    "bad": (0, "good", Applicability.SAFE),
    "spread": (0, "good", Applicability.SAFE),
    "broken": (0, "((", Applicability.SAFE),
    "endless": (0, "endless", Applicability.SAFE),
    "manual": (0, "good", Applicability.MANUAL),
    "risky": (1, "careful", Applicability.UNSAFE),
    "minor": (2, "", Applicability.MANUAL),
}


@dataclass(frozen=True)
class Catalog:
    version: str = "2026.11.0"
    source_root: str | None = None
    notices: tuple[str, ...] = ()


class Checker:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check(self, integration: Integration) -> CheckResult:
        if any("crash" in file.text for file in integration.files):
            raise RuntimeError("the stand-in fell over")
        if any("die" in file.text for file in integration.files):
            os._exit(3)
        found = [one for file in integration.files for one in self._findings(file)]
        functions = [one for file in integration.files for one in functions_of(file)]
        problems = [
            Problem(file.path, "fault", internal=True) for file in integration.files if "fault" in file.text
        ]
        return CheckResult(tuple(found), tuple(functions), (*integration.problems, *problems))

    def check_edited(self, edited: Integration, moves: Mapping[str, Moves]) -> CheckResult:
        return self.check(edited)

    def resolve_open(self, integration: Integration, timeout: float) -> bool:
        return False

    def close(self) -> None:
        if "OFFLOOP_TEST_CLOSED" in os.environ:
            Path(os.environ["OFFLOOP_TEST_CLOSED"], str(os.getpid())).touch()

    def _findings(self, file: SourceFile) -> Iterator[Diagnostic]:
        for match in re.finditer("|".join(WORDS), file.text):
            number, replacement, applicability = WORDS[match[0]]
            severity = self._settings.severity_of(RULES[number])
            if severity is not Severity.OFF:
                yield finding(file, match, RULES[number], severity, replacement, applicability)


def finding(
    file: SourceFile,
    match: re.Match[str],
    rule: Rule,
    severity: Severity,
    replacement: str,
    applicability: Applicability,
) -> Diagnostic:
    start, end = match.span()
    line, column = LineIndex(file.text).position(start)
    edits = [FileEdit(file.path, Edit(start, end, replacement))]
    if match[0] == "spread":
        edits.append(FileEdit(file.path, Edit(0, 0, "import good\n")))
    fix = Fix(f"Use {replacement}", tuple(edits), applicability, preferred=True)
    trace = (
        Step("it is run in the executor", "homeassistant/core.py", 1, 0),
        Step("it is called here", file.path, line, column),
    )
    return Diagnostic(
        rule.code,
        rule.name,
        severity,
        f"{match[0]} is called in a worker thread: 50% <sure>.",
        file.path,
        Span(start, end),
        "turn_on",
        "worker",
        f"homeassistant.{match[0]}",
        trace,
        (fix,) if replacement else (),
    )


def functions_of(file: SourceFile) -> Iterator[FunctionContext]:
    for match in re.finditer(r"def (\w+)", file.text):
        line, column = LineIndex(file.text).position(match.start(1))
        step = Step("it is run in the executor", "homeassistant/core.py", 1, 0)
        yield FunctionContext(file.path, match[1], line, column, line, "plain", "worker", (step,))


def load_catalog(location: Location, use_cache: bool) -> Catalog:
    del use_cache
    if isinstance(location, BundledRequest):
        if location.version == "2020.1.0":
            raise LookupError("no catalog of that version is bundled")
        return Catalog(notices=("this is a stand-in",))
    return Catalog(location.version, str(location.root))


def make_checker(catalog: Any, settings: Settings) -> Checker:
    del catalog
    return Checker(settings)


def rules() -> tuple[Rule, ...]:
    return RULES


ENGINE = Engine(load_catalog, make_checker, rules)
