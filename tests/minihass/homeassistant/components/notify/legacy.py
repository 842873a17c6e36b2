"""Notifications, the old way."""

from functools import partial
from typing import Any, Protocol

from homeassistant.core import HomeAssistant


class LegacyNotifyPlatform(Protocol):
    """What a notify platform's module may define."""

    async def async_get_service(self, hass: HomeAssistant, config: dict[str, Any]) -> BaseNotificationService:
        """Make the service."""

    def get_service(self, hass: HomeAssistant, config: dict[str, Any]) -> BaseNotificationService | None:
        """Make the service."""


async def async_setup_platform(
    hass: HomeAssistant, platform: LegacyNotifyPlatform, config: dict[str, Any]
) -> None:
    """Set up a notify platform."""
    notify_service: BaseNotificationService | None = None
    if hasattr(platform, "async_get_service"):
        notify_service = await platform.async_get_service(hass, config)
    elif hasattr(platform, "get_service"):
        notify_service = await hass.async_add_executor_job(platform.get_service, hass, config)
    if notify_service is None:
        return
    hass.services.async_register("notify", "notify", notify_service.async_send_message)


class BaseNotificationService:
    """Sends messages."""

    hass: HomeAssistant = None

    def send_message(self, message: str, **kwargs: Any) -> None:
        """Send a message."""
        raise NotImplementedError

    async def async_send_message(self, message: str, **kwargs: Any) -> None:
        """Send a message."""
        await self.hass.async_add_executor_job(partial(self.send_message, message, **kwargs))
