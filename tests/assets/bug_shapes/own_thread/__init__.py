"""A thread of its own fires an event."""

import threading

from homeassistant.core import HomeAssistant


class Listener(threading.Thread):
    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(daemon=True)
        self.hass = hass

    def run(self):
        self.hass.bus.async_fire("own_thread_done")


async def async_setup(hass: HomeAssistant, config):
    Listener(hass).start()
    return True
