"""HAT102 unguarded-loop-api-in-worker: see the document of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import Crossing, crossings, is_mixed
from offloop.library.model import Tier
from offloop.rules.asyncio_api_in_worker import is_evasion
from offloop.rules.findings import finding
from offloop.rules.rule import Diagnostic, Rule, Severity


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield a finding for each direct call of an unguarded API that changes the loop's state, in a worker."""
    for crossing in crossings(analysis):
        if is_unguarded(analysis, crossing) and not is_mixed(analysis, crossing):
            yield finding(analysis, RULE, crossing, Severity.WARNING)


def is_unguarded(analysis: Analysis, crossing: Crossing) -> bool:
    """Whether the call changes state that belongs to the loop and nothing checks the thread."""
    return (
        crossing.callee is None
        and crossing.api.tier is Tier.CORRUPTS
        and not crossing.is_remover
        and not is_evasion(analysis, crossing)
    )


RULE = Rule(
    "HAT102",
    "unguarded-loop-api-in-worker",
    "An unguarded API that changes state of the event loop is called in a worker thread.",
    Severity.WARNING,
    check,
)
