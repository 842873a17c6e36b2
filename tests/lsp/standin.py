"""A language server with a stand-in for the checker: what the protocol tests need, no Home Assistant.

It finds ``.async_fire(`` (with a fix), and obeys words in the texts: ``poison`` gives every other file of
the integration a finding, ``doubt`` gives one once asking elsewhere has told more, ``crash`` raises,
``stubborn`` makes the fix help nothing.
``OFFLOOP_TEST_GATE`` names a file without which the engine is never ready.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from offloop.config import settings_from_mapping
from offloop.inference.analysis import Analysis
from offloop.library.model import Catalog
from offloop.lsp.engine import Setup
from offloop.lsp.server import main
from offloop.project import CheckResult
from offloop.rules.contexts import FunctionContext
from offloop.rules.rule import Applicability, Diagnostic, FileEdit, Fix, Severity, Step
from offloop.source import Integration, SourceFile
from offloop.text import Edit, LineIndex, Moves, Span

CALL = re.compile(r"\.async_fire\(")
DEF = re.compile(r"def (\w+)\(")


class StandIn:
    """Finds what the words in the texts say."""

    def __init__(self, label: str, jedi: bool) -> None:
        self.label = label
        self.jedi = jedi
        self.source_root: str | None = None
        self.catalog: Catalog | None = None
        self.asked = 0

    def check(self, integration: Integration, focus: str = "") -> CheckResult:
        print("a library prints to stdout")
        if any("crash" in file.text for file in integration.files):
            raise ValueError("the word crash")
        found = [one for file in integration.files for one in self._findings(file)]
        poisoned = {file.path for file in integration.files if "poison" in file.text}
        found += [
            self._finding(file, Span(0, 1), "HAT104", ())
            for file in integration.files
            if poisoned - {file.path}
        ]
        if self.asked >= 2:
            found += [
                self._finding(file, Span(0, 1), "HAT105", ())
                for file in integration.files
                if "doubt" in file.text
            ]
        contexts = [one for file in integration.files for one in _functions(file)]
        return CheckResult(tuple(found), tuple(contexts), integration.problems)

    def check_edited(self, edited: Integration, moves: Mapping[str, Moves]) -> CheckResult:
        return self.check(edited)

    def analysis(self, integration: Integration) -> Analysis | None:
        return None

    def resolve_open(self, integration: Integration) -> bool:
        self.asked += 1
        return self.asked == 2

    def is_asking(self, integration: Integration) -> bool:
        return self.jedi and self.asked < 2 and any("doubt" in file.text for file in integration.files)

    def _findings(self, file: SourceFile) -> Iterator[Diagnostic]:
        for match in CALL.finditer(file.text):
            if "offloop: ignore" in LineIndex(file.text).line_text(
                LineIndex(file.text).position(match.start()).line
            ):
                continue
            span = Span(match.start() + 1, match.end() - 1)
            fix = Fix(
                "Use hass.bus.fire",
                (FileEdit(file.path, Edit(span.start, span.end, "fire")),),
                Applicability.SAFE,
                preferred=True,
            )
            if "stubborn" in file.text:
                edit = FileEdit(file.path, Edit(span.start, span.end, "bus.async_fire"))
                fix = replace(fix, edits=(edit,))
            risky = Fix(
                "Delete it", (FileEdit(file.path, Edit(span.start, span.end, "stop")),), Applicability.UNSAFE
            )
            fixes = (replace(risky, preferred=True),) if "only unsafe" in file.text else (risky, fix)
            yield self._finding(file, span, "HAT101", fixes)

    def _finding(self, file: SourceFile, span: Span, code: str, fixes: tuple[Fix, ...]) -> Diagnostic:
        place = LineIndex(file.text).position(span.start)
        trace = (
            Step("runs it in the executor", "homeassistant/helpers/entity.py", 9, 4),
            Step("is called here", file.path, place.line, place.column),
        )
        message = f"found by {self.label}"
        return Diagnostic(
            code,
            "stand-in",
            Severity.ERROR,
            message,
            file.path,
            span,
            "turn_on",
            "worker",
            "fire",
            trace,
            fixes,
        )


def _functions(file: SourceFile) -> Iterator[FunctionContext]:
    lines = LineIndex(file.text)
    for match in DEF.finditer(file.text):
        place = lines.position(match.start(1))
        step = Step("runs it in the executor", "homeassistant/helpers/entity.py", 9, 4)
        body = re.compile(r".*(?:\n(?:[ \t].*)?(?=\n[ \t]))*(?:\n[ \t].*)?").match(file.text, match.end())
        end = lines.position(body.end() if body else match.end()).line
        yield FunctionContext(
            file.path, match.group(1), place.line, place.column, end, "plain", "worker", (step,)
        )


class StandInWorkshop:
    """Makes stand-ins; the settings come from the client alone."""

    def setup(self, root: str, wishes: tuple[Mapping[str, object], ...], base: str) -> Setup:
        settings = None
        for wish in wishes:
            settings, _messages = settings_from_mapping(wish, Path(base), settings)
        assert settings is not None
        return Setup(settings, settings.home_assistant)

    def stopgap(self, setup: Setup) -> StandIn:
        return StandIn("the stopgap", jedi=False)

    def engine(self, setup: Setup) -> StandIn:
        gate = os.environ.get("OFFLOOP_TEST_GATE")
        while gate and not Path(gate).exists():
            time.sleep(0.01)
        return StandIn(f"version {setup.home_assistant}", setup.settings.jedi)

    def close(self) -> None:
        if "OFFLOOP_TEST_CLOSED" in os.environ:
            Path(os.environ["OFFLOOP_TEST_CLOSED"]).touch()

    def rule_url(self, diagnostic: Diagnostic) -> str | None:
        return f"https://example.org/{diagnostic.code}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], StandInWorkshop()))
