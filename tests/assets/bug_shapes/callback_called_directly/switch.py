"""A method marked for the loop is called from a worker thread."""

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import callback


def setup_platform(hass, config, add_entities, discovery_info=None):
    add_entities([Lamp()])


class Lamp(SwitchEntity):
    _attr_name = "callback_called_directly"
    _attr_should_poll = False
    _attr_is_on = False

    def turn_on(self, **kwargs):
        self._attr_is_on = True
        self._changed()

    @callback
    def _changed(self):
        self.async_write_ha_state()
