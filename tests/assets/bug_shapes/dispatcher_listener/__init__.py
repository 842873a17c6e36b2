"""A listener of the dispatcher is not marked for the loop, and sends on."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send


async def async_setup(hass, config):
    async_dispatcher_connect(hass, "dispatcher_listener", partial(_heard, hass))
    return True


def _heard(hass: HomeAssistant) -> None:
    async_dispatcher_send(hass, "dispatcher_listener_done")
