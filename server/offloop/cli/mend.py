"""Applying fixes to the files of one integration, in memory: rounds of edits and checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from offloop.cli.report import applicable_fix
from offloop.source import Integration
from offloop.text import Edit, LineIndex, apply_edits

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
    syntax_problems: Callable[[str], int],
) -> Mended:
    """Apply the fixes of findings until none is left, at most MAX_ROUNDS times; writes nothing.

    ``check`` analyses the integration with the given texts in place of its files, ``chosen`` gives the
    findings to mend. A fix after which a text has more ``syntax_problems`` is dropped.
    """
    checked = check(texts)
    originals = {file.path: file.text for file in checked.integration.files}
    changed: dict[str, str] = {}
    rejected: set[_Identity] = set()
    count = 0
    rounds = 0
    while rounds < MAX_ROUNDS:
        known = {file.path: file.text for file in checked.integration.files}
        wanted = _wanted(chosen(checked.result), unsafe, known, rejected)
        fixes = _compatible(wanted)
        if not fixes:
            break
        spoilers = _spoilers(fixes, known, syntax_problems)
        if spoilers:
            rejected |= spoilers
            continue
        rounds += 1
        new = _apply(fixes.values(), known)
        if all(known[path] == text for path, text in new.items()):
            break
        changed |= new
        count += len(fixes)
        checked = check({**texts, **changed})
    return Mended(checked, count, {path: (originals[path], text) for path, text in changed.items()})


def with_newlines_of(text: str, content: str) -> str:
    """Return new text with the line ends of the text that it is put into."""
    end = text.find("\n")
    if end > 0 and text[end - 1] == "\r":
        return content.replace("\r\n", "\n").replace("\n", "\r\n")
    return content


class _Identity(NamedTuple):
    """Tells a fix again after other edits have moved it; an equal line elsewhere shares its fate."""

    code: str
    path: str
    function: str | None
    line: str
    nth: int


def _wanted(
    findings: Iterable[Diagnostic], unsafe: bool, known: Mapping[str, str], rejected: set[_Identity]
) -> dict[_Identity, Fix]:
    wanted: dict[_Identity, Fix] = {}
    seen: Counter[_Identity] = Counter()
    for finding in sorted(findings, key=lambda one: (one.path, one.span)):
        fix = applicable_fix(finding, unsafe)
        if fix is None or not fix.edits or not _paths(fix) <= known.keys():
            continue
        lines = LineIndex(known[finding.path]) if finding.path in known else LineIndex("")
        line = lines.line_text(lines.position(finding.span.start).line)
        plain = _Identity(finding.code, finding.path, finding.function, line, 0)
        identity = plain._replace(nth=seen[plain])
        seen[plain] += 1
        if identity not in rejected:
            wanted[identity] = fix
    return wanted


def _compatible(wanted: Mapping[_Identity, Fix]) -> dict[_Identity, Fix]:
    """Choose fixes that do not touch each other; equal edits, such as one import for two, may be shared."""
    accepted: dict[str, set[Edit]] = {}
    chosen: dict[_Identity, Fix] = {}
    for identity, fix in wanted.items():
        if all(_fits(one.edit, accepted.get(one.path, set())) for one in fix.edits):
            chosen[identity] = fix
            for one in fix.edits:
                accepted.setdefault(one.path, set()).add(one.edit)
    return chosen


def _fits(edit: Edit, accepted: set[Edit]) -> bool:
    # Edits that only touch wait for the next round: their order would be a guess.
    return edit in accepted or all(edit.start > one.end or edit.end < one.start for one in accepted)


def _apply(fixes: Iterable[Fix], known: Mapping[str, str]) -> dict[str, str]:
    edits: dict[str, list[Edit]] = {}
    for fix in fixes:
        for one in fix.edits:
            content = with_newlines_of(known[one.path], one.edit.content)
            edits.setdefault(one.path, []).append(Edit(one.edit.start, one.edit.end, content))
    return {path: apply_edits(known[path], ones) for path, ones in edits.items()}


def _paths(fix: Fix) -> set[str]:
    return {one.path for one in fix.edits}


def _spoilers(
    fixes: Mapping[_Identity, Fix], known: Mapping[str, str], syntax_problems: Callable[[str], int]
) -> set[_Identity]:
    """Return the fixes that break the syntax of a file: each that does so alone, else all together."""

    def breaks(some: Iterable[Fix]) -> bool:
        new = _apply(some, known)
        return any(syntax_problems(text) > syntax_problems(known[path]) for path, text in new.items())

    if not breaks(fixes.values()):
        return set()
    return {identity for identity, fix in fixes.items() if breaks([fix])} or set(fixes)
