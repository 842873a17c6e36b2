"""A method given to an interval is not marked for the loop; HA is imported as a module."""

from datetime import timedelta

import homeassistant.core as ha
from homeassistant.helpers.event import async_track_time_interval


class Hub:
    def __init__(self, hass: ha.HomeAssistant) -> None:
        self._hass = hass

    def start(self):
        async_track_time_interval(self._hass, self._tick, timedelta(seconds=0.05))

    def _tick(self, now):
        self._hass.states.async_set("interval_of_object.tick", "on")


async def async_setup(hass: ha.HomeAssistant, config):
    Hub(hass).start()
    return True
