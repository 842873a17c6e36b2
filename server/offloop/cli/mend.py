"""Applying fixes to the files of one integration, in memory: rounds of edits and checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from offloop.cli.report import applicable_fixes
from offloop.proof import broken_syntax, edited, edits_together, objection
from offloop.source import Integration
from offloop.text import Edit, LineIndex

if TYPE_CHECKING:
    from offloop.project import CheckResult
    from offloop.rules.rule import Diagnostic, Fix

MAX_ROUNDS = 10


class Checked(NamedTuple):
    """An integration with what its check found."""

    integration: Integration
    result: CheckResult


@dataclass(frozen=True, slots=True)
class Mended:
    """The last check, the old and new texts of the files that changed, and how many fixes were applied."""

    checked: Checked
    count: int = 0
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def mend(
    check: Callable[[Mapping[str, str]], Checked],
    chosen: Callable[[CheckResult], Iterable[Diagnostic]],
    texts: Mapping[str, str],
    unsafe: bool,
) -> Mended:
    """Apply the fixes of findings until none is left, at most MAX_ROUNDS times; writes nothing.

    ``check`` analyses the integration with the given texts in place of its files, ``chosen`` gives the
    findings to mend. A fix that does not hold is dropped, and the next of its finding takes its place.
    """
    checked = check(texts)
    originals = {file.path: file.text for file in checked.integration.files}
    changed: dict[str, str] = {}
    rejected: set[_Identity] = set()
    count = 0
    rounds = 0
    while rounds < MAX_ROUNDS:
        fixes = _compatible(_wanted(chosen(checked.result), unsafe, checked.integration, rejected))
        if not fixes:
            break
        base = {**texts, **changed}
        tried = _tried(check, base, checked, fixes)
        if tried is None and len(fixes) > 1:
            # Together they do not hold: the first that does so alone, and those that never do are told apart.
            alone = {one: _tried(check, base, checked, {one: wish}) for one, wish in fixes.items()}
            rejected |= {one for one, outcome in alone.items() if outcome is None}
            if rejected.isdisjoint(fixes):
                first = next(iter(fixes))
                fixes, tried = {first: fixes[first]}, alone[first]
        elif tried is None:
            rejected |= fixes.keys()
        if tried is None:
            continue
        rounds += 1
        count += len(fixes)
        known = {file.path: file.text for file in checked.integration.files}
        checked = tried
        changed |= {file.path: file.text for file in tried.integration.files if file.text != known[file.path]}
    return Mended(checked, count, {path: (originals[path], text) for path, text in changed.items()})


class _Identity(NamedTuple):
    """Tells a fix again after other edits have moved it; an equal line elsewhere shares its fate."""

    code: str
    path: str
    function: str | None
    line: str
    nth: int
    title: str


class _Wish(NamedTuple):
    """A fix and the finding that it is to mend."""

    finding: Diagnostic
    fix: Fix


def _wanted(
    findings: Iterable[Diagnostic], unsafe: bool, integration: Integration, rejected: set[_Identity]
) -> dict[_Identity, _Wish]:
    """Return for each finding the best fix that has not been rejected."""
    lines = {file.path: LineIndex(file.text) for file in integration.files}
    wanted: dict[_Identity, _Wish] = {}
    seen: Counter[_Identity] = Counter()
    for finding in sorted(findings, key=lambda one: (one.path, one.span)):
        if finding.path not in lines:
            continue
        index = lines[finding.path]
        line = index.line_text(index.position(finding.span.start).line)
        plain = _Identity(finding.code, finding.path, finding.function, line, 0, "")
        nth = seen[plain]
        seen[plain] += 1
        for fix in applicable_fixes(finding, unsafe):
            identity = plain._replace(nth=nth, title=fix.title)
            if identity not in rejected and fix.edits and _paths(fix) <= lines.keys():
                wanted[identity] = _Wish(finding, fix)
                break
    return wanted


def _compatible(wanted: Mapping[_Identity, _Wish]) -> dict[_Identity, _Wish]:
    """Choose fixes that do not touch each other; equal edits, such as one import for two, may be shared."""
    accepted: dict[str, set[Edit]] = {}
    chosen: dict[_Identity, _Wish] = {}
    for identity, wish in wanted.items():
        if all(_fits(one.edit, accepted.get(one.path, set())) for one in wish.fix.edits):
            chosen[identity] = wish
            for one in wish.fix.edits:
                accepted.setdefault(one.path, set()).add(one.edit)
    return chosen


def _fits(edit: Edit, accepted: set[Edit]) -> bool:
    # Edits that only touch wait for the next round: their order would be a guess.
    return edit in accepted or all(edit.start > one.end or edit.end < one.start for one in accepted)


def _tried(
    check: Callable[[Mapping[str, str]], Checked],
    texts: Mapping[str, str],
    checked: Checked,
    fixes: Mapping[_Identity, _Wish],
) -> Checked | None:
    """Return what the texts are with fixes applied, None where the fixes do not hold."""
    after = edited(
        checked.integration, edits_together(checked.integration, [wish.fix for wish in fixes.values()])
    )
    if after is None or broken_syntax(checked.integration, after.integration) is not None:
        return None
    new = {file.path: file.text for file in after.integration.files if file.path in after.moves}
    outcome = check({**texts, **new})
    mended = [wish.finding for wish in fixes.values()]
    return outcome if objection(checked.result, outcome.result, after.moves, mended) is None else None


def _paths(fix: Fix) -> set[str]:
    return {one.path for one in fix.edits}
