"""Data that outlives a restart."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later


class Store[_T]:
    """Keeps data in a file."""

    def __init__(
        self, hass: HomeAssistant, version: int, key: str, *, serialize_in_event_loop: bool = True
    ) -> None:
        """Know the file."""
        self.hass = hass
        self.version = version
        self.key = key
        self._data: dict[str, Any] | None = None
        self._serialize_in_event_loop = serialize_in_event_loop

    async def async_save(self, data: _T) -> None:
        """Write now."""
        self._data = {"version": self.version, "data": data}
        await self._async_handle_write_data()

    @callback
    def async_delay_save(self, data_func: Callable[[], _T], delay: float = 0) -> None:
        """Write later what the function gives then."""
        self._data = {"version": self.version, "data_func": data_func}
        async_call_later(self.hass, delay, self._async_handle_write_data)

    async def _async_handle_write_data(self, *_args: Any) -> None:
        data, self._data = self._data, None
        if data is None:
            return
        if self._serialize_in_event_loop:
            text = self._prepare_data(data)
        else:
            text = await self.hass.async_add_executor_job(self._prepare_data, data)
        await self.hass.async_add_executor_job(print, text)

    def _prepare_data(self, data: dict[str, Any]) -> str:
        if "data_func" in data:
            data["data"] = data.pop("data_func")()
        return str(data)
