"""One source of data for many entities."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from homeassistant import config_entries
from homeassistant.core import CALLBACK_TYPE, HassJob, HassJobType, HomeAssistant, callback

from . import entity
from .debounce import Debouncer

_DataT = TypeVar("_DataT", default=dict[str, Any])


class BaseDataUpdateCoordinatorProtocol(Protocol):
    """What entities need of a coordinator."""

    @callback
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Any = None) -> Callable[[], None]:
        """Run a function on each update."""


class DataUpdateCoordinator(BaseDataUpdateCoordinatorProtocol, Generic[_DataT]):
    """Fetches data for many entities."""

    def __init__(
        self,
        hass: HomeAssistant,
        logger: Any,
        *,
        config_entry: config_entries.ConfigEntry | None = None,
        name: str,
        update_interval: timedelta | None = None,
        update_method: Callable[[], Awaitable[_DataT]] | None = None,
    ) -> None:
        """Take the ways to fetch."""
        self.hass = hass
        self.logger = logger
        self.name = name
        self.update_method = update_method
        self.update_interval = update_interval
        self.config_entry = config_entry
        self.data: _DataT = None
        self.last_update_success = True
        self._listeners: dict[int, tuple[CALLBACK_TYPE, object | None]] = {}
        self._last_listener_id = 0
        self._unsub_refresh: CALLBACK_TYPE | None = None
        self._debounced_refresh = Debouncer(hass, cooldown=10, immediate=True, function=self._async_refresh)

    @callback
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Any = None) -> Callable[[], None]:
        """Run a function on each update."""
        schedule_refresh = not self._listeners
        self._last_listener_id += 1
        self._listeners[self._last_listener_id] = (update_callback, context)
        if schedule_refresh:
            self._schedule_refresh()
        return partial(self.__async_remove_listener_internal, self._last_listener_id)

    @callback
    def __async_remove_listener_internal(self, listener_id: int) -> None:
        """Stop running a function."""
        self._listeners.pop(listener_id)

    @callback
    def async_update_listeners(self) -> None:
        """Run all functions."""
        for update_callback, _ in list(self._listeners.values()):
            update_callback()

    @callback
    def _schedule_refresh(self) -> None:
        """Wait for the next fetch."""
        loop = self.hass.loop
        refresh_job = HassJob(self.__wrap_handle_refresh_interval, job_type=HassJobType.Callback)
        self._unsub_refresh = loop.call_at(
            loop.time(), self.__wrap_handle_refresh_interval, refresh_job
        ).cancel

    @callback
    def __wrap_handle_refresh_interval(self, _: HassJob[..., Any]) -> None:
        """Fetch in the background."""
        self.hass.async_create_background_task(
            self._async_refresh(), name=f"{self.name} - refresh", eager_start=True
        )

    async def async_request_refresh(self) -> None:
        """Fetch soon."""
        await self._debounced_refresh.async_call()

    async def async_refresh(self) -> None:
        """Fetch now."""
        await self._async_refresh()

    async def async_config_entry_first_refresh(self) -> None:
        """Fetch for the first time."""
        await self._async_refresh()

    async def _async_update_data(self) -> _DataT:
        """Fetch the data."""
        if self.update_method is None:
            raise NotImplementedError("Update method not implemented")
        return await self.update_method()

    async def _async_refresh(self) -> None:
        """Fetch and tell."""
        self.data = await self._async_update_data()
        self.async_update_listeners()

    @callback
    def async_set_updated_data(self, data: _DataT) -> None:
        """Take data that came by itself."""
        self._schedule_refresh()
        self.data = data
        self.last_update_success = True
        self.async_update_listeners()


class BaseCoordinatorEntity[_BaseDataUpdateCoordinatorT: BaseDataUpdateCoordinatorProtocol](entity.Entity):
    """An entity that follows a coordinator."""

    def __init__(self, coordinator: _BaseDataUpdateCoordinatorT, context: Any = None) -> None:
        """Take the coordinator."""
        self.coordinator = coordinator
        self.coordinator_context = context

    async def async_added_to_hass(self) -> None:
        """Follow the coordinator."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_add_listener(self._handle_coordinator_update, self.coordinator_context)
        )

    @callback
    def _handle_coordinator_update(self) -> None:
        """Take the new data."""
        self.async_write_ha_state()

    async def async_update(self) -> None:
        """Fetch."""


class CoordinatorEntity[
    _DataUpdateCoordinatorT: DataUpdateCoordinator[Any] = DataUpdateCoordinator[dict[str, Any]]
](BaseCoordinatorEntity[_DataUpdateCoordinatorT]):
    """An entity that follows a coordinator."""

    def __init__(self, coordinator: _DataUpdateCoordinatorT, context: Any = None) -> None:
        """Take the coordinator."""
        super().__init__(coordinator, context)

    @property
    def available(self) -> bool:
        """Tell whether there is data."""
        return self.coordinator.last_update_success

    async def async_update(self) -> None:
        """Fetch."""
        await self.coordinator.async_request_refresh()
