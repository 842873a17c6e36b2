"""Switches."""

from .entity import SwitchEntity, SwitchEntityDescription

DOMAIN = "switch"

__all__ = ["DOMAIN", "SwitchEntity", "SwitchEntityDescription"]
