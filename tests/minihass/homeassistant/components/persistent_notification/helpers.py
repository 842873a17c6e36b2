"""Notifications in the user interface."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.hass_dict import HassKey

DATA: HassKey[dict[str, dict[str, Any]]] = HassKey("persistent_notification")


def create(hass: HomeAssistant, message: str, title: str | None = None) -> None:
    """Show a message; may be called from any thread."""
    hass.add_job(async_create, hass, message, title)


@callback
def async_create(hass: HomeAssistant, message: str, title: str | None = None) -> None:
    """Show a message."""
    notifications = hass.data[DATA]
    notifications[message] = {"message": message, "title": title}
    async_dispatcher_send(hass, "persistent_notifications_updated", notifications)
