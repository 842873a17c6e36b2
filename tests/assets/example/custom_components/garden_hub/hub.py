"""The hub: its listener thread, its zones and what the rest of the integration wants to hear."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send, dispatcher_send

from .connection import GardenHubConnection, GardenHubError
from .const import CONF_SERIAL, EVENT_LEAK, EVENT_RAIN, SIGNAL_HUB_STATE, SIGNAL_WEATHER

_LOGGER = logging.getLogger(__name__)


class GardenHubListener(threading.Thread):
    """Waits for events of the hub."""

    def __init__(self, hass: HomeAssistant, hub: GardenHub) -> None:
        """Prepare the thread."""
        super().__init__(name="garden_hub listener", daemon=True)
        self._hass = hass
        self._hub = hub
        self._stopped = threading.Event()

    def run(self) -> None:
        """Pass events on until stopped."""
        while not self._stopped.is_set():
            try:
                event = self._hub.connection.read_event()
            except GardenHubError as err:
                _LOGGER.debug("Lost the hub: %s", err)
                self._stopped.wait(30)
                continue
            if event is not None:
                self._handle(event)

    def stop(self, *_: Any) -> None:
        """Stop at the next occasion."""
        self._stopped.set()

    def _handle(self, event: dict[str, Any]) -> None:
        if event["type"] == "rain":
            self._hass.bus.async_fire(EVENT_RAIN, {"amount": event["amount"]})
        elif event["type"] == "leak":
            self._hass.bus.fire(EVENT_LEAK, {"zone": event["zone"]})
        elif event["type"] == "state":
            self._hub.update_state(event["state"])
        elif event["type"] == "weather":
            dispatcher_send(self._hass, SIGNAL_WEATHER, event["data"])


class GardenHub:
    """One hub with its zones."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, connection: GardenHubConnection) -> None:
        """Remember where the hub is."""
        self.hass = hass
        self.entry = entry
        self.connection = connection
        self.state: dict[str, Any] = {}
        self.zones: list[dict[str, Any]] = []

    def connect(self) -> GardenHubListener:
        """Read the zones, remember the serial number and start listening."""
        info = self.connection.read_info()
        self.zones = self.connection.read_zones()
        if self.entry.data.get(CONF_SERIAL) != info["serial"]:
            self.hass.config_entries.async_update_entry(
                self.entry, data={**self.entry.data, CONF_SERIAL: info["serial"]}
            )
        listener = GardenHubListener(self.hass, self)
        listener.start()
        return listener

    def update_state(self, state: dict[str, Any]) -> None:
        """Take over the hub's state and tell the entities."""
        self.state.update(state)
        self._announce()

    @callback
    def _announce(self) -> None:
        async_dispatcher_send(self.hass, SIGNAL_HUB_STATE)

    def on_state(self, action: Callable[[], None]) -> CALLBACK_TYPE:
        """Call an action whenever the hub's state has changed."""
        return async_dispatcher_connect(self.hass, SIGNAL_HUB_STATE, action)

    def is_open(self, zone: int) -> bool:
        """Return whether a zone's valve is open."""
        return zone in self.state.get("open", ())
