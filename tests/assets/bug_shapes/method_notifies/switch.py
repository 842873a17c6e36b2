"""A sync method of an entity shows a notification, through a module."""

from homeassistant.components.switch import SwitchEntity
from homeassistant.components import persistent_notification


def setup_platform(hass, config, add_entities, discovery_info=None):
    add_entities([Lamp()])


class Lamp(SwitchEntity):
    _attr_name = "method_notifies"
    _attr_should_poll = False
    _attr_is_on = False

    def turn_on(self, **kwargs):
        persistent_notification.async_create(self.hass, "On", notification_id="method_notifies")
