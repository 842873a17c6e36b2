"""A sync method of an entity writes the state."""

from homeassistant.components.switch import SwitchEntity


def setup_platform(hass, config, add_entities, discovery_info=None):
    add_entities([Lamp()])


class Lamp(SwitchEntity):
    _attr_name = "method_writes_state"
    _attr_should_poll = False
    _attr_is_on = False

    def turn_on(self, **kwargs):
        self._attr_is_on = True
        self.async_write_ha_state()  # at once
