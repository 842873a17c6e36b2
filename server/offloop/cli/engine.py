"""What the command line asks of the rest of offloop; loaded when it is needed, exchanged in tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from offloop.catalog.locate import Location
    from offloop.config import Settings
    from offloop.project import CheckResult
    from offloop.rules.rule import Rule
    from offloop.source import Integration
    from offloop.text import Moves


class Checker(Protocol):
    """Something that checks integrations, as Project does."""

    def check(self, integration: Integration) -> CheckResult:
        """Analyse one integration."""
        ...

    def check_edited(self, edited: Integration, moves: Mapping[str, Moves]) -> CheckResult:
        """Analyse texts that came from those of the last check by edits; the last check stays what it was."""
        ...

    def resolve_open(self, integration: Integration, timeout: float) -> bool:
        """Ask elsewhere what the last check left open, for some seconds; whether to check again."""
        ...

    def close(self) -> None:
        """End what was started for the checks."""
        ...


class CatalogLike(Protocol):
    """The part of a catalog that the command line shows."""

    @property
    def version(self) -> str:
        """Home Assistant's version."""
        ...

    @property
    def source_root(self) -> str | None:
        """The folder that holds ``homeassistant/`` where the sources are at hand."""
        ...

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know about this catalog."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """How to get a catalog, a checker on it, and the rules; the functions can be sent to other processes.

    ``load_catalog`` takes a location and whether caches may be used.
    """

    load_catalog: Callable[[Location, bool], CatalogLike]
    make_checker: Callable[[Any, Settings], Checker]
    rules: Callable[[], tuple[Rule, ...]]


def _load_catalog(location: Location, use_cache: bool) -> CatalogLike:
    from offloop.catalog.load import load_catalog  # noqa: PLC0415 - heavy

    return load_catalog(location, use_cache=use_cache, deriving=_say_deriving)


def _say_deriving() -> None:
    if sys.stderr.isatty():
        print("Reading Home Assistant for the first time ...", file=sys.stderr)


def _make_checker(catalog: Any, settings: Settings) -> Checker:
    from offloop.project import Project  # noqa: PLC0415 - heavy

    return Project(catalog, settings)


def _rules() -> tuple[Rule, ...]:
    from offloop.rules.registry import RULES  # noqa: PLC0415 - heavy

    return RULES


ENGINE = Engine(_load_catalog, _make_checker, _rules)
