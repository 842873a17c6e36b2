"""Handlers of commands."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from homeassistant.core import HomeAssistant, callback

from .connection import ActiveConnection


def async_response(func: Callable[..., Any]) -> Callable[..., None]:
    """Make a handler of a coroutine function."""

    @callback
    @wraps(func)
    def schedule_handler(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
        """Run the coroutine."""
        hass.async_create_background_task(func(hass, connection, msg), "websocket", eager_start=True)

    return schedule_handler


def websocket_command(schema: dict[str, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Name the command that a handler answers."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        func._ws_command = schema["type"]
        return func

    return decorate
