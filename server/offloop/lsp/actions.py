"""Code actions: look-ups in the last report; nothing is computed anew."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lsprotocol import types

from offloop.lsp.client import ClientFeatures
from offloop.lsp.convert import Converter, uri_of
from offloop.lsp.report import Finding, Report
from offloop.rules.rule import Applicability, FileEdit, Fix
from offloop.text import Edit, LineIndex, Span

FIX_ALL = "source.fixAll.offloop"
SHOW_WHY = "offloop.showWhy"
"""A command, and the kind of the action that runs it: it mends nothing, so it is no quick fix."""
_IGNORE = re.compile(r"#\s*offloop:\s*ignore\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class ActionMaker:
    """Makes the actions of one report for one client."""

    report: Report
    client: ClientFeatures
    converter: Converter
    uris: Mapping[str, str]

    def actions(self, path: str, params: types.CodeActionParams) -> list[types.CodeAction]:
        """Return the actions for a range, the preferred fix of the nearest finding first."""
        lines = self.report.lines.get(path)
        if lines is None:
            return []
        findings = self._meant(path, lines, params)
        actions: list[types.CodeAction] = []
        if wanted(types.CodeActionKind.QuickFix.value, params.context.only):
            actions += self._quick_fixes(findings)
            actions += self._suppressions(lines, findings)
        if wanted(SHOW_WHY, params.context.only):
            actions += self._reasons(path, findings)
        fixable = any(self._fix_of(finding) for finding in findings)
        if wanted(FIX_ALL, params.context.only) and (params.context.only or fixable):
            actions += self._fix_all(path)
        return actions

    def _meant(self, path: str, lines: LineIndex, params: types.CodeActionParams) -> list[Finding]:
        span = self.converter.span(lines, params.range)
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
            (finding, fix) for finding in findings for fix in finding.diagnostic.fixes if self._offers(fix)
        ]
        offered.sort(key=lambda pair: not self._prefers(pair[1]))
        kind = types.CodeActionKind.QuickFix
        return [
            self._action(_title(fix), kind, fix.edits, [finding], self._prefers(fix))
            for finding, fix in offered
        ]

    def _prefers(self, fix: Fix) -> bool:
        return fix.preferred and (fix.applicability is Applicability.SAFE or self._allows_unsafe)

    @property
    def _allows_unsafe(self) -> bool:
        return self.report.settings.unsafe_fixes

    def _fix_of(self, finding: Finding) -> Fix | None:
        """Return the fix that is applied when all are: the preferred safe one, or else an unsafe one if allowed."""
        fixes = [fix for fix in finding.diagnostic.fixes if fix.edits]
        for fix in fixes:
            if fix.preferred and fix.applicability is Applicability.SAFE:
                return fix
        unsafe = [fix for fix in fixes if fix.applicability is Applicability.UNSAFE and self._allows_unsafe]
        return min(unsafe, key=lambda fix: not fix.preferred, default=None)

    def _offers(self, fix: Fix) -> bool:
        return fix.applicability is not Applicability.MANUAL and bool(fix.edits)

    def _suppressions(self, lines: LineIndex, findings: Iterable[Finding]) -> Iterator[types.CodeAction]:
        for finding in _once_a_line(findings, lines):
            code = finding.diagnostic.code
            edit = suppression(lines, finding.diagnostic.span, code)
            if edit is not None:
                edits = [FileEdit(finding.diagnostic.path, edit)]
                title = f"Suppress {code} on this line"
                yield self._action(title, types.CodeActionKind.QuickFix, edits, [finding], preferred=False)

    def _reasons(self, path: str, findings: Iterable[Finding]) -> Iterator[types.CodeAction]:
        for finding in findings:
            title = f"Show why {finding.diagnostic.code} is reported"
            argument = {"uri": self._uri(path), "fingerprint": finding.fingerprint}
            command = types.Command(title, SHOW_WHY, arguments=[argument])
            yield types.CodeAction(title=title, kind=SHOW_WHY, diagnostics=[finding.shown], command=command)

    def joined(self, found: Iterable[Finding]) -> tuple[list[Finding], types.WorkspaceEdit]:
        """Return one edit that mends all findings whose fixes go together, and which those are."""
        findings: list[Finding] = []
        joined = JoinedEdits()
        for finding in found:
            fix = self._fix_of(finding)
            if fix is not None and joined.join(fix.edits):
                findings.append(finding)
        return findings, self._workspace_edit(joined.edits)

    def _fix_all(self, path: str) -> Iterator[types.CodeAction]:
        findings, edit = self.joined(self.report.findings.get(path, ()))
        if findings:
            safely = "" if self._allows_unsafe else "safely "
            title = f"Fix all {len(findings)} {safely}fixable offloop findings"
            shown = [finding.shown for finding in findings]
            yield types.CodeAction(title=title, kind=FIX_ALL, diagnostics=shown, edit=edit)

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
        self._by_path: dict[str, list[Edit]] = {}

    def join(self, new: Sequence[FileEdit]) -> bool:
        """Take over all edits of a fix, or none and return False when one overlaps what is there."""
        fresh = [one for one in new if one not in self.edits]
        if any(self._overlaps(one) for one in fresh):
            return False
        for one in fresh:
            insort(self._by_path.setdefault(one.path, []), one.edit)
        self.edits.update(fresh)
        return True

    def _overlaps(self, new: FileEdit) -> bool:
        """Look at the neighbours alone: what is there does not overlap itself."""
        there = self._by_path.get(new.path, [])
        place = bisect_left(there, new.edit)
        return any(_collides(new.edit, one) for one in there[max(place - 1, 0) : place + 1])


def wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Return whether a client that asks for ``only`` these kinds or what begins with them wants it."""
    if only is None:
        return True
    names = [str(getattr(one, "value", one)) for one in only]
    return any(not name or kind == name or kind.startswith(name + ".") for name in names)


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
    return Edit(start + len(text.rstrip()), start + len(text), f"  # offloop: ignore[{code}]")


def _takes_comment(lines: LineIndex, offset: int) -> bool:
    """Return whether the line of an offset in code can end with a comment."""
    rest = lines.text[offset : lines.line_end(lines.position(offset).line)]
    return not rest.endswith("\\") and not any(rest.count(quote) % 2 for quote in ('"""', "'''"))


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
