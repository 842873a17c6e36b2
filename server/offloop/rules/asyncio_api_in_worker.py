"""HAT103 asyncio-api-in-worker: see the document of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import Crossing, crossings, is_mixed
from offloop.library.overrides import ASYNCIO_APIS, INTERNAL_SUFFIX
from offloop.rules.findings import finding
from offloop.rules.rule import Diagnostic, Rule, Severity


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield a finding for each call in a worker that belongs to the loop and goes around the guards."""
    for crossing in crossings(analysis):
        if is_evasion(analysis, crossing) and not is_mixed(analysis, crossing):
            yield finding(analysis, RULE, crossing, Severity.ERROR)


def is_evasion(analysis: Analysis, crossing: Crossing) -> bool:
    """Whether the call is asyncio's own, or the internal twin of an API of Home Assistant's."""
    if crossing.callee is not None:
        return False
    name = crossing.api.name
    public = name.removesuffix(INTERNAL_SUFFIX)
    return name in ASYNCIO_APIS or (public != name and public in analysis.catalog.loop_apis)


RULE = Rule(
    "HAT103",
    "asyncio-api-in-worker",
    "A loop-bound call of asyncio itself, or an internal twin that dodges the guard, is made in a worker thread.",
    Severity.ERROR,
    check,
)
