"""A listener blocks, and the twin does not take an argument."""

import time


async def async_setup(hass, config):
    def heard(event):
        time.sleep(0.01)
        hass.bus.async_fire("blocking_part_done", time_fired=time.time())

    hass.bus.async_listen("blocking_part_go", heard)
    return True
