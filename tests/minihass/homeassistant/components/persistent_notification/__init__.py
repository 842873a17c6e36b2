"""Notifications in the user interface."""

from .helpers import async_create, create

__all__ = ["async_create", "create"]
