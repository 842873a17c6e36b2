"""A timer thread sends to the dispatcher."""

import threading

from homeassistant.helpers.dispatcher import async_dispatcher_send


async def async_setup(hass, config):
    threading.Timer(0.05, lambda: async_dispatcher_send(hass, "timer_thread_done")).start()
    return True
