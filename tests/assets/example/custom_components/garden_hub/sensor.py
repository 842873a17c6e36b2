"""Moisture of the soil and the hub's own health."""

from __future__ import annotations

from typing import Any

import voluptuous as vol
from homeassistant.components import persistent_notification
from homeassistant.components.sensor import PLATFORM_SCHEMA, SensorEntity
from homeassistant.const import CONF_HOST, CONF_PORT, PERCENTAGE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback, AddEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType

from . import GardenHubConfigEntry
from .connection import GardenHubConnection, GardenHubError
from .const import DEFAULT_PORT, SCAN_INTERVAL
from .entity import GardenHubEntity
from .hub import GardenHub

PLATFORM_SCHEMA = PLATFORM_SCHEMA.extend(
    {
        vol.Required(CONF_HOST): cv.string,
        vol.Optional(CONF_PORT, default=DEFAULT_PORT): cv.port,
    }
)


def setup_platform(
    hass: HomeAssistant,
    config: ConfigType,
    add_entities: AddEntitiesCallback,
    discovery_info: DiscoveryInfoType | None = None,
) -> None:
    """Set up the old way, from YAML."""
    connection = GardenHubConnection(config[CONF_HOST], config[CONF_PORT])
    sensors = [ProbeSensor(connection, zone) for zone in connection.read_zones()]
    add_entities(sensors, True)

    def refresh(now: Any) -> None:
        for sensor in sensors:
            sensor.schedule_update_ha_state(True)

    async_track_time_interval(hass, refresh, SCAN_INTERVAL)


async def async_setup_entry(
    hass: HomeAssistant, entry: GardenHubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the moisture sensors of a hub."""
    hub = entry.runtime_data
    async_add_entities(MoistureSensor(hub, zone) for zone in hub.zones)


class ProbeSensor(SensorEntity):
    """A probe that is asked each minute."""

    _attr_native_unit_of_measurement = PERCENTAGE

    def __init__(self, connection: GardenHubConnection, zone: dict[str, Any]) -> None:
        """Remember the zone."""
        self._connection = connection
        self._zone = zone["id"]
        self._attr_name = f"{zone['name']} moisture"

    def update(self) -> None:
        """Ask the hub."""
        try:
            zones = self._connection.read_zones()
        except GardenHubError:
            self._attr_available = False
            persistent_notification.async_create(
                self.hass, "The garden hub does not answer.", title="Garden Hub"
            )
            return
        self._attr_available = True
        self._attr_native_value = next(zone["moisture"] for zone in zones if zone["id"] == self._zone)


class MoistureSensor(GardenHubEntity, SensorEntity):
    """Moisture as the hub reports it."""

    _attr_native_unit_of_measurement = PERCENTAGE

    def __init__(self, hub: GardenHub, zone: dict[str, Any]) -> None:
        """Remember the zone."""
        super().__init__(hub, f"moisture_{zone['id']}")
        self._zone = zone["id"]
        self._attr_name = f"{zone['name']} moisture"

    async def async_added_to_hass(self) -> None:
        """Follow the hub."""
        self.async_on_remove(self._hub.on_state(self._refresh))

    @property
    def native_value(self) -> float | None:
        """Return the moisture of the zone."""
        return self._hub.state.get("moisture", {}).get(self._zone)
