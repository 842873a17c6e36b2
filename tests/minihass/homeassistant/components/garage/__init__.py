"""An integration. What three integrations import is a base component."""

from homeassistant.components import (
    climate,
    light,
    notify,
    persistent_notification,
    recorder,
    sensor,
    switch,
    websocket_api,
)
from homeassistant.components.kitchen.oven import heat

__all__ = [
    "climate",
    "heat",
    "light",
    "notify",
    "persistent_notification",
    "recorder",
    "sensor",
    "switch",
    "websocket_api",
]
