"""All entities of one kind."""

from collections.abc import Callable
from typing import Any

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
