"""The real workshop: settings files, catalogs and ``Project`` behind the session's seam."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from offloop.config import Settings, load_settings, settings_from_mapping
from offloop.lsp.engine import Engine, Setup
from offloop.rules.rule import Diagnostic
from offloop.source import Integration
from offloop.text import Moves

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis
    from offloop.library.model import Catalog
    from offloop.project import CheckResult, Project
    from offloop.resolve.jedi_worker import JediWorker

_MOST_PROJECTS = 32
_MOST_ANALYSES = 4
"""How many analyses are kept for questions; each is a multiple of its texts."""


class ProjectEngine:
    """A catalog as an engine: a Project for each integration, so that each keeps its caches."""

    def __init__(self, make: Callable[[], Project], label: str, catalog: Catalog) -> None:
        self._make = make
        self._projects: dict[str, Project] = {}
        self.label = label
        self.catalog: Catalog | None = catalog
        self.source_root = str(catalog.source_root) if catalog.source_root else None

    def check(self, integration: Integration, focus: str = "") -> CheckResult:
        """Analyse one integration; where its functions run is asked of the analysis itself."""
        key = _key(integration)
        known = self._projects.pop(key, None)
        project = self._projects[key] = known or self._make()
        for old in list(self._projects)[:-_MOST_ANALYSES]:
            self._projects[old].release()
        while len(self._projects) > _MOST_PROJECTS:
            del self._projects[next(iter(self._projects))]
        result = project.check(integration, focus, functions=False)
        if known is None:
            # What the first check leaves behind lives on, as the catalog does.
            gc.freeze()
        return result

    def check_edited(self, edited: Integration, moves: Mapping[str, Moves]) -> CheckResult:
        """Analyse texts that came from those of the last check by edits; the last check stays what it was."""
        project = self._projects.get(_key(edited))
        return (project or self._make()).check_edited(edited, moves)

    def analysis(self, integration: Integration) -> Analysis | None:
        """Return the analysis behind the last check; made again where memory was short."""
        project = self._projects.get(_key(integration))
        if project is None or project.analysis is None:
            self.check(integration)
            project = self._projects.get(_key(integration))
        return project.analysis if project is not None else None

    def resolve_open(self, integration: Integration) -> bool:
        """Ask jedi for what the last check of an integration left open, and take what it has answered."""
        project = self._projects.get(_key(integration))
        return project is not None and project.resolve_open(integration, 0.0)

    def is_asking(self, integration: Integration) -> bool:
        """Whether jedi may still tell more of what the last check of an integration left open."""
        project = self._projects.get(_key(integration))
        return project is not None and project.is_asking


def _key(integration: Integration) -> str:
    # A file without an integration is one of its own.
    alone = integration.files[0].path if integration.files and not integration.package else ""
    return f"{integration.root}\n{integration.package}\n{alone}"


class LocalWorkshop:
    """Settings from the folders of this machine, Home Assistant from where it is found or bundled.

    One process asks jedi for all; it is started with the first question.
    """

    def __init__(self) -> None:
        self._jedi: JediWorker | None = None
        self._lock = threading.Lock()

    def setup(self, root: str, wishes: tuple[Mapping[str, object], ...], base: str) -> Setup:
        """Read settings: a file's, then the client's that differ from the defaults."""
        from offloop.catalog.locate import BundledRequest, NotHomeAssistant, locate  # noqa: PLC0415 - start fast

        loaded = load_settings(Path(root))
        settings, messages = loaded.settings, list(loaded.messages)
        for wish in wishes:
            wished, complaints = settings_from_mapping(wish, Path(base))
            settings = _onto(settings, wished)
            messages += complaints
        location = locate(settings.home_assistant, Path(root), os.environ, settings.python)
        if isinstance(location, NotHomeAssistant):
            messages.append(location.message)
            location = BundledRequest(None, "the setting names no Home Assistant")
        return Setup(settings, location, tuple(messages))

    def stopgap(self, setup: Setup) -> Engine:
        """Return an engine on the newest bundled catalog."""
        from offloop.catalog.locate import BundledRequest  # noqa: PLC0415 - start fast

        return self._engine(BundledRequest(None, "while Home Assistant is read"), setup.settings)

    def engine(self, setup: Setup) -> Engine:
        """Return an engine on the Home Assistant that is meant."""
        return self._engine(setup.home_assistant, setup.settings)

    def rule_url(self, diagnostic: Diagnostic) -> str | None:
        """Return the address of the document of a finding's rule."""
        from offloop.rules.registry import RULES  # noqa: PLC0415 - start fast

        return next((rule.url for rule in RULES if rule.code == diagnostic.code), None)

    def close(self) -> None:
        """End the process that asks jedi."""
        if self._jedi is not None:
            self._jedi.close()

    def _asker(self) -> JediWorker:
        from offloop.catalog.load import cache_folder  # noqa: PLC0415 - start fast
        from offloop.resolve.jedi_worker import JediWorker  # noqa: PLC0415 - start fast

        with self._lock:
            if self._jedi is None:
                self._jedi = JediWorker(cache_folder(), [])
            return self._jedi

    def _engine(self, location: Hashable, settings: Settings) -> Engine:
        from offloop.catalog.locate import BundledRequest, HomeAssistant  # noqa: PLC0415 - start fast
        from offloop.lsp.derive_apart import load_catalog_apart  # noqa: PLC0415 - start fast
        from offloop.project import Project  # noqa: PLC0415 - start fast

        if not isinstance(location, HomeAssistant | BundledRequest):
            raise TypeError(f"not a setup of this workshop: {location!r}")
        catalog = load_catalog_apart(location)
        # A catalog is large and lives on: the garbage collector need not walk through it and stop all.
        gc.freeze()
        root = catalog.source_root
        where = f" in {root}" if root else " (bundled)"
        label = "; ".join([f"Home Assistant {catalog.version}{where}", *catalog.notices])
        jedi = self._asker()
        return ProjectEngine(lambda: Project(catalog, settings, jedi, live=True), label, catalog)


def _onto(settings: Settings, wished: Settings) -> Settings:
    """Lay a client's values over a file's; clients send every default, so only other values count."""
    default = Settings()
    changed = {
        one.name: getattr(wished, one.name)
        for one in fields(Settings)
        if getattr(wished, one.name) != getattr(default, one.name)
    }
    return replace(settings, **changed)
