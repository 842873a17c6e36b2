"""The mends for a call in a worker thread that needs the loop, root cause first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from offloop.inference.analysis import Analysis
from offloop.inference.crossings import Crossing
from offloop.rules.callback_fix import callback_fix
from offloop.rules.hop_fixes import hop_fixes
from offloop.rules.rule import Applicability, Fix
from offloop.rules.twin_fix import delegate_fix, twin_fix


def fixes_for(analysis: Analysis, crossing: Crossing) -> tuple[Fix, ...]:
    """Return the fixes of a finding, exactly one of them preferred, the root cause first."""
    fixes = list(_candidates(analysis, crossing))
    chosen = next((fix for fix in fixes if fix.applicability is Applicability.SAFE), None)
    chosen = chosen or next((fix for fix in fixes if fix.applicability is Applicability.UNSAFE), None)
    ordered = sorted(fixes, key=lambda fix: fix is not chosen)
    return tuple(replace(fix, preferred=fix is chosen) for fix in ordered)


def _candidates(analysis: Analysis, crossing: Crossing) -> Iterator[Fix]:
    for fix in (
        callback_fix(analysis, crossing),
        twin_fix(analysis, crossing) if crossing.callee is None else delegate_fix(analysis, crossing),
    ):
        if fix is not None:
            yield fix
    yield from hop_fixes(analysis, crossing)
