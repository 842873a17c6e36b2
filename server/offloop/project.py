"""The whole story of a check: texts and catalog in, findings and contexts out."""

from __future__ import annotations

from dataclasses import dataclass

from offloop.catalog.model import Catalog
from offloop.config import Settings
from offloop.rules.rule import Diagnostic, Step
from offloop.source import Integration, Problem


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """Where one function runs and why.

    ``line``/``column`` are 0-based (code points) and name the function; ``declared`` is "coroutine",
    "callback", "plain" or "property"; ``context`` "loop", "worker", "both" or "unknown".
    """

    path: str
    function: str
    line: int
    column: int
    declared: str
    context: str
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """All that one check of an integration found."""

    diagnostics: tuple[Diagnostic, ...]
    functions: tuple[FunctionContext, ...]
    problems: tuple[Problem, ...]


class Project:
    """A catalog and settings with the caches that make checking again cheap; not thread-safe."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self.catalog = catalog
        self.settings = settings

    def check(self, integration: Integration) -> CheckResult:
        """Analyse one integration; never raises for anything in its texts."""
        raise NotImplementedError
