"""What the kitchen bakes in."""

import threading

from homeassistant.core import callback


def heat(degrees):
    """Heat it."""
    return warm(degrees)


def warm(degrees):
    """Keep it warm."""
    return degrees


def clean(hass):
    """Clean it; nobody else asks for that."""
    return hass


def _later(degrees):
    warm(degrees)


@callback
def async_bake(hass):
    """Bake."""
    heat(180)
    clean(hass)
    threading.Thread(target=_later).start()
