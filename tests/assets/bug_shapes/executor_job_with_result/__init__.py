"""A job of the executor uses what a registry gives back."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar


async def async_setup(hass: HomeAssistant, config):
    def work():
        area = ar.async_get(hass).async_create("executor_job_with_result")
        hass.bus.fire("executor_job_with_result_done", {"area": area.id})

    hass.async_add_executor_job(work)
    return True
