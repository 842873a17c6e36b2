"""Entities."""

import asyncio
import functools as ft
import threading
from collections.abc import Mapping
from typing import Any, final

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import (
    CALLBACK_TYPE,
    HassJobType,
    HomeAssistant,
    callback,
    get_hassjob_callable_job_type,
)

from .frame import report_non_thread_safe_operation


class FrozenOrThawed(type):
    """Makes dataclasses of classes."""


class EntityDescription(metaclass=FrozenOrThawed, frozen_or_thawed=True):
    """What an entity is."""

    key: str
    name: str | None = None


class Entity:
    """Anything with a state."""

    entity_id: str = None
    hass: HomeAssistant = None
    entity_description: EntityDescription
    parallel_updates: asyncio.Semaphore | None = None
    _job_types: dict[str, HassJobType] | None = None
    _on_remove: list[CALLBACK_TYPE] | None = None
    _update_staged = False
    _verified_state_writable = False

    def get_hassjob_type(self, function_name: str) -> HassJobType:
        """Decide where a method runs by its own kind."""
        if not self._job_types:
            self._job_types = {}
        if function_name not in self._job_types:
            self._job_types[function_name] = get_hassjob_callable_job_type(getattr(self, function_name))
        return self._job_types[function_name]

    @property
    def should_poll(self) -> bool:
        """Tell whether the state is polled."""
        return True

    @property
    def unique_id(self) -> str | None:
        """Return the identifier."""
        return None

    @property
    def name(self) -> str | None:
        """Return the name."""
        return None

    @property
    def available(self) -> bool:
        """Tell whether the entity is there."""
        return True

    @property
    def state(self) -> Any:
        """Return the state."""
        return None

    @property
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return the attributes."""
        return None

    async def async_update_ha_state(self, force_refresh: bool = False) -> None:
        """Poll if wanted, then write the state."""
        if force_refresh:
            await self.async_device_update()
        self._async_write_ha_state()

    @callback
    def _async_verify_state_writable(self) -> None:
        """Refuse an entity without hass."""
        if self.hass is None:
            raise RuntimeError("No hass")
        self._verified_state_writable = True

    @callback
    def _async_write_ha_state_from_call_soon_threadsafe(self) -> None:
        """Write the state, when the hop has been made."""
        if not self.hass or not self._verified_state_writable:
            self._async_verify_state_writable()
        self._async_write_ha_state()

    @final
    @callback
    def async_write_ha_state(self) -> None:
        """Write the state."""
        if not self.hass or not self._verified_state_writable:
            self._async_verify_state_writable()
        if self.hass.loop_thread_id != threading.get_ident():
            report_non_thread_safe_operation("async_write_ha_state")
        self._async_write_ha_state()

    @callback
    def _async_write_ha_state(self) -> None:
        """Write the state, without the test."""
        attributes = dict(self.extra_state_attributes or {}) if self.available else {}
        self.hass.states.async_set_internal(self.entity_id, self.state, attributes, False)

    def schedule_update_ha_state(self, force_refresh: bool = False) -> None:
        """Write the state soon; may be called from any thread."""
        if force_refresh:
            self.hass.create_task(
                self.async_update_ha_state(force_refresh), f"Entity {self.entity_id} schedule update"
            )
        else:
            self.hass.loop.call_soon_threadsafe(self._async_write_ha_state_from_call_soon_threadsafe)

    @callback
    def async_schedule_update_ha_state(self, force_refresh: bool = False) -> None:
        """Write the state soon."""
        if force_refresh:
            self.hass.async_create_task(
                self.async_update_ha_state(force_refresh), f"Entity {self.entity_id} schedule update"
            )
        else:
            self.async_write_ha_state()

    async def async_device_update(self, warning: bool = True) -> None:
        """Poll the entity."""
        if self._update_staged:
            return

        hass = self.hass
        assert hass is not None
        self._update_staged = True

        if self.parallel_updates:
            await self.parallel_updates.acquire()

        try:
            if hasattr(self, "async_update"):
                await self.async_update()
            elif hasattr(self, "update"):
                await hass.async_add_executor_job(self.update)
            else:
                return
        finally:
            self._update_staged = False
            if self.parallel_updates:
                self.parallel_updates.release()

    @callback
    def async_on_remove(self, func: CALLBACK_TYPE) -> None:
        """Run a function when the entity goes."""
        if self._on_remove is None:
            self._on_remove = []
        self._on_remove.append(func)

    def _call_on_remove_callbacks(self) -> None:
        """Run these functions."""
        if self._on_remove is None:
            return
        while self._on_remove:
            self._on_remove.pop()()

    @callback
    def add_to_platform_abort(self) -> None:
        """Give the entity up."""
        self._call_on_remove_callbacks()

    @final
    async def async_remove(self) -> None:
        """Remove the entity."""
        self._call_on_remove_callbacks()
        await self.async_will_remove_from_hass()

    async def async_added_to_hass(self) -> None:
        """Run when the entity has come."""

    async def async_will_remove_from_hass(self) -> None:
        """Run when the entity is about to go."""


class ToggleEntity(Entity):
    """Anything that is on or off."""

    _attr_is_on: bool | None = None

    @property
    @final
    def state(self) -> str | None:
        """Return the state."""
        if (is_on := self.is_on) is None:
            return None
        return STATE_ON if is_on else STATE_OFF

    @property
    def is_on(self) -> bool | None:
        """Tell whether it is on."""
        return self._attr_is_on

    def turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        raise NotImplementedError

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self.hass.async_add_executor_job(ft.partial(self.turn_on, **kwargs))

    def turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        raise NotImplementedError

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self.hass.async_add_executor_job(ft.partial(self.turn_off, **kwargs))
