"""HAT105 unsubscribe-in-worker: see the document of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import crossings, is_mixed
from offloop.rules.findings import finding
from offloop.rules.rule import Diagnostic, Rule, Severity


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield a finding for each call in a worker of what a registration of the loop returned."""
    for crossing in crossings(analysis):
        if crossing.is_remover and not is_mixed(analysis, crossing):
            yield finding(analysis, RULE, crossing, Severity.WARNING)


RULE = Rule(
    "HAT105",
    "unsubscribe-in-worker",
    "The function that undoes a registration of the event loop is called in a worker thread.",
    Severity.WARNING,
    check,
)
