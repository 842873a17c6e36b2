"""A handler of a service blocks, so that it keeps its thread."""

import time


async def async_setup(hass, config):
    def handle(call):
        time.sleep(0.01)
        hass.bus.async_fire("blocking_service_handler_done", {"data": dict(call.data)})

    hass.services.async_register("blocking_service_handler", "go", handle)
    return True
