"""Switches."""

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import callback

from . import DOMAIN


async def async_setup_entry(hass, entry, async_add_entities):
    hub = hass.data[DOMAIN]["hub"]
    async_add_entities([LooseSwitch(hub)])


class LooseSwitch(SwitchEntity):
    def __init__(self, hub):
        self.hub = hub
        self.helper = hub.helper

    async def async_added_to_hass(self):
        self.hub.listeners.append(self.changed)
        await self.hass.async_add_executor_job(self.hub.refresh)

    def turn_on(self, **kwargs):
        self.helper.quick()
        self.hub.client.send("on")
        self.changed()

    def turn_off(self, **kwargs):
        self.hub.helper.tell()
        self.settle()

    @callback
    def settle(self):
        self.async_write_ha_state()

    def changed(self, message=None):
        self.schedule_update_ha_state()
