"""What a fix would do: the edited texts are analysed before the fix is offered, and compared with what was found.

A fix holds when its finding is gone, no other finding appears anywhere in the integration, and each edited
text is as good Python as it was. What lies outside of the edits is untouched because texts are only edited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from offloop.facts.extract import extract
from offloop.rules.rule import Diagnostic, Fix
from offloop.rules.unused_imports import without_unused
from offloop.source import Integration, source_from_text
from offloop.text import Edit, Moves, OverlappingEditsError, apply_edits, in_line_ends_of

if TYPE_CHECKING:
    from offloop.project import CheckResult

Edits = Mapping[str, Sequence[Edit]]

MAX_ALONE = 40
"""So many findings of an integration have their fixes tried one by one: a try takes as long as a check."""


class Prover(Protocol):
    """Something that checks edited texts beside those that it knows, as Project does."""

    def check_edited(self, edited: Integration, moves: Mapping[str, Moves]) -> CheckResult:
        """Analyse texts that came from those of the last check by edits; the last check stays what it was."""
        ...


@dataclass(frozen=True, slots=True)
class Edited:
    """An integration after edits, and where places of the old texts are in the new ones, by path."""

    integration: Integration
    moves: Mapping[str, Moves]


def edits_of(fixes: Iterable[Fix]) -> dict[str, list[Edit]]:
    """Return the edits of fixes by path, each once."""
    found: dict[str, dict[Edit, None]] = {}
    for fix in fixes:
        for one in fix.edits:
            found.setdefault(one.path, {})[one.edit] = None
    return {path: list(edits) for path, edits in found.items()}


def edits_together(integration: Integration, fixes: Iterable[Fix]) -> dict[str, list[Edit]]:
    """Return the edits of fixes that are applied at once, by path; imports go that they leave unused together."""
    texts = {file.path: file.text for file in integration.files}
    found = edits_of(fixes)
    try:
        return {path: without_unused(texts[path], edits) for path, edits in found.items()}
    except (KeyError, OverlappingEditsError):
        return found  # nobody can apply them


def edited(integration: Integration, edits: Edits) -> Edited | None:
    """Return the integration with edits applied; None where they overlap, change nothing or name an unknown file.

    New text gets the line ends of the text that it is put into.
    """
    texts = {file.path: file.text for file in integration.files}
    if not edits or not edits.keys() <= texts.keys():
        return None
    moves = {path: Moves(_with_line_ends(texts[path], ones)) for path, ones in edits.items()}
    try:
        new = {path: apply_edits(texts[path], ones.edits) for path, ones in moves.items()}
    except OverlappingEditsError:
        return None
    if all(new[path] == texts[path] for path in new):
        return None
    files = tuple(
        source_from_text(file.path, file.module, file.is_package, new[file.path])
        if file.path in new
        else file
        for file in integration.files
    )
    return Edited(integration._replace(files=files), moves)


def _with_line_ends(text: str, edits: Iterable[Edit]) -> list[Edit]:
    return [Edit(one.start, one.end, in_line_ends_of(text, one.content)) for one in edits]


def prove(
    prover: Prover, integration: Integration, result: CheckResult, finding: Diagnostic, fix: Fix
) -> str | None:
    """Return why a fix must not be offered for a finding of the last check of an integration, None where it may be."""
    after = edited(integration, edits_of([fix]))
    if after is None:
        return "its edits cannot be applied"
    broken = broken_syntax(integration, after.integration)
    if broken is not None:
        return broken
    return objection(result, prover.check_edited(after.integration, after.moves), after.moves, [finding])


def broken_syntax(before: Integration, after: Integration) -> str | None:
    """Return what is said of the first file with more syntax errors than before, None where there is none."""
    old = {file.path: file for file in before.files}
    for file in after.files:
        known = old[file.path]
        problems = extract(file.text).problems if known.text != file.text else ()
        if problems and len(problems) > len(extract(known.text).problems):
            return f"{file.path}:{problems[0].line + 1}: {problems[0].message}"
    return None


def objection(
    before: CheckResult, after: CheckResult, moves: Mapping[str, Moves], mended: Collection[Diagnostic]
) -> str | None:
    """Return what is wrong with edits that were to mend some findings, None where all is as it should be."""
    for problem in after.problems:
        if problem.internal:
            return problem.message
    meant = {(one.code, one.path, one.span) for one in mended}
    left = _Places(moves, mended)
    others = _Places(
        moves, [one for one in before.diagnostics if (one.code, one.path, one.span) not in meant]
    )
    for finding in after.diagnostics:
        if others.take(finding):
            continue
        words = "stays" if left.take(finding) else "appears"
        return f"{finding.code} {words} in {finding.function or 'the module'}: {finding.message}"
    return None


class _Places:
    """Findings of the old texts by where they are to be expected in the new ones; each is found again once."""

    def __init__(self, moves: Mapping[str, Moves], findings: Iterable[Diagnostic]) -> None:
        self._at: Counter[tuple[str, str, int]] = Counter()
        self._inside: Counter[tuple[str, str, str]] = Counter()
        self._moves = moves
        for one in findings:
            there = moves[one.path].places(one.span.start) if one.path in moves else (one.span.start,)
            for offset in there:
                self._at[one.code, one.path, offset] += 1
            if not there:
                self._inside[one.code, one.path, one.api] += 1

    def take(self, finding: Diagnostic) -> bool:
        """Whether a finding of the new texts was there before: at its place, or in text that was written anew."""
        if self._at[finding.code, finding.path, finding.span.start]:
            return True
        moves = self._moves.get(finding.path)
        key = (finding.code, finding.path, finding.api)
        if moves is not None and moves.is_new(finding.span.start) and self._inside[key] > 0:
            self._inside[key] -= 1
            return True
        return False


def proved_findings(
    prover: Prover,
    integration: Integration,
    result: CheckResult,
    findings: Sequence[Diagnostic],
    *,
    first_only: bool = False,
) -> tuple[Diagnostic, ...]:
    """Return findings of the last check of an integration with those of their fixes that hold.

    Each fix is tried alone. Beyond MAX_ALONE findings the preferred ones are tried many at once, and only
    those are kept. With ``first_only`` the others are kept as well, but not tried.
    """
    refuses = partial(prove, prover, integration, result)
    if len(findings) <= MAX_ALONE:
        return tuple(proved_fixes(one, refuses, first_only=first_only) for one in findings)
    held: dict[Diagnostic, Diagnostic] = {}
    waiting = [[one for one in findings if one.fixes]]
    while waiting:
        group = waiting.pop()
        if len(group) == 1:
            tried = proved_fixes(group[0], refuses, first_only=True)
            held[group[0]] = with_fixes(tried, tried.fixes[:1])
        elif group and hold_together(prover, integration, result, [(one, one.fixes[0]) for one in group]):
            held |= {one: with_fixes(one, one.fixes[:1]) for one in group}
        elif group:
            waiting += [group[: len(group) // 2], group[len(group) // 2 :]]
    return tuple(held.get(one, one) for one in findings)


def hold_together(
    prover: Prover,
    integration: Integration,
    result: CheckResult,
    wishes: Sequence[tuple[Diagnostic, Fix]],
) -> bool:
    """Whether fixes of findings of the last check hold when all are applied at once."""
    after = edited(integration, edits_together(integration, [fix for _, fix in wishes]))
    if after is None or broken_syntax(integration, after.integration) is not None:
        return False
    outcome = prover.check_edited(after.integration, after.moves)
    return objection(result, outcome, after.moves, [finding for finding, _ in wishes]) is None


def proved_fixes(
    finding: Diagnostic, refuses: Callable[[Diagnostic, Fix], str | None], *, first_only: bool = False
) -> Diagnostic:
    """Return a finding with those of its fixes that hold, the first of them preferred and named in the message.

    ``refuses`` is asked for each fix in order; with ``first_only`` the rest after the first that holds is
    taken without asking.
    """
    held: list[Fix] = []
    for position, fix in enumerate(finding.fixes):
        if held and first_only:
            held += finding.fixes[position:]
            break
        if refuses(finding, fix) is None:
            held.append(fix)
    return with_fixes(finding, held)


def with_fixes(finding: Diagnostic, fixes: Iterable[Fix]) -> Diagnostic:
    """Return a finding that offers these fixes only, the first preferred; the message gives its advice."""
    offered = tuple(replace(fix, preferred=position == 0) for position, fix in enumerate(fixes))
    if offered == finding.fixes:
        return finding
    message = finding.message
    if finding.fixes:
        message = message.removesuffix(f" {finding.fixes[0].advice}.")
    if offered:
        message = f"{message} {offered[0].advice}."
    return replace(finding, message=message, fixes=offered)
