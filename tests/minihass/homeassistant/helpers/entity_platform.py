"""Sets up the platforms of integrations."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Protocol

from homeassistant import config_entries
from homeassistant.core import HassJobType, HomeAssistant, callback
from homeassistant.util.async_ import create_eager_task

from . import service
from .entity import Entity


class AddEntitiesCallback(Protocol):
    """Takes new entities."""

    def __call__(self, new_entities: Iterable[Entity], update_before_add: bool = False) -> None:
        """Take new entities."""


class AddConfigEntryEntitiesCallback(Protocol):
    """Takes new entities of a config entry."""

    def __call__(
        self,
        new_entities: Iterable[Entity],
        update_before_add: bool = False,
        *,
        config_subentry_id: str | None = None,
    ) -> None:
        """Take new entities."""


class EntityPlatformModule(Protocol):
    """What a platform's module may define."""

    async def async_setup_platform(
        self,
        hass: HomeAssistant,
        config: dict[str, Any],
        async_add_entities: AddEntitiesCallback,
        discovery_info: dict[str, Any] | None = None,
    ) -> None:
        """Set up."""

    def setup_platform(
        self,
        hass: HomeAssistant,
        config: dict[str, Any],
        add_entities: AddEntitiesCallback,
        discovery_info: dict[str, Any] | None = None,
    ) -> None:
        """Set up."""

    async def async_setup_entry(
        self,
        hass: HomeAssistant,
        entry: config_entries.ConfigEntry,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        """Set up from a config entry."""


class EntityPlatform:
    """One platform of one integration."""

    def __init__(self, hass: HomeAssistant, domain: str, platform: EntityPlatformModule | None) -> None:
        """Take the module."""
        self.hass = hass
        self.domain = domain
        self.platform = platform
        self.entities: dict[str, Entity] = {}
        self.config_entry: config_entries.ConfigEntry | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def async_setup(
        self, platform_config: dict[str, Any], discovery_info: dict[str, Any] | None = None
    ) -> None:
        """Set up from the configuration file."""
        platform = self.platform
        hass = self.hass

        @callback
        def async_create_setup_awaitable() -> Coroutine[Any, Any, None] | asyncio.Future[None]:
            """Run the module's function."""
            if getattr(platform, "async_setup_platform", None):
                return platform.async_setup_platform(
                    hass, platform_config, self._async_schedule_add_entities, discovery_info
                )

            return hass.loop.run_in_executor(
                None,
                platform.setup_platform,
                hass,
                platform_config,
                self._schedule_add_entities,
                discovery_info,
            )

        await self._async_setup_platform(async_create_setup_awaitable)

    async def async_setup_entry(self, config_entry: config_entries.ConfigEntry) -> None:
        """Set up from a config entry."""
        self.config_entry = config_entry
        platform = self.platform

        @callback
        def async_create_setup_awaitable() -> Coroutine[Any, Any, None]:
            """Run the module's function."""
            return platform.async_setup_entry(
                self.hass, config_entry, self._async_schedule_add_entities_for_entry
            )

        await self._async_setup_platform(async_create_setup_awaitable)

    async def _async_setup_platform(
        self, async_create_setup_awaitable: Callable[[], Awaitable[None]]
    ) -> None:
        """Wait for the module's function."""
        awaitable = async_create_setup_awaitable()
        if asyncio.iscoroutine(awaitable):
            awaitable = create_eager_task(awaitable, loop=self.hass.loop)
        await asyncio.shield(awaitable)

    def _schedule_add_entities(self, new_entities: Iterable[Entity], update_before_add: bool = False) -> None:
        """Take new entities; may be called from any thread."""
        self.hass.loop.call_soon_threadsafe(
            self._async_schedule_add_entities, list(new_entities), update_before_add
        )

    @callback
    def _async_schedule_add_entities(
        self, new_entities: Iterable[Entity], update_before_add: bool = False
    ) -> None:
        """Take new entities."""
        task = self.hass.async_create_task_internal(
            self.async_add_entities(list(new_entities), update_before_add),
            f"EntityPlatform async_add_entities {self.domain}",
            eager_start=True,
        )
        self._tasks.append(task)

    @callback
    def _async_schedule_add_entities_for_entry(
        self,
        new_entities: Iterable[Entity],
        update_before_add: bool = False,
        *,
        config_subentry_id: str | None = None,
    ) -> None:
        """Take new entities of a config entry."""
        assert self.config_entry
        task = self.config_entry.async_create_task(
            self.hass, self.async_add_entities(list(new_entities), update_before_add), eager_start=True
        )
        self._tasks.append(task)

    async def async_add_entities(
        self, new_entities: Iterable[Entity], update_before_add: bool = False
    ) -> None:
        """Add entities."""
        for entity in new_entities:
            entity.hass = self.hass
            if update_before_add:
                await entity.async_device_update()
            await entity.async_added_to_hass()

    @callback
    def async_register_entity_service(
        self, name: str, schema: dict[str, Any] | None, func: str | Callable[..., Any]
    ) -> None:
        """Register a service for these entities."""
        service.async_register_entity_service(
            self.hass,
            self.domain,
            name,
            entities=self.entities,
            func=func,
            job_type=HassJobType.Coroutinefunction,
            schema=schema,
        )


@callback
def async_get_current_platform() -> EntityPlatform:
    """Return the platform that is being set up."""
    raise RuntimeError("No platform")
