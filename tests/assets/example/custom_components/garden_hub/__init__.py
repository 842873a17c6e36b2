"""The Garden Hub integration: sprinklers, moisture and rain."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT, EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from .connection import GardenHubConnection
from .const import DOMAIN, SCAN_INTERVAL
from .hub import GardenHub

_LOGGER = logging.getLogger(__name__)

PLATFORMS = [Platform.SENSOR, Platform.SWITCH]

type GardenHubConfigEntry = ConfigEntry[GardenHub]


async def async_setup_entry(hass: HomeAssistant, entry: GardenHubConfigEntry) -> bool:
    """Set up a hub."""
    hub = GardenHub(hass, entry, GardenHubConnection(entry.data[CONF_HOST], entry.data[CONF_PORT]))
    listener = await hass.async_add_executor_job(hub.connect)
    entry.runtime_data = hub
    entry.async_on_unload(listener.stop)
    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, listener.stop))

    entry.async_on_unload(
        async_track_time_interval(
            hass, lambda now: hass.bus.async_fire(f"{DOMAIN}_tick", {"at": now.isoformat()}), SCAN_INTERVAL
        )
    )

    @callback
    def log_tick(now: datetime) -> None:
        _LOGGER.debug("Still here at %s", now)

    entry.async_on_unload(async_track_time_interval(hass, log_tick, SCAN_INTERVAL))

    _register_services(hass, hub)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: GardenHubConfigEntry) -> bool:
    """Unload a hub."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


def _register_services(hass: HomeAssistant, hub: GardenHub) -> None:
    def handle_rain_delay(call: ServiceCall) -> None:
        if hub.connection.set_rain_delay(call.data["hours"]):
            return
        ir.async_create_issue(
            hass,
            DOMAIN,
            "rain_delay_ignored",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="rain_delay_ignored",
        )

    async def handle_water_now(call: ServiceCall) -> None:
        job = partial(hub.connection.set_zone, call.data["zone"], True, call.data["minutes"])
        await hass.async_add_executor_job(job)

    def handle_stop_all(call: ServiceCall) -> None:
        for zone in hub.zones:
            hub.connection.set_zone(zone["id"], False)
        hass.async_create_task(_notify_stopped(hass))

    hass.services.async_register(DOMAIN, "rain_delay", handle_rain_delay)
    hass.services.async_register(DOMAIN, "water_now", handle_water_now)
    hass.services.async_register(DOMAIN, "stop_all", handle_stop_all)


async def _notify_stopped(hass: HomeAssistant) -> None:
    await hass.services.async_call("notify", "notify", {"message": "All sprinklers are closed"})
