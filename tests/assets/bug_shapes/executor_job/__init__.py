"""A job of the executor fires an event."""

from homeassistant.core import HomeAssistant


async def async_setup(hass: HomeAssistant, config):
    def work():
        hass.bus.async_fire("executor_job_done")

    hass.async_add_executor_job(work)
    return True
