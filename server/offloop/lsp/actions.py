"""Code actions: look-ups in the last report, and the edits of those whose fixes hold."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lsprotocol import types

from offloop.lsp.client import ClientFeatures
from offloop.lsp.convert import Converter, uri_of
from offloop.lsp.proofs import Proofs
from offloop.lsp.report import Finding, Report
from offloop.rules.rule import Applicability, FileEdit, Fix
from offloop.text import Edit, LineIndex, Span

FIX_ALL = "source.fixAll.offloop"
SHOW_WHY = "offloop.showWhy"
"""A command, and the kind of the action that runs it: it mends nothing, so it is no quick fix."""
REASON = "TODO: why is this safe?"
"""Stands where the user is to say why a finding is suppressed."""
_QUICK_FIX = types.CodeActionKind.QuickFix
_TRY_SECONDS = 1.0
_IGNORE = re.compile(r"#\s*offloop:\s*ignore\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class ActionMaker:
    """Makes the actions of one report for one client.

    A client that asks for the edit of an action when the user chooses it gets actions without: their fixes are
    tried then. Others get those that have been tried (``proofs``).
    """

    report: Report
    client: ClientFeatures
    converter: Converter
    uris: Mapping[str, str]
    proofs: Proofs = field(default_factory=Proofs)
    one_quick_fix: bool = False
    """Whether the client applies a quick fix that is the only one: the preferred one then comes alone where only
    quick fixes are asked for."""

    def actions(self, path: str, params: types.CodeActionParams) -> list[types.CodeAction]:
        """Return the actions for a range, the preferred fix of the nearest finding first."""
        lines = self.report.lines.get(path)
        if lines is None:
            return []
        findings = self._meant(path, lines, params)
        actions: list[types.CodeAction] = []
        if self.one_quick_fix and [*map(_name_of, params.context.only or ())] == [_name_of(_QUICK_FIX)]:
            span = self.converter.span(lines, params.range.start, params.range.end)
            found = self._preferred(
                [one for one in findings if _touches(one.diagnostic.span, span)] or findings
            )
            if found is not None:
                return [found]
        if wanted(_QUICK_FIX.value, params.context.only):
            actions += self._quick_fixes(findings)
            actions += self._suppressions(lines, findings)
        if wanted(SHOW_WHY, params.context.only):
            actions += self._reasons(path, findings)
        fixable = any(self._fix_of(finding) for finding in findings)
        if wanted(FIX_ALL, params.context.only) and (params.context.only or fixable):
            actions += self._fix_all(path)
        return actions

    def try_for(self, path: str, params: types.CodeActionParams) -> None:
        """Try the fixes that the actions for a range would offer, as many as there is time for; slow."""
        lines = self.report.lines.get(path)
        if lines is None:
            return
        meant = self._meant(path, lines, params)
        wishes = [(one.diagnostic, fix) for one in meant for fix in one.diagnostic.fixes if _is_change(fix)]
        if wanted(_QUICK_FIX.value, params.context.only):
            self.proofs.try_each(wishes, _TRY_SECONDS)
        if wanted(FIX_ALL, params.context.only) and (params.context.only or wishes):
            self.try_all(self.report.findings.get(path, ()))

    def try_all(self, findings: Iterable[Finding]) -> None:
        """Try the fixes that mend some findings at once; slow."""
        chosen = [(finding, self._fix_of(finding)) for finding in findings]
        wishes = [(finding.diagnostic, fix) for finding, fix in chosen if fix is not None]
        self.proofs.try_together(wishes, _TRY_SECONDS)

    def resolve(self, path: str, action: types.CodeAction, data: Mapping[str, object]) -> str | None:
        """Put its edit into an action that was made without, or return why there is none; slow."""
        findings = self.report.findings.get(path, ())
        if "fix" not in data:
            self.try_all(findings)
            _, action.edit = self.joined(findings)
            return None
        for finding in findings:
            for fix in finding.diagnostic.fixes:
                if finding.fingerprint == data.get("fingerprint") and fix.title == data["fix"]:
                    refused = self.proofs.refused(finding.diagnostic, fix)
                    if refused is None:
                        action.edit = self._workspace_edit(fix.edits)
                    return None if refused is None else f"This fix would not help: {refused}"
        return "The finding is not there any more."

    def _meant(self, path: str, lines: LineIndex, params: types.CodeActionParams) -> list[Finding]:
        span = self.converter.span(lines, params.range.start, params.range.end)
        named = {
            found["fingerprint"]
            for diagnostic in params.context.diagnostics
            if isinstance(found := diagnostic.data, dict) and isinstance(found.get("fingerprint"), str)
        }
        return [
            finding
            for finding in self.report.findings.get(path, ())
            if finding.fingerprint in named or _touches(finding.diagnostic.span, span)
        ]

    def _quick_fixes(self, findings: Iterable[Finding]) -> list[types.CodeAction]:
        offered = [
            (finding, fix)
            for finding in findings
            for fix in finding.diagnostic.fixes
            if self._offers(finding, fix)
        ]
        offered.sort(key=lambda pair: not self._prefers(*pair))
        return [self._quick_fix(finding, fix) for finding, fix in offered]

    def _preferred(self, findings: Iterable[Finding]) -> types.CodeAction | None:
        """Return the preferred fix of all these findings, None where they have several or none."""
        preferred = [
            (finding, fix)
            for finding in findings
            for fix in finding.diagnostic.fixes
            if self._offers(finding, fix) and self._prefers(finding, fix)
        ]
        return self._quick_fix(*preferred[0]) if len({fix.edits for _, fix in preferred}) == 1 else None

    def _quick_fix(self, finding: Finding, fix: Fix) -> types.CodeAction:
        action = self._action(_title(fix), _QUICK_FIX, fix.edits, [finding], self._prefers(finding, fix))
        if self.client.resolves_edits:
            action.edit = None
            uri = self._uri(finding.diagnostic.path)
            action.data = {"uri": uri, "fingerprint": finding.fingerprint, "fix": fix.title}
        return action

    def _prefers(self, finding: Finding, fix: Fix) -> bool:
        """Whether a fix is the first of its finding that is not refused, and may be applied without asking."""
        first = min(self._left(finding), key=lambda one: not one.preferred, default=None)
        return first is fix and (fix.applicability is Applicability.SAFE or self._allows_unsafe)

    def _left(self, finding: Finding) -> list[Fix]:
        """Return the fixes of a finding that are not known to be wrong."""
        found = finding.diagnostic
        return [fix for fix in found.fixes if _is_change(fix) and not self.proofs.is_refused(found, fix)]

    @property
    def _allows_unsafe(self) -> bool:
        return self.report.settings.unsafe_fixes

    def _fix_of(self, finding: Finding) -> Fix | None:
        """Return the fix that is applied when all are: the preferred safe one, or else an unsafe one if allowed."""
        fixes = sorted(self._left(finding), key=lambda fix: not fix.preferred)
        if fixes and fixes[0].applicability is Applicability.SAFE and self._is_preferred(finding, fixes[0]):
            return fixes[0]
        unsafe = [fix for fix in fixes if fix.applicability is Applicability.UNSAFE and self._allows_unsafe]
        return min(unsafe, key=lambda fix: not fix.preferred, default=None)

    def _is_preferred(self, finding: Finding, fix: Fix) -> bool:
        """Whether a fix is the preferred one, or takes its place because that is refused."""
        found = finding.diagnostic
        return fix.preferred or any(
            one.preferred and self.proofs.is_refused(found, one) for one in found.fixes
        )

    def _offers(self, finding: Finding, fix: Fix) -> bool:
        found = finding.diagnostic
        if not _is_change(fix) or self.proofs.is_refused(found, fix):
            return False
        return self.client.resolves_edits or not self.proofs.is_open(found, fix)

    def _suppressions(self, lines: LineIndex, findings: Iterable[Finding]) -> Iterator[types.CodeAction]:
        for finding in _once_a_line(findings, lines):
            code = finding.diagnostic.code
            edit = suppression(lines, finding.diagnostic.span, code)
            if edit is not None:
                edits = [FileEdit(finding.diagnostic.path, edit)]
                title = f"Suppress {code} on this line"
                yield self._action(title, _QUICK_FIX, edits, [finding], preferred=False)

    def _reasons(self, path: str, findings: Iterable[Finding]) -> Iterator[types.CodeAction]:
        for finding in findings:
            title = f"Show why {finding.diagnostic.code} is reported"
            argument = {"uri": self._uri(path), "fingerprint": finding.fingerprint}
            command = types.Command(title, SHOW_WHY, arguments=[argument])
            yield types.CodeAction(title=title, kind=SHOW_WHY, diagnostics=[finding.shown], command=command)

    def joined(self, found: Iterable[Finding]) -> tuple[list[Finding], types.WorkspaceEdit]:
        """Return one edit that mends all findings whose fixes have been tried and go together, and which those are."""
        findings: list[Finding] = []
        joined = JoinedEdits()
        for finding in found:
            fix = self._fix_of(finding)
            if (
                fix is not None
                and not self.proofs.is_open(finding.diagnostic, fix)
                and joined.join(fix.edits)
            ):
                findings.append(finding)
        return findings, self._workspace_edit(self._without_unused(joined.by_path))

    def _without_unused(self, edits: Mapping[str, list[Edit]]) -> Iterator[FileEdit]:
        """Yield edits that are applied at once, and those of the imports that nobody needs after them."""
        from offloop.rules.unused_imports import without_unused  # noqa: PLC0415 - start fast

        for path, found in edits.items():
            lines = self.report.lines.get(path)
            yield from (
                FileEdit(path, edit) for edit in (without_unused(lines.text, found) if lines else found)
            )

    def _fix_all(self, path: str) -> Iterator[types.CodeAction]:
        found = self.report.findings.get(path, ())
        edit: types.WorkspaceEdit | None = None
        if self.client.resolves_edits:
            findings = [one for one in found if self._fix_of(one) is not None]
        else:
            findings, edit = self.joined(found)
        if findings:
            safely = "" if self._allows_unsafe else "safely "
            title = f"Fix all {len(findings)} {safely}fixable offloop findings"
            shown = [finding.shown for finding in findings]
            data = {"uri": self._uri(path)} if edit is None else None
            yield types.CodeAction(title=title, kind=FIX_ALL, diagnostics=shown, edit=edit, data=data)

    def _action(
        self,
        title: str,
        kind: types.CodeActionKind | str,
        edits: Iterable[FileEdit],
        findings: Iterable[Finding],
        preferred: bool,
    ) -> types.CodeAction:
        return types.CodeAction(
            title=title,
            kind=kind,
            diagnostics=[finding.shown for finding in findings],
            is_preferred=True if preferred and self.client.preferred else None,
            edit=self._workspace_edit(edits),
        )

    def _workspace_edit(self, edits: Iterable[FileEdit]) -> types.WorkspaceEdit:
        by_path: dict[str, list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit]] = {}
        for one in sorted(set(edits), key=lambda edit: (edit.path, edit.edit)):
            lines = self.report.lines.get(one.path) or LineIndex("")
            place = self.converter.range(lines, Span(one.edit.start, one.edit.end))
            by_path.setdefault(one.path, []).append(types.TextEdit(place, one.edit.content))
        if not self.client.document_changes:
            plain = {
                self._uri(path): [edit for edit in found if isinstance(edit, types.TextEdit)]
                for path, found in by_path.items()
            }
            return types.WorkspaceEdit(changes=plain)
        return types.WorkspaceEdit(
            document_changes=[
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(
                        uri=self._uri(path), version=self.report.versions.get(path)
                    ),
                    found,
                )
                for path, found in by_path.items()
            ]
        )

    def _uri(self, path: str) -> str:
        return self.uris.get(path) or uri_of(path)


class JoinedEdits:
    """Edits of several fixes that can be applied at once: equal ones count once, others may not overlap."""

    def __init__(self) -> None:
        self.edits: set[FileEdit] = set()
        self.by_path: dict[str, list[Edit]] = {}

    def join(self, new: Sequence[FileEdit]) -> bool:
        """Take over all edits of a fix, or none and return False when one overlaps what is there."""
        fresh = [one for one in new if one not in self.edits]
        if any(self._overlaps(one) for one in fresh):
            return False
        for one in fresh:
            insort(self.by_path.setdefault(one.path, []), one.edit)
        self.edits.update(fresh)
        return True

    def _overlaps(self, new: FileEdit) -> bool:
        """Look at the neighbours alone: what is there does not overlap itself."""
        there = self.by_path.get(new.path, [])
        place = bisect_left(there, new.edit)
        return any(_collides(new.edit, one) for one in there[max(place - 1, 0) : place + 1])


def wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Return whether a client that asks for ``only`` these kinds or what begins with them wants it."""
    if only is None:
        return True
    names = [_name_of(one) for one in only]
    return any(not name or kind == name or kind.startswith(name + ".") for name in names)


def _name_of(kind: types.CodeActionKind | str) -> str:
    return str(getattr(kind, "value", kind))


def suppression(lines: LineIndex, span: Span, code: str) -> Edit | None:
    """Return the edit that suppresses a rule for a finding, joined to a suppression already there.

    It is written where the finding starts, or where it ends when that line cannot end with a comment: because
    it is continued by a backslash or ends inside of a string. None when neither can.
    """
    places = (span.start, span.end)
    place = next((one for one in places if _takes_comment(lines, one)), None)
    if place is None:
        return None
    line = lines.position(place).line
    text, start = lines.line_text(line), lines.starts[line]
    present = _IGNORE.search(text)
    if present is not None:
        end = start + present.end(1)
        return Edit(end, end, f", {code}" if present.group(1).strip() else code)
    return Edit(start + len(text.rstrip()), start + len(text), f"  # offloop: ignore[{code}] {REASON}")


def _takes_comment(lines: LineIndex, offset: int) -> bool:
    """Return whether the line of an offset in code can end with a comment."""
    rest = lines.text[offset : lines.line_end(lines.position(offset).line)]
    return not rest.endswith("\\") and not any(rest.count(quote) % 2 for quote in ('"""', "'''"))


def _is_change(fix: Fix) -> bool:
    return fix.applicability is not Applicability.MANUAL and bool(fix.edits)


def _touches(found: Span, asked: Span) -> bool:
    return found.start <= asked.end and asked.start <= found.end


def _title(fix: Fix) -> str:
    return f"{fix.title} (unsafe)" if fix.applicability is Applicability.UNSAFE else fix.title


def _collides(one: Edit, other: Edit) -> bool:
    return one.start < other.end and other.start < one.end


def _once_a_line(findings: Iterable[Finding], lines: LineIndex) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    for finding in findings:
        key = (finding.diagnostic.code, lines.position(finding.diagnostic.span.start).line)
        if key not in seen:
            seen.add(key)
            yield finding
