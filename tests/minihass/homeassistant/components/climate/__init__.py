"""Thermostats."""

from .entity import ClimateEntity

__all__ = ["ClimateEntity"]
