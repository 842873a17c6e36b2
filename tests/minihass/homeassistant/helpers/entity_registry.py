"""Remembers what is known of each entity."""

from typing import Any

from homeassistant.core import HomeAssistant, callback, verify_event_loop_thread
from homeassistant.util.hass_dict import HassKey


class EntityRegistry:
    """Holds the entries."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without entries."""
        self.hass = hass
        self.entries: dict[str, dict[str, Any]] = {}

    @callback
    def async_get(self, entity_id: str) -> dict[str, Any] | None:
        """Read an entry."""
        return self.entries.get(entity_id)

    @callback
    @verify_event_loop_thread("entity_registry.async_get_or_create")
    def async_get_or_create(self, entity_id: str, *, name: str | None = None) -> dict[str, Any]:
        """Create an entry."""
        entry = self.entries.setdefault(entity_id, {"name": name})
        self.hass.bus.async_fire_internal("entity_registry_updated", {"id": entity_id})
        return entry

    @callback
    def async_update_entity(self, entity_id: str, *, name: str | None = None) -> dict[str, Any]:
        """Change an entry."""
        return self._async_update_entity(entity_id, name=name)

    @callback
    @verify_event_loop_thread("entity_registry.async_update_entity")
    def _async_update_entity(self, entity_id: str, *, name: str | None = None) -> dict[str, Any]:
        """Change an entry."""
        self.entries[entity_id]["name"] = name
        self.hass.bus.async_fire_internal("entity_registry_updated", {"id": entity_id})
        return self.entries[entity_id]


DATA_REGISTRY: HassKey[EntityRegistry] = HassKey("entity_registry")


@callback
def async_get(hass: HomeAssistant) -> EntityRegistry:
    """Return the registry."""
    return hass.data[DATA_REGISTRY]
