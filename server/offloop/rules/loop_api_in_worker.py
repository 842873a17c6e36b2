"""HAT101 loop-api-in-worker: see the document of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import Crossing, crossings, is_mixed
from offloop.library.model import Tier
from offloop.rules.findings import finding
from offloop.rules.rule import Diagnostic, Rule, Severity


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield a finding for each direct call of a guarded API in a worker."""
    for crossing in crossings(analysis):
        if is_guarded(crossing) and not is_mixed(analysis, crossing):
            yield finding(analysis, RULE, crossing, Severity.ERROR)


def is_guarded(crossing: Crossing) -> bool:
    """Whether the call itself reaches a guard of Home Assistant's on every way."""
    return crossing.callee is None and crossing.api.tier in (Tier.RAISES, Tier.RAISES_VIA)


RULE = Rule(
    "HAT101",
    "loop-api-in-worker",
    "An API that Home Assistant guards is called in a worker thread.",
    Severity.ERROR,
    check,
)
