"""HAT104 loop-function-in-worker: see the document of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import Crossing, crossings, is_mixed
from offloop.library.model import Tier
from offloop.library.overrides import ASYNCIO_APIS
from offloop.rules.findings import finding
from offloop.rules.rule import Diagnostic, Rule, Severity


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield a finding for each call in a worker of a function of the integration that needs the loop."""
    for crossing in crossings(analysis):
        if crossing.callee is not None and not is_mixed(analysis, crossing):
            yield finding(analysis, RULE, crossing, severity_of(crossing))


def severity_of(crossing: Crossing) -> Severity:
    """Return the severity of what is reached in the end."""
    raises = crossing.api.tier in (Tier.RAISES, Tier.RAISES_VIA)
    return Severity.ERROR if raises or crossing.api.name in ASYNCIO_APIS else Severity.WARNING


RULE = Rule(
    "HAT104",
    "loop-function-in-worker",
    "A function of the integration that needs the event loop is called from a worker thread.",
    Severity.ERROR,
    check,
)
