"""The update method of an entity makes a task."""

from homeassistant.components.switch import SwitchEntity


def setup_platform(hass, config, add_entities, discovery_info=None):
    add_entities([Lamp()])


class Lamp(SwitchEntity):
    _attr_name = "update_makes_task"
    _attr_should_poll = False
    _attr_is_on = False

    _attr_should_poll = True

    def update(self):
        self.hass.async_create_task(self._tell())

    async def _tell(self):
        self.hass.bus.async_fire("update_makes_task_done")
