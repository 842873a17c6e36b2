"""Commands of the user interface."""

from .connection import ActiveConnection, async_register_command
from .decorators import async_response, websocket_command

__all__ = ["ActiveConnection", "async_register_command", "async_response", "websocket_command"]
