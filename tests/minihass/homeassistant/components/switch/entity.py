"""Switches."""

from homeassistant.helpers.entity import EntityDescription, ToggleEntity


class SwitchEntityDescription(EntityDescription):
    """What a switch is."""


class SwitchEntity(ToggleEntity):
    """A switch."""

    entity_description: SwitchEntityDescription
