"""Thermostats."""

import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_component import EntityComponent
from homeassistant.util.hass_dict import HassKey

from .entity import ClimateEntity

DOMAIN = "climate"
DATA_COMPONENT: HassKey[EntityComponent[ClimateEntity]] = HassKey(DOMAIN)

__all__ = ["DOMAIN", "ClimateEntity"]


def is_on(hass: HomeAssistant, entity_id: str) -> bool:
    """Read whether an entity is on; may be called from any thread."""
    return hass.states.get(entity_id) is not None


async def async_setup(hass: HomeAssistant, config: dict[str, Any]) -> bool:
    """Set up the component."""
    component = hass.data[DATA_COMPONENT] = EntityComponent[ClimateEntity](
        logging.getLogger(__name__), DOMAIN, hass
    )
    await component.async_setup(config)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Set up a config entry."""
    return await hass.data[DATA_COMPONENT].async_setup_entry(entry)


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Unload a config entry."""
    return await hass.data[DATA_COMPONENT].async_unload_entry(entry)
