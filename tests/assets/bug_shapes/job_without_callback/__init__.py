"""A function given to add_job is not marked for the loop."""

from homeassistant.core import HomeAssistant


def _tell(hass: HomeAssistant) -> None:
    hass.bus.async_fire("job_without_callback_done")


async def async_setup(hass: HomeAssistant, config):
    hass.add_job(_tell, hass)
    return True
