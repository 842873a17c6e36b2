"""What the session asks of the checker: the seam where tests put a stand-in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from offloop.config import Settings
from offloop.rules.rule import Diagnostic
from offloop.source import Integration
from offloop.text import Moves

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis
    from offloop.library.model import Catalog
    from offloop.project import CheckResult


class Engine(Protocol):
    """A checker with its caches; used by the analysis thread alone."""

    label: str
    """What it checks against, in words for the log."""

    source_root: str | None
    """The absolute folder that holds ``homeassistant/``; None where only a catalog is there."""

    catalog: Catalog | None
    """What it checks against; None for a stand-in."""

    def check(self, integration: Integration, focus: str = "") -> CheckResult:
        """Analyse one integration; ``focus`` is the path of the file that is likely to be edited next.

        Where functions run is not in the result: that is asked of the analysis.
        """
        ...

    def analysis(self, integration: Integration) -> Analysis | None:
        """Return the analysis behind the last check of an integration, for questions about a place in it.

        Valid until its next check.
        """
        ...

    def check_edited(self, edited: Integration, moves: Mapping[str, Moves]) -> CheckResult:
        """Analyse texts that came from those of the last check by edits; the last check stays what it was."""
        ...

    def resolve_open(self, integration: Integration) -> bool:
        """Ask elsewhere what the last check of an integration left open; whether checking again may tell more.

        Waits for no answer: what is answered later is taken by a later call.
        """
        ...

    def is_asking(self, integration: Integration) -> bool:
        """Whether not all is answered, or asked, that the last check of an integration left open."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """What holds for one integration: its settings and which Home Assistant is meant.

    ``home_assistant`` names the sources or the bundled catalog; equal ones share an engine. ``messages`` are
    for the user.
    """

    settings: Settings
    home_assistant: Hashable
    messages: tuple[str, ...] = ()


class Workshop(Protocol):
    """Reads settings and makes engines; its methods are slow and run in threads of the session's own."""

    def setup(self, root: str, wishes: tuple[Mapping[str, object], ...], base: str) -> Setup:
        """Read the settings of the integration at ``root``; paths in the ``wishes`` are below ``base``."""
        ...

    def stopgap(self, setup: Setup) -> Engine:
        """Return an engine at once, from what is bundled."""
        ...

    def engine(self, setup: Setup) -> Engine:
        """Return the engine that is meant; may take long, raises when the sources cannot be read."""
        ...

    def rule_url(self, diagnostic: Diagnostic) -> str | None:
        """Return the address of the document of a finding's rule."""
        ...

    def close(self) -> None:
        """End what was started for the engines; called once, at the very end."""
        ...
