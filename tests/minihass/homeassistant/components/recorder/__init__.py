"""Keeps what happened, in a thread of its own."""

import threading
from typing import Any

from homeassistant.core import HomeAssistant

COMPILE_HOOK = "compile_statistics"
VALIDATE_HOOK = "validate_statistics"


class Recorder(threading.Thread):
    """The thread."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Remember the root object."""
        super().__init__()
        self.hass = hass
        self.platforms: dict[str, Any] = {}

    def run(self) -> None:
        """Ask each integration that has a platform for its statistics."""
        for platform in self.platforms.values():
            if compile_platform := getattr(platform, COMPILE_HOOK, None):
                compile_platform(self.hass)

    async def async_validate(self) -> None:
        """Ask them whether they are right."""
        for platform in self.platforms.values():
            validate = getattr(platform, VALIDATE_HOOK, None)
            if validate is not None:
                validate(self.hass)
