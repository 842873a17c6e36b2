"""Sensores."""

from .entity import SensorEntity, SensorEntityDescription

DOMAIN = "sensor"

__all__ = ["DOMAIN", "SensorEntity", "SensorEntityDescription"]
