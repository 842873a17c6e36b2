"""Lights."""

from homeassistant.helpers.entity import EntityDescription, ToggleEntity


class LightEntityDescription(EntityDescription):
    """What a light is."""


class LightEntity(ToggleEntity):
    """A light."""

    entity_description: LightEntityDescription
