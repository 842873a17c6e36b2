"""An entity service that is named by text runs a plain method in a worker thread."""

from homeassistant.components.switch import SwitchEntity


def setup_platform(hass, config, add_entities, discovery_info=None):
    add_entities([Lamp()])


class Lamp(SwitchEntity):
    _attr_name = "service_of_entities"
    _attr_should_poll = False
    _attr_is_on = False

    async def async_added_to_hass(self):
        self.platform.async_register_entity_service("go", {}, "go")

    def go(self):
        self._attr_is_on = True
        self.async_write_ha_state()
