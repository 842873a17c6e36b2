"""Comments that silence findings: which findings they cover, and which comments cover nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from offloop.facts.model import Suppression
from offloop.inference.analysis import Analysis
from offloop.resolve.world import AnalysedModule
from offloop.rules.rule import Applicability, Diagnostic, FileEdit, Fix, Rule, Severity
from offloop.text import Edit, LineIndex, Span

_BLANKS = " \t"


class Unused(NamedTuple):
    """A comment of a module that covers nothing; ``codes`` are those of its codes (none: all) that are meant."""

    module: AnalysedModule
    suppression: Suppression
    codes: tuple[str, ...]


class Suppressions:
    """The comments of one analysis; remembers which of them have covered a finding."""

    def __init__(self, analysis: Analysis) -> None:
        self._modules: Mapping[str, AnalysedModule] = {
            module.path: module
            for module in analysis.program.world.analysed.values()
            if module.facts.suppressions
        }
        self._lines: Mapping[str, LineIndex] = {
            path: analysis.program.lines(module.name) for path, module in self._modules.items()
        }
        self._ends: dict[str, dict[tuple[int, int], int]] = {}
        self._used: set[tuple[str, int, str]] = set()

    def cover(self, diagnostic: Diagnostic) -> bool:
        """Whether a comment stands on a line of what a finding is about: its call, to the closing bracket."""
        module = self._modules.get(diagnostic.path)
        if module is None:
            return False
        lines = self._lines[diagnostic.path]
        first = lines.position(diagnostic.span.start).line
        last = lines.position(self._end(module, diagnostic)).line
        covered = False
        for suppression in module.facts.suppressions:
            if first <= suppression.line <= last:
                for code in (diagnostic.code, diagnostic.name, ""):
                    if (code in suppression.codes) if code else not suppression.codes:
                        self._used.add((module.path, suppression.start, code))
                        covered = True
        return covered

    def _end(self, module: AnalysedModule, diagnostic: Diagnostic) -> int:
        """Return the end of the call that a finding is about; its lines after the first may hold lambdas."""
        ends = self._ends.get(module.path)
        if ends is None:
            facts = module.facts
            calls = (*facts.calls, *(call for function in facts.functions for call in function.calls))
            ends = self._ends[module.path] = {(call.start, call.function.end): call.end for call in calls}
        return ends.get((diagnostic.span.start, diagnostic.span.end), diagnostic.span.end)

    def unused(self, enabled: frozenset[str]) -> Iterator[Unused]:
        """Yield the comments that have covered nothing; ``enabled`` are codes and names of the rules that spoke."""
        for module in self._modules.values():
            for suppression in module.facts.suppressions:
                if suppression.codes:
                    idle = tuple(
                        code
                        for code in suppression.codes
                        if code in enabled and (module.path, suppression.start, code) not in self._used
                    )
                    if idle:
                        yield Unused(module, suppression, idle)
                elif (
                    suppression.style == "offloop" and (module.path, suppression.start, "") not in self._used
                ):
                    yield Unused(module, suppression, ())


def finding_of(unused: Unused, rule: Rule, severity: Severity) -> Diagnostic:
    """Return the finding of a comment that covers nothing."""
    module, suppression, codes = unused
    named = f" of {', '.join(codes)}" if codes else ""
    fix = _removal(module, suppression) if not codes or codes == suppression.codes else None
    advice = " Remove it." if fix is not None else ""
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        severity=severity,
        message=f"This comment silences no finding{named}.{advice}",
        path=module.path,
        span=Span(suppression.start, suppression.end),
        function=None,
        context="unknown",
        api="",
        trace=(),
        fixes=() if fix is None else (fix,),
    )


def _removal(module: AnalysedModule, suppression: Suppression) -> Fix | None:
    """Return the fix that takes the comment away with the reason that follows it, and nothing else."""
    text = module.text
    end = text.find("\n", suppression.end)
    end = len(text) if end < 0 else end
    if "#" in text[suppression.end : end]:
        return None  # another comment's directive follows
    end -= text[:end].endswith("\r")
    start = suppression.start
    while start and text[start - 1] in _BLANKS:
        start -= 1
    if start == 0 or text[start - 1] == "\n":  # the comment has the line for itself
        end = min(text.find("\n", end) + 1 or len(text), len(text))
    edit = FileEdit(module.path, Edit(start, end, ""))
    return Fix("Remove the comment", (edit,), Applicability.SAFE, preferred=True)
