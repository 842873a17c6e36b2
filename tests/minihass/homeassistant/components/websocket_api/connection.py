"""Commands of the user interface."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant, callback

DOMAIN = "websocket_api"


class ActiveConnection:
    """One user interface."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Take the handlers."""
        self.hass = hass
        self.handlers: dict[str, Callable[[HomeAssistant, ActiveConnection, dict[str, Any]], None]] = (
            hass.data[DOMAIN]
        )

    @callback
    def async_handle(self, msg: dict[str, Any]) -> None:
        """Run the handler of a command."""
        handler = self.handlers[msg["type"]]
        handler(self.hass, self, msg)


@callback
def async_register_command(
    hass: HomeAssistant, handler: Callable[[HomeAssistant, ActiveConnection, dict[str, Any]], None]
) -> None:
    """Register the handler of a command."""
    if (handlers := hass.data.get(DOMAIN)) is None:
        handlers = hass.data[DOMAIN] = {}
    handlers[handler._ws_command] = handler
