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

__all__ = [
    "climate",
    "light",
    "notify",
    "persistent_notification",
    "recorder",
    "sensor",
    "switch",
    "websocket_api",
]
