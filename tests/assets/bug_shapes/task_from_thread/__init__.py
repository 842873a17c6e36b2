"""A job of the executor makes a task past the guard."""

from homeassistant.core import HomeAssistant


async def _tell(hass):
    hass.bus.async_fire("task_from_thread_done")


async def async_setup(hass: HomeAssistant, config):
    def work():
        hass.loop.create_task(_tell(hass))

    hass.async_add_executor_job(work)
    return True
