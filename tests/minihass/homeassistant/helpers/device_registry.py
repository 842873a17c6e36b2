"""Remembers what is known of each device."""

from typing import Any

from homeassistant.core import HomeAssistant, callback, verify_event_loop_thread
from homeassistant.util.hass_dict import HassKey


class DeviceRegistry:
    """Holds the entries."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without entries."""
        self.hass = hass
        self.entries: dict[str, dict[str, Any]] = {}

    @callback
    def async_get(self, device_id: str) -> dict[str, Any] | None:
        """Read an entry."""
        return self.entries.get(device_id)

    @callback
    @verify_event_loop_thread("device_registry.async_get_or_create")
    def async_get_or_create(self, device_id: str, *, name: str | None = None) -> dict[str, Any]:
        """Create an entry."""
        entry = self.entries.setdefault(device_id, {"name": name})
        self.hass.bus.async_fire_internal("device_registry_updated", {"id": device_id})
        return entry

    @callback
    def async_update_device(self, device_id: str, *, name: str | None = None) -> dict[str, Any]:
        """Change an entry."""
        return self._async_update_device(device_id, name=name)

    @callback
    @verify_event_loop_thread("device_registry.async_update_device")
    def _async_update_device(self, device_id: str, *, name: str | None = None) -> dict[str, Any]:
        """Change an entry."""
        self.entries[device_id]["name"] = name
        self.hass.bus.async_fire_internal("device_registry_updated", {"id": device_id})
        return self.entries[device_id]


DATA_REGISTRY: HassKey[DeviceRegistry] = HassKey("device_registry")


@callback
def async_get(hass: HomeAssistant) -> DeviceRegistry:
    """Return the registry."""
    return hass.data[DATA_REGISTRY]
