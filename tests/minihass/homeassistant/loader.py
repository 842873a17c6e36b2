"""Finds integrations."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .config_entries import ConfigEntry
    from .core import HomeAssistant


class ComponentProtocol(Protocol):
    """What an integration's module may define."""

    DOMAIN: str

    async def async_setup_entry(self, hass: HomeAssistant, config_entry: ConfigEntry) -> bool:
        """Set up a config entry."""

    async def async_unload_entry(self, hass: HomeAssistant, config_entry: ConfigEntry) -> bool:
        """Unload a config entry."""

    async def async_setup(self, hass: HomeAssistant, config: dict[str, Any]) -> bool:
        """Set up the integration."""

    def setup(self, hass: HomeAssistant, config: dict[str, Any]) -> bool:
        """Set up the integration."""


class Integration:
    """One integration."""

    async def async_get_component(self) -> ComponentProtocol:
        """Import the integration's module."""
        raise NotImplementedError
