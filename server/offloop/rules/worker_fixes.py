"""The mends for a call in a worker thread that needs the loop, root cause first."""

from __future__ import annotations

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import Crossing
from offloop.rules.rule import Fix


def fixes_for(analysis: Analysis, crossing: Crossing) -> tuple[Fix, ...]:
    """Return the fixes of a finding, the preferred one first."""
    del analysis, crossing
    return ()
