"""A sync method of an entity calls a plain method that needs the loop."""

from homeassistant.components.switch import SwitchEntity


def setup_platform(hass, config, add_entities, discovery_info=None):
    add_entities([Lamp()])


class Lamp(SwitchEntity):
    _attr_name = "method_in_two_steps"
    _attr_should_poll = False
    _attr_is_on = False

    def turn_on(self, **kwargs):
        self._set(True)

    def _set(self, value):
        self._attr_is_on = value
        self.async_schedule_update_ha_state()
