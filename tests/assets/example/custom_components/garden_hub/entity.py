"""What all entities of a hub share."""

from __future__ import annotations

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity

from .hub import GardenHub


class GardenHubEntity(Entity):
    """An entity of a hub."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: GardenHub, key: str) -> None:
        """Remember the hub."""
        self._hub = hub
        self._attr_unique_id = f"{hub.entry.entry_id}_{key}"

    @callback
    def _refresh(self) -> None:
        """Show what the hub says now."""
        self._attr_available = bool(self._hub.state)
        self.async_write_ha_state()
