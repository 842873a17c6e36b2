"""Sensors."""

from typing import Any, final

from homeassistant.helpers.entity import Entity, EntityDescription


class SensorEntityDescription(EntityDescription):
    """What a sensor is."""


class SensorEntity(Entity):
    """A sensor."""

    entity_description: SensorEntityDescription
    _attr_native_value: Any = None

    @property
    def native_value(self) -> Any:
        """Return the value."""
        return self._attr_native_value

    @final
    @property
    def state(self) -> Any:
        """Return the state."""
        return self.native_value
