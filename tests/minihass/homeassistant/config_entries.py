"""Integrations that the user has configured."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from .core import CALLBACK_TYPE, HomeAssistant, callback, verify_event_loop_thread
from .util.async_ import create_eager_task

_DataT = TypeVar("_DataT", default=Any)


class ConfigEntry(Generic[_DataT]):
    """One configured integration."""

    entry_id: str
    title: str
    runtime_data: _DataT

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Take the data."""
        self.data = MappingProxyType(dict(data))
        self.options: Mapping[str, Any] = {}
        self._on_unload: list[Callable[[], Coroutine[Any, Any, None] | None]] | None = None
        self._tasks: set[asyncio.Future[Any]] = set()
        self.update_listeners: list[Callable[..., Coroutine[Any, Any, None]]] = []

    def add_update_listener(self, listener: Callable[..., Coroutine[Any, Any, None]]) -> CALLBACK_TYPE:
        """Run a coroutine function when the entry changes."""
        self.update_listeners.append(listener)
        return lambda: self.update_listeners.remove(listener)

    @callback
    def async_on_unload(self, func: Callable[[], Coroutine[Any, Any, None] | None]) -> None:
        """Run a function when the entry is unloaded."""
        if self._on_unload is None:
            self._on_unload = []
        self._on_unload.append(func)

    async def _async_process_on_unload(self, hass: HomeAssistant) -> None:
        """Run these functions."""
        if self._on_unload is not None:
            while self._on_unload:
                if job := self._on_unload.pop()():
                    self.async_create_task(hass, job, eager_start=True)

    @callback
    def async_create_task[_R](
        self,
        hass: HomeAssistant,
        target: Coroutine[Any, Any, _R],
        name: str | None = None,
        eager_start: bool = True,
    ) -> asyncio.Task[_R]:
        """Run a coroutine that ends with the entry."""
        task = hass.async_create_task_internal(target, name, eager_start)
        self._tasks.add(task)
        return task

    @callback
    def async_create_background_task[_R](
        self, hass: HomeAssistant, target: Coroutine[Any, Any, _R], name: str, eager_start: bool = True
    ) -> asyncio.Task[_R]:
        """Run a coroutine in the background that ends with the entry."""
        task = create_eager_task(target, name=name, loop=hass.loop)
        self._tasks.add(task)
        return task


class ConfigEntries:
    """Holds the entries."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without entries."""
        self.hass = hass
        self._entries: dict[str, ConfigEntry[Any]] = {}

    @callback
    def async_get_entry(self, entry_id: str) -> ConfigEntry[Any] | None:
        """Read an entry."""
        return self._entries.get(entry_id)

    @callback
    def async_update_entry(
        self, entry: ConfigEntry[Any], *, data: Mapping[str, Any] | None = None, title: str | None = None
    ) -> bool:
        """Change an entry."""
        return self._async_update_entry(entry, data=data, title=title)

    @callback
    @verify_event_loop_thread("hass.config_entries.async_update_entry")
    def _async_update_entry(
        self, entry: ConfigEntry[Any], *, data: Mapping[str, Any] | None = None, title: str | None = None
    ) -> bool:
        """Change an entry."""
        if data is not None:
            entry.data = MappingProxyType(dict(data))
        if title is not None:
            entry.title = title
        for listener in entry.update_listeners:
            self.hass.async_create_task(listener(self.hass, entry), eager_start=True)
        return True

    @callback
    def async_schedule_reload(self, entry_id: str) -> None:
        """Reload an entry soon."""
        entry = self._entries[entry_id]
        entry.async_create_task(self.hass, self.async_reload(entry_id), f"reload {entry_id}")

    async def async_reload(self, entry_id: str) -> bool:
        """Reload an entry."""
        return entry_id in self._entries


class ConfigFlow:
    """Asks the user."""

    hass: HomeAssistant
