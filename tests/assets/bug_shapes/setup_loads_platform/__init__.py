"""A sync setup makes a task of a coroutine."""


def setup(hass, config):
    hass.async_create_task(_later(hass))
    return True


async def _later(hass):
    hass.bus.async_fire("setup_loads_platform_done")
