"""Whether the fixes of a report hold: tried in the analysis thread when somebody asks for them, each once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from offloop.rules.rule import Diagnostic, Fix

if TYPE_CHECKING:
    from offloop.lsp.report import Report
    from offloop.lsp.session import Session

Wish = tuple[Diagnostic, Fix]
_Key = tuple[str, str, int, int, str]


@dataclass(slots=True)
class Proofs:
    """What is known of the fixes of one report.

    ``refusal`` says what is held against a fix, None where it holds; ``together`` whether several fixes hold at
    once. Both analyse the edited integration, in the analysis thread.
    """

    refusal: Callable[[Diagnostic, Fix], str | None] = lambda _finding, _fix: None
    together: Callable[[Sequence[Wish]], bool] = lambda _wishes: True
    _known: dict[_Key, str | None] = field(default_factory=dict)

    def is_refused(self, finding: Diagnostic, fix: Fix) -> bool:
        """Whether a fix is known not to hold."""
        return self._known.get(_key(finding, fix)) is not None

    def is_open(self, finding: Diagnostic, fix: Fix) -> bool:
        """Whether a fix was not tried yet."""
        return _key(finding, fix) not in self._known

    def refused(self, finding: Diagnostic, fix: Fix) -> str | None:
        """Return what is held against a fix; tries it unless that is known."""
        key = _key(finding, fix)
        if key not in self._known:
            self._known[key] = self.refusal(finding, fix)
        return self._known[key]

    def try_each(self, wishes: Iterable[Wish], seconds: float) -> None:
        """Try fixes one by one, in their order, as many as there is time for."""
        end = time.monotonic() + seconds
        for finding, fix in wishes:
            if time.monotonic() >= end:
                return
            self.refused(finding, fix)

    def try_together(self, wishes: Sequence[Wish], seconds: float) -> None:
        """Try fixes that are to be applied at once; one by one where they do not hold so."""
        untried = [wish for wish in wishes if self.is_open(*wish)]
        if len(untried) > 1 and self.together(wishes):
            self._known |= {_key(*wish): None for wish in wishes}
        self.try_each(untried, seconds)


async def provable(session: Session, path: str) -> tuple[Report, Proofs]:
    """Return the report of a file's newest change, and what tells whether its fixes hold. Safe to cancel."""
    report = await session.newest(path)
    home = session.home(path)
    return report, home.proofs if home is not None and home.report is report else Proofs()


def _key(finding: Diagnostic, fix: Fix) -> _Key:
    return finding.code, finding.path, *finding.span, fix.title
