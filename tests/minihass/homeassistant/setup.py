"""Sets up integrations."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from . import core, loader


async def _async_setup_component(
    hass: core.HomeAssistant, integration: loader.Integration, config: dict[str, Any]
) -> bool:
    """Set up one integration."""
    component = await integration.async_get_component()

    task: Awaitable[bool] | None = None
    result: Any | bool = True
    try:
        if hasattr(component, "async_setup"):
            task = component.async_setup(hass, config)
        elif hasattr(component, "setup"):
            task = hass.loop.run_in_executor(None, component.setup, hass, config)
        elif not hasattr(component, "async_setup_entry"):
            return False

        if task:
            result = await task
    except asyncio.CancelledError, SystemExit:
        return False
    return bool(result)
