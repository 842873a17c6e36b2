"""A listener that was not marked for the loop adds entities."""

from homeassistant.components.switch import SwitchEntity
from homeassistant.helpers.dispatcher import async_dispatcher_connect


class Lamp(SwitchEntity):
    _attr_name = "listener_adds_entities"
    _attr_is_on = True


async def async_setup_platform(hass, config, async_add_entities, discovery_info=None):
    def add():
        async_add_entities([Lamp()])

    async_dispatcher_connect(hass, "listener_adds_entities", add)
