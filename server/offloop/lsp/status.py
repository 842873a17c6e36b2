"""``offloop/status``: what the server is doing and what it checks against, for clients that ask to be told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from offloop.lsp.report import SEVERITIES
from offloop.lsp.session import Session

METHOD = "offloop/status"
_CALM_SECONDS = 0.25
"""Changes are told together; a check that is shorter is not worth a word."""


class Status:
    """Tells the client of the state whenever it has changed."""

    def __init__(self, session: Session, notify: Callable[[str, dict[str, Any]], None]) -> None:
        self._session = session
        self._notify = notify
        self._told: dict[str, Any] | None = None
        self._timer: asyncio.TimerHandle | None = None
        session.on_change = self.changed
        self.changed()

    def changed(self) -> None:
        """Take notice of a change; it is told soon."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_CALM_SECONDS, self._tell)

    def _tell(self) -> None:
        self._timer = None
        state = status(self._session)
        if state != self._told:
            self._told = state
            self._notify(METHOD, state)


def status(session: Session) -> dict[str, Any]:
    """Return the state as JSON: state, what is checked against, how much was found."""
    homes = session.homes()
    busy = any(home.done != home.generation for home in homes)
    engines = session.engines.ready()
    state = "reading" if session.engines.is_loading else "checking" if busy else "ready"
    found = Counter(
        finding.diagnostic.severity.value
        for home in homes
        for path, findings in home.report.findings.items()
        if path in home.paths or home.report.settings.diagnostic_mode == "workspace"
        for finding in findings
    )
    return {
        "state": state,
        "homeAssistant": [
            {
                "label": engine.label,
                "version": engine.catalog.version if engine.catalog is not None else None,
                "origin": "sources" if engine.source_root else "bundled",
                "path": engine.source_root,
            }
            for engine in engines
        ],
        "findings": {severity.value: found[severity.value] for severity in SEVERITIES},
        "files": sum(len(home.report.lines) for home in homes),
    }
