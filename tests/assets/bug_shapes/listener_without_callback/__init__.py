"""A listener of the bus is not marked for the loop."""


async def async_setup(hass, config):
    def heard(event):
        hass.bus.async_fire("listener_without_callback_done")

    hass.bus.async_listen("listener_without_callback_go", heard)
    return True
