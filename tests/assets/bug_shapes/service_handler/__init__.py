"""A handler of a service is not marked for the loop."""

from homeassistant.helpers.dispatcher import async_dispatcher_send


async def async_setup(hass, config):
    def handle(call):
        async_dispatcher_send(hass, "service_handler_done", call.data)

    hass.services.async_register("service_handler", "go", handle)
    return True
