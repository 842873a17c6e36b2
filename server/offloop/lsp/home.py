"""One integration in a session: what is known of it, and who wants to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from offloop.lsp.analysis import DiskTexts
from offloop.lsp.calm import Calm
from offloop.lsp.proofs import Proofs
from offloop.lsp.report import Report
from offloop.source import IntegrationFolder

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis

NOTHING = Report()
CALM_SECONDS = 0.4
"""How long nothing may have changed before somebody else is asked: each text asks anew."""


class Stale(Exception):  # noqa: N818 - no error: newer work has taken its place
    """The work was overtaken by a newer change."""


class Audience(Protocol):
    """Who wants to know of new reports: the push or the pull side."""

    def reported(self, home: Home) -> None:
        """Take notice of the newest report of an integration."""
        ...

    def forgotten(self, paths: Iterable[str]) -> None:
        """Take back what was shown of these files; nobody has them open any more."""
        ...


@dataclass(eq=False, slots=True)
class Home:
    """One integration with open files, or one that is kept for all findings of the workspace.

    ``generation`` counts its changes, its report is that of ``done``.
    """

    key: str
    folder: IntegrationFolder | None
    paths: set[str] = field(default_factory=set)
    is_kept: bool = False
    generation: int = 0
    done: int = 0
    report: Report = NOTHING
    inside: Callable[[], Analysis | None] = lambda: None
    proofs: Proofs = field(default_factory=Proofs)
    edited: set[str] = field(default_factory=set)
    disk: DiskTexts = field(default_factory=DiskTexts)
    looked: float = 0.0
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    runner: asyncio.Task[None] | None = None
    asker: asyncio.Task[None] | None = None
    calm: Calm = field(default_factory=lambda: Calm(CALM_SECONDS))
