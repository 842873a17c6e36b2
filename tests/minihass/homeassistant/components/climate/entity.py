"""Thermostats."""

import functools as ft
from typing import Any

from homeassistant.helpers.entity import Entity


class ClimateEntity(Entity):
    """A thermostat."""

    def set_temperature(self, **kwargs: Any) -> None:
        """Set the temperature."""
        raise NotImplementedError

    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Set the temperature."""
        await self.hass.async_add_executor_job(ft.partial(self.set_temperature, **kwargs))

    def set_hvac_mode(self, hvac_mode: str) -> None:
        """Set the mode."""
        raise NotImplementedError

    async def async_set_hvac_mode(self, hvac_mode: str) -> None:
        """Set the mode."""
        await self.hass.async_add_executor_job(self.set_hvac_mode, hvac_mode)

    def turn_on(self) -> None:
        """Turn it on."""
        raise NotImplementedError

    async def async_turn_on(self) -> None:
        """Turn it on, if that was overridden."""
        if type(self).turn_on is not ClimateEntity.turn_on:
            await self.hass.async_add_executor_job(self.turn_on)
            return

        raise NotImplementedError
