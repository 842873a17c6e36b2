"""All entities of one kind."""

from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HassJobType, HomeAssistant, callback

from . import service
from .entity import Entity


class EntityComponent[_EntityT: Entity = Entity]:
    """All entities of one kind."""

    def __init__(self, logger: Any, domain: str, hass: HomeAssistant) -> None:
        """Start without entities."""
        self.logger = logger
        self.domain = domain
        self.hass = hass
        self._entities: dict[str, Entity] = {}

    async def async_setup(self, config: dict[str, Any]) -> None:
        """Set up what the configuration file names."""

    async def async_setup_entry(self, config_entry: ConfigEntry) -> bool:
        """Set up a config entry."""
        return True

    async def async_unload_entry(self, config_entry: ConfigEntry) -> bool:
        """Unload a config entry."""
        return True

    @callback
    def async_register_entity_service(
        self, name: str, schema: dict[str, Any] | None, func: str | Callable[..., Any]
    ) -> None:
        """Register a service for these entities."""
        service.async_register_entity_service(
            self.hass,
            self.domain,
            name,
            entities=self._entities,
            func=func,
            job_type=HassJobType.Coroutinefunction,
            schema=schema,
        )
