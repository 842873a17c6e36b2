"""Where a function runs, and the evidence for it."""

from __future__ import annotations

from enum import Enum, Flag
from typing import NamedTuple

from offloop.library.model import Origin


class ExecutionContext(Flag):
    """A join semi-lattice: UNKNOWN is the bottom, joining is ``|``."""

    UNKNOWN = 0
    LOOP = 1
    WORKER = 2
    BOTH = 3

    @property
    def label(self) -> str:
        """The name that users see: "loop", "worker", "both" or "unknown"."""
        return (self.name or "unknown").lower()


class FunctionId(NamedTuple):
    """An analysed function by its module and its index in the module's facts."""

    module: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a record for


class Reason(Enum):
    """Why a function is known to run in a context."""

    COROUTINE = "coroutine"
    CALLBACK = "callback"
    ENTRY_POINT = "entry point"
    STANDARD_LIBRARY = "standard library"
    HAND_OFF = "hand-off"
    CALL = "call"


class Evidence(NamedTuple):
    """One bit of a function's context and where it comes from.

    ``caller`` and ``offset`` (code points in the caller's file) name the call or hand-off; ``origin`` is the
    line of Home Assistant (or nothing) that is behind it, ``detail`` its words.
    """

    context: ExecutionContext
    reason: Reason
    detail: str
    origin: Origin | None = None
    caller: FunctionId | None = None
    caller_module: str | None = None
    offset: int = -1
    distance: int = 0


class Summary(NamedTuple):
    """What is known of a function's context; at most one piece of evidence per bit.

    ``open`` is one more caller, of a function whose others are in the loop only, or in workers only: one of the
    integration, or one elsewhere, in whatever thread.
    """

    context: ExecutionContext
    loop: Evidence | None = None
    worker: Evidence | None = None
    open: Evidence | None = None

    @property
    def claim(self) -> ExecutionContext:
        """The context that may be told to users: not one alone where there are more callers."""
        if self.open is None:
            return self.context
        if self.open.context is ExecutionContext.UNKNOWN:
            return ExecutionContext.UNKNOWN
        return self.context | self.open.context
