"""A sync setup of a platform connects to the dispatcher."""

from homeassistant.helpers.dispatcher import async_dispatcher_connect


def setup_platform(hass, config, add_entities, discovery_info=None):
    async_dispatcher_connect(hass, "platform_connects", lambda: hass.bus.fire("platform_connects_done"))
