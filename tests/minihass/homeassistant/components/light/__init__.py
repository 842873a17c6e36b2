"""Lightes."""

from .entity import LightEntity, LightEntityDescription

DOMAIN = "light"

__all__ = ["DOMAIN", "LightEntity", "LightEntityDescription"]
