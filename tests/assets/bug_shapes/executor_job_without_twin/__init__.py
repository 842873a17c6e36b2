"""A job of the executor changes a registry, for which there is no twin."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar


async def async_setup(hass: HomeAssistant, config):
    hass.async_add_executor_job(_work, hass)
    return True


def _work(hass: HomeAssistant) -> None:
    registry = ar.async_get(hass)
    registry.async_create("executor_job_without_twin", icon="mdi:sofa")
