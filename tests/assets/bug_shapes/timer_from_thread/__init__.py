"""A job of the executor starts a timer."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import event


async def async_setup(hass: HomeAssistant, config):
    @callback
    def later(now):
        hass.bus.async_fire("timer_from_thread_done")

    def work():
        event.async_call_later(hass, 0.05, later)

    hass.async_add_executor_job(work)
    return True
