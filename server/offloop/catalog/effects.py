"""What calling a function of Home Assistant from outside of the loop does: raise, corrupt, or no harm.

A guard on a way that every call takes comes first, then a change on some way, then what could not be
resolved, then reading.
"""

from __future__ import annotations

from offloop.catalog.changes import Change, Changes
from offloop.catalog.guards import Guard, Guards
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Kind, Tier


class Effects:
    """Judges the functions of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.guards = Guards(program)
        self.changes = Changes(program, self.guards)

    def tier(self, function: FunctionId) -> tuple[Tier, Guard | None, Change | None]:
        """Return the tier of a function and what it rests on."""
        if self.program.kinds[function] is Kind.COROUTINE:
            return Tier.COROUTINE, None, None
        guard = self.guards.guard(function)
        if guard is not None:
            return (Tier.RAISES if guard.own else Tier.RAISES_VIA), guard, None
        if self.changes.change(function) is not None:
            return Tier.CORRUPTS, None, self.changes.shown(function)
        return (Tier.UNKNOWN if self.changes.is_unknown(function) else Tier.READ), None, None
