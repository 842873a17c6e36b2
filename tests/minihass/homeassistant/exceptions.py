"""Exceptions."""


class HomeAssistantError(Exception):
    """Anything that goes wrong."""


class PlatformNotReady(HomeAssistantError):
    """The platform wants to be set up later."""
