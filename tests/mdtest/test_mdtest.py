"""Runs the Markdown suites; how they are written is told in README.md beside this file."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from offloop.project import CheckResult
from offloop.rules.rule import Diagnostic
from offloop.rules.unused_imports import without_unused
from offloop.text import Edit, LineIndex, OverlappingEditsError, apply_edits
from tests.mdtest import parse, world
from tests.mdtest.parse import Assertion

SUITES = Path(__file__).parent
UPDATE = os.environ.get("OFFLOOP_UPDATE") == "1"
_DEFINITION = re.compile(r"\s*(?:async\s+def|def)\b")


def _cases() -> Iterator[object]:
    """Yield one case per heading."""
    for path in sorted(SUITES.rglob("*.md")):
        if path.name == "README.md":
            continue
        name = path.relative_to(SUITES).with_suffix("").as_posix()
        for test in parse.parse(path.read_text(encoding="utf-8")):
            yield pytest.param(path, test, id=f"{name}::{test.slug}")


@pytest.mark.parametrize(("path", "test"), list(_cases()))
def test_markdown(path: Path, test: parse.Test) -> None:
    """Check one test's integration and compare everything that the test says about it."""
    texts = {name: file.text for name, file in test.files.items()}
    result = world.check(texts, test.release)
    complaints = [f"{problem.path}: {problem.message}" for problem in result.problems]
    complaints += _compare_findings(test, result)
    complaints += _compare_contexts(test, result)
    if test.trace is not None:
        complaints += _compare_trace(path, test, result)
    if test.diff is not None:
        complaints += _compare_fixes(path, test, texts, result)
    if complaints:
        pytest.fail(
            f"{path.relative_to(SUITES)}:{test.line}: {test.title}\n" + "\n".join(complaints), pytrace=False
        )


def _row(diagnostic: Diagnostic, test: parse.Test) -> int:
    """Return the 1-based row of a finding."""
    text = test.files[world.relative(diagnostic.path)].text
    return LineIndex(text).position(diagnostic.span.start).line + 1


def _compare_findings(test: parse.Test, result: CheckResult) -> Iterator[str]:
    """Match findings and assertions one to one."""
    left = list(result.diagnostics)
    for name, file in test.files.items():
        for assertion in file.assertions:
            kind = assertion.kind.removeprefix("todo-")
            if kind == "context":
                continue
            match = next(
                (
                    found
                    for found in left
                    if world.relative(found.path) == name
                    and _row(found, test) == assertion.row
                    and _announces(assertion, kind, found)
                ),
                None,
            )
            what = f"{name}:{assertion.row}: {kind} [{assertion.rule}] {assertion.text or ''}".rstrip()
            if assertion.kind == f"todo-{kind}" and kind != "ok":
                if match is not None:
                    left.remove(match)
                    yield f"{what} is now found: make it a {kind}"
            elif match is not None:
                left.remove(match)
            elif kind == "ok":
                yield f"{what} is now silent: remove the todo"
            else:
                yield f"{what} is missing"
    for found in left:
        yield (
            f"{world.relative(found.path)}:{_row(found, test)}: not announced: "
            f"{found.severity.value}: [{found.name}] {found.message}"
        )


def _announces(assertion: Assertion, kind: str, found: Diagnostic) -> bool:
    """Tell whether a finding is the one that an assertion announces."""
    return (
        (kind == "ok" or found.severity.value == kind)
        and assertion.rule in (None, found.name, found.code)
        and (assertion.text or "") in found.message
    )


def _compare_contexts(test: parse.Test, result: CheckResult) -> Iterator[str]:
    """Compare where functions run."""
    for name, file in test.files.items():
        for assertion in file.assertions:
            if assertion.kind not in ("context", "todo-context"):
                continue
            row = assertion.row
            if file.lines[row - 1].lstrip().startswith("@"):
                row = next(
                    number for number, line in enumerate(file.lines[row:], row + 1) if _DEFINITION.match(line)
                )
            contexts = {
                function.context
                for function in result.functions
                if world.relative(function.path) == name and function.line + 1 == row
            }
            said = " and ".join(sorted(contexts)) or "no function"
            if assertion.kind == "context" and contexts != {assertion.word}:
                yield f"{name}:{row}: context is {said}, not {assertion.word}"
            if assertion.kind == "todo-context" and contexts == {assertion.word}:
                yield f"{name}:{row}: context is now {said}: remove the todo"


def _compare_trace(path: Path, test: parse.Test, result: CheckResult) -> Iterator[str]:
    """Compare the trace of the first finding."""
    if not result.diagnostics:
        yield "a trace block, but no finding"
        return
    actual = []
    for step in result.diagnostics[0].trace:
        place = world.relative(step.path)
        row = "" if place.startswith("homeassistant/") else f":{step.line + 1}"
        actual.append(f"{place}{row}: {step.message}")
    assert test.trace is not None
    if actual != [line for line in test.trace.lines if line.strip()]:
        yield from _update(path, test, "trace", actual)


def _compare_fixes(path: Path, test: parse.Test, texts: dict[str, str], result: CheckResult) -> Iterator[str]:
    """Apply the preferred fixes and compare what they change; then check again."""
    after, fixed, waiting = _mended(texts, result)
    if waiting:
        later, more, _ = _mended({**texts, **after}, world.check({**texts, **after}))
        after, fixed = {**after, **later}, fixed + more
    actual: list[str] = []
    for name, text in after.items():
        if len(after) > 1:
            actual.append(f"--- {name}")
        actual += _diff(texts[name], text)
    assert test.diff is not None
    if [line for line in actual if line[0] in "+-"] != [
        line.rstrip() for line in test.diff.lines if line[:1] in ("+", "-")
    ]:
        yield from _update(path, test, "diff", actual)
    again = world.check({**texts, **after}, test.release)
    if len(again.diagnostics) > len(result.diagnostics) - fixed:
        messages = [f"[{found.name}] {found.message}" for found in again.diagnostics]
        yield "the fixes leave findings: " + "; ".join(messages)


def _mended(texts: dict[str, str], result: CheckResult) -> tuple[dict[str, str], int, int]:
    """Apply the preferred fixes at once; return the changed texts, how many fixes that were, and how many collided."""
    edits: dict[str, list[Edit]] = {}
    fixed = waiting = 0
    for found in result.diagnostics:
        preferred = next((fix for fix in found.fixes if fix.preferred), None)
        if preferred is None:
            continue
        wanted = {name: list(known) for name, known in edits.items()}
        for edit in preferred.edits:
            wanted.setdefault(world.relative(edit.path), []).append(edit.edit)
        try:
            for name, found_edits in wanted.items():
                apply_edits(texts[name], found_edits)
        except OverlappingEditsError:
            waiting += 1
        else:
            edits = wanted
            fixed += 1
    after = {
        name: apply_edits(texts[name], without_unused(texts[name], edits[name])) for name in sorted(edits)
    }
    return after, fixed, waiting


def _diff(before: str, after: str) -> list[str]:
    """Return changed lines as - and + lines."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line.rstrip() for line in lines if not line.startswith(("---", "+++", "@@"))]


def _update(path: Path, test: parse.Test, language: str, actual: list[str]) -> Iterator[str]:
    """Write a block anew if that is wanted, else complain."""
    if UPDATE:
        document = path.read_text(encoding="utf-8")
        path.write_text(parse.replace_block(document, test.slug, language, actual), encoding="utf-8")
        return
    yield f"the {language} is:\n" + "\n".join(f"    {line}" for line in actual)
