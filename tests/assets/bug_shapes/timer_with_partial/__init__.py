"""A partial of a function that is not marked for the loop."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_call_later


def _again(hass, now):
    hass.bus.async_fire("timer_with_partial_done")


async def async_setup(hass: HomeAssistant, config):
    async_call_later(hass, 0.05, partial(_again, hass))
    return True
