"""Valves as switches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later

from . import GardenHubConfigEntry
from .const import SIGNAL_WEATHER
from .entity import GardenHubEntity
from .hub import GardenHub

SETTLE_SECONDS = 3


async def async_setup_entry(
    hass: HomeAssistant, entry: GardenHubConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a switch for each zone, and the pump."""
    hub = entry.runtime_data
    async_add_entities([*(ZoneSwitch(hub, zone) for zone in hub.zones), PumpSwitch(hub)])


class ZoneSwitch(GardenHubEntity, SwitchEntity):
    """The valve of a zone."""

    def __init__(self, hub: GardenHub, zone: dict[str, Any]) -> None:
        """Remember the zone."""
        super().__init__(hub, f"zone_{zone['id']}")
        self._zone = zone["id"]
        self._attr_name = zone["name"]

    async def async_added_to_hass(self) -> None:
        """Follow the hub and the weather."""
        self.async_on_remove(self._hub.on_state(self._state_changed))

        def weather_changed(weather: dict[str, Any]) -> None:
            self._attr_extra_state_attributes = {"rain_expected": weather["rain"]}
            self.async_write_ha_state()

        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_WEATHER, weather_changed))

    def turn_on(self, **kwargs: Any) -> None:
        """Open the valve."""
        self._hub.connection.set_zone(self._zone, True)
        self._attr_is_on = True
        self.async_write_ha_state()

    def turn_off(self, **kwargs: Any) -> None:
        """Close the valve."""
        self._hub.connection.set_zone(self._zone, False)
        self._attr_is_on = False
        self.schedule_update_ha_state()

    def _state_changed(self) -> None:
        self._attr_is_on = self._hub.is_open(self._zone)
        self.async_write_ha_state()


class PumpSwitch(GardenHubEntity, SwitchEntity):
    """The pump; it needs a moment to settle."""

    _attr_name = "Pump"

    def __init__(self, hub: GardenHub) -> None:
        """Make the pump of a hub."""
        super().__init__(hub, "pump")

    def turn_on(self, **kwargs: Any) -> None:
        """Start the pump."""
        self._hub.connection.set_zone(0, True)
        self._attr_is_on = True
        self._refresh()
        self.hass.loop.create_task(self._check_pressure())

    def turn_off(self, **kwargs: Any) -> None:
        """Stop the pump and look again when the pressure is gone."""
        self._hub.connection.set_zone(0, False)
        self._attr_is_on = False
        async_call_later(self.hass, SETTLE_SECONDS, self._settled)

    async def _check_pressure(self) -> None:
        zones = await self.hass.async_add_executor_job(self._hub.connection.read_zones)
        self._attr_extra_state_attributes = {"pressure": zones[0].get("pressure")}
        self.async_write_ha_state()

    async def _settled(self, now: datetime) -> None:
        await self._check_pressure()
