"""A function given to a timer is not marked for the loop."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_call_later


async def async_setup(hass: HomeAssistant, config) -> bool:
    def again(now):
        hass.bus.async_fire("timer_without_callback_done")

    async_call_later(hass, 0.05, again)
    return True
