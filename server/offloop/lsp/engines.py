"""Which engine checks which integration: made once for equal settings, a stopgap while that takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from offloop.config import OPTIONS, Settings
from offloop.lsp.engine import Engine, Setup, Workshop
from offloop.lsp.worker import Worker

PATIENCE_SECONDS = 0.7
LOG_LEVELS = ("error", "warning", "info", "debug")
_MOST_ENGINES = 6


class Notices(Protocol):
    """Where words for the user go, and what is shown while something long goes on."""

    def debug(self, text: str) -> None:
        """Write what only we want to know to the client's log."""
        ...

    def log(self, text: str) -> None:
        """Write to the client's log."""
        ...

    def warn(self, text: str) -> None:
        """Write a warning to the client's log, the same one once."""
        ...

    def error(self, text: str) -> None:
        """Write a fault of our own to the client's log, the same one once."""
        ...

    def busy(self, title: str, work: asyncio.Future[Any]) -> None:
        """Show progress until ``work`` is done, should it take a while."""
        ...


class NoEngineError(RuntimeError):
    """Neither Home Assistant's sources nor a bundled catalog could be read; the log says why."""

    def __init__(self) -> None:
        super().__init__("nothing to check against: no Home Assistant could be read")


def _of_checks(settings: Settings) -> Settings:
    """Return settings without those that only say what is shown of the findings."""
    default = Settings()
    shown = {one.field: getattr(default, one.field) for one in OPTIONS if one.scope == "server"}
    return replace(settings, unsafe_fixes=default.unsafe_fixes, **shown)


class _Slot:
    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.stopgap: Engine | None = None
        self.loading: asyncio.Task[None] | None = None


class Engines:
    """Engines by what they check against; ``on_ready`` says that a stopgap has been replaced."""

    def __init__(
        self,
        workshop: Workshop,
        analysis: Worker,
        notices: Notices,
        on_ready: Callable[[], None],
    ) -> None:
        self._workshop = workshop
        self._analysis = analysis
        self._loader = Worker("offloop-catalog")
        self._notices = notices
        self._on_ready = on_ready
        self._slots: dict[tuple[Settings, Hashable], _Slot] = {}
        # The last one asked for: with each keystroke it is the same.
        self._last: tuple[Setup, _Slot] | None = None
        self._setups: dict[str, Setup] = {}
        self._levels: dict[str, str] = {}
        self.log_level = Settings().log_level
        """How much is to be logged: the most that the settings of any folder ask for."""
        self.patience: float | None = PATIENCE_SECONDS
        """How long to wait, in seconds, before a stopgap serves; None: as long as it takes."""
        self.wishes: Callable[[str], tuple[tuple[Mapping[str, object], ...], str]] = lambda root: ((), root)

    def forget(self, *, engines: bool) -> None:
        """Read all settings anew when next asked, and make all engines anew where said so."""
        self._setups.clear()
        self._last = None
        if engines:
            self._slots.clear()

    def labels(self) -> list[str]:
        """Return what is checked against, in words."""
        return [slot.engine.label for slot in self._slots.values() if slot.engine is not None]

    def ready(self) -> list[Engine]:
        """Return the engines in use, stopgaps where the one that is meant is not there yet."""
        found = (slot.engine or slot.stopgap for slot in self._slots.values())
        return [engine for engine in found if engine is not None]

    @property
    def is_loading(self) -> bool:
        """Whether an engine is being made."""
        return any(
            slot.engine is None and slot.loading is not None and not slot.loading.done()
            for slot in self._slots.values()
        )

    def at_hand(self, root: str) -> tuple[Setup, Engine] | None:
        """Return what ``setup`` and ``engine`` would, where nothing need be waited for."""
        setup = self._setups.get(root)
        engine = self._slot(setup).engine if setup is not None else None
        return (setup, engine) if setup is not None and engine is not None else None

    async def setup(self, root: str) -> Setup:
        """Return the settings of the integration at a folder."""
        setup = self._setups.get(root)
        if setup is None:
            wishes, base = self.wishes(root)
            setup = await self._analysis.run(partial(self._workshop.setup, root, wishes, base))
            self._setups[root] = setup
            self._levels[root] = setup.settings.log_level
            self.log_level = max(self._levels.values(), key=LOG_LEVELS.index)
            for message in setup.messages:
                self._notices.warn(message)
        return setup

    async def engine(self, setup: Setup) -> Engine:
        """Return the engine to use now: the one that is meant, or a stopgap while that takes long."""
        slot = self._slot(setup)
        if slot.engine is not None:
            return slot.engine
        if slot.loading is None:
            slot.loading = asyncio.create_task(self._load(slot, setup))
        if slot.stopgap is None:
            await asyncio.wait({slot.loading}, timeout=self.patience)
            if slot.engine is None:
                await self._make_stopgap(slot, setup)
        engine = slot.engine or slot.stopgap
        if engine is None:
            await asyncio.wait({slot.loading})
            engine = slot.engine
        if engine is None:
            slot.loading = None
            raise NoEngineError
        return engine

    async def _make_stopgap(self, slot: _Slot, setup: Setup) -> None:
        try:
            slot.stopgap = await self._analysis.run(partial(self._workshop.stopgap, setup))
        except Exception as error:  # noqa: BLE001 - without a bundled catalog there may still be the sources
            self._notices.warn(f"there is no bundled catalog to begin with: {error}")

    def _slot(self, setup: Setup) -> _Slot:
        """Return the slot of a setup, and let go of the one that was not asked for longest."""
        if self._last is not None and self._last[0] is setup:
            return self._last[1]
        key = (_of_checks(setup.settings), setup.home_assistant)
        slot = self._slots.pop(key) if key in self._slots else _Slot()
        self._slots[key] = slot
        self._last = setup, slot
        while len(self._slots) > _MOST_ENGINES:
            del self._slots[next(iter(self._slots))]
        return slot

    async def _load(self, slot: _Slot, setup: Setup) -> None:
        work = self._loader.run(partial(self._workshop.engine, setup))
        self._notices.busy("Reading Home Assistant", work)
        try:
            slot.engine = await work
            self._notices.log(f"checking against {slot.engine.label}")
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the sources, the stopgap serves
            self._notices.warn(f"Home Assistant could not be read, the bundled catalog is used: {error}")
            if slot.stopgap is None:
                await self._make_stopgap(slot, setup)
            slot.engine = slot.stopgap
        if slot.stopgap is not None and slot.stopgap is not slot.engine:
            self._on_ready()
