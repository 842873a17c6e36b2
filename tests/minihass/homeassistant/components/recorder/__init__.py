"""Keeps what happened, in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant, callback

COMPILE_HOOK = "compile_statistics"
VALIDATE_HOOK = "validate_statistics"


class Recorder(threading.Thread):
    """The thread."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Remember the root object."""
        super().__init__()
        self.hass = hass
        self.platforms: dict[str, Any] = {}
        self.describers: dict[str, Callable[[Any], str]] = {}

    def run(self) -> None:
        """Ask each integration that has a platform for its statistics."""
        for platform in self.platforms.values():
            if compile_platform := getattr(platform, COMPILE_HOOK, None):
                compile_platform(self.hass)
        self.describe("done")

    async def async_validate(self) -> None:
        """Ask them whether they are right."""
        for platform in self.platforms.values():
            validate = getattr(platform, VALIDATE_HOOK, None)
            if validate is not None:
                validate(self.hass)

    def describe(self, row: Any) -> list[str]:
        """Return what the integrations say of a row."""
        return [describer(row) for describer in self.describers.values()]

    @callback
    def async_describe(self, row: Any) -> list[str]:
        """Return what they say, for somebody who looks at it now."""
        return self.describe(row)

    async def async_process(self, platform: Any) -> None:
        """Let an integration tell how its rows are described."""
        describers = self.describers

        @callback
        def _async_describe(name: str, describer: Callable[[Any], str]) -> None:
            describers[name] = describer

        platform.async_describe_events(self.hass, _async_describe)
