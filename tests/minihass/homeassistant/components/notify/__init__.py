"""Notifications."""

from .legacy import BaseNotificationService

__all__ = ["BaseNotificationService"]
