"""The twin does not take an argument: the whole method becomes async."""

from homeassistant.components.switch import SwitchEntity
import time


def setup_platform(hass, config, add_entities, discovery_info=None):
    add_entities([Lamp()])


class Lamp(SwitchEntity):
    _attr_name = "method_drops_argument"
    _attr_should_poll = False
    _attr_is_on = False

    def turn_on(self, **kwargs):
        time.sleep(0.01)
        self._attr_is_on = True
        self.hass.bus.async_fire("method_drops_argument_done", time_fired=time.time())
