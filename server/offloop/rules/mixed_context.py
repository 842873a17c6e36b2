"""HAT110 mixed-context: see the document of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import crossings, is_mixed
from offloop.rules.findings import mixed_finding
from offloop.rules.rule import Diagnostic, Rule, Severity


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield a finding for each call that is right for one of a function's contexts and wrong for the other."""
    for crossing in crossings(analysis):
        if is_mixed(analysis, crossing):
            yield mixed_finding(analysis, RULE, crossing)


RULE = Rule(
    "HAT110",
    "mixed-context",
    "A function that needs the event loop is reached from there and from a worker thread.",
    Severity.WARNING,
    check,
)
