"""A job of the executor asks the loop without telling it so."""

from homeassistant.core import HomeAssistant


async def async_setup(hass: HomeAssistant, config):
    def work():
        hass.loop.call_soon(hass.bus.async_fire, "call_soon_from_thread_done")

    hass.async_add_executor_job(work)
    return True
