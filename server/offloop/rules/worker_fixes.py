"""The mends for a call in a worker thread that needs the loop, root cause first."""

from __future__ import annotations

from dataclasses import replace

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import Crossing
from offloop.rules.async_fix import async_fix
from offloop.rules.callback_fix import callback_fix
from offloop.rules.hop_fixes import hop_fixes
from offloop.rules.rule import Applicability, Fix
from offloop.rules.twin_fix import delegate_fix, twin_fix


def fixes_for(analysis: Analysis, crossing: Crossing) -> tuple[Fix, ...]:
    """Return the fixes of a finding, exactly one of them preferred, the best first."""
    root = callback_fix(analysis, crossing)
    swap = twin_fix(analysis, crossing) if crossing.callee is None else delegate_fix(analysis, crossing)
    whole = async_fix(analysis, crossing)
    found = [root, swap, *hop_fixes(analysis, crossing), whole]
    # A dispatched function of which nobody can say that it returns at once keeps its thread where a twin serves.
    if root is not None and root.applicability is not Applicability.SAFE and swap is not None:
        found[:2] = [swap, root]
    fixes = [fix for fix in found if fix is not None]
    return tuple(replace(fix, preferred=position == 0) for position, fix in enumerate(fixes))
