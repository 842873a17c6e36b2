"""Addresses that integrations answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant


def request_handler_factory(
    hass: HomeAssistant, view: HomeAssistantView, handler: Callable
) -> Callable[[Any], Awaitable[Any]]:
    """Wrap a method of a view."""

    async def handle(request: Any) -> Any:
        """Answer one request."""
        result = handler(request)
        if isinstance(result, Awaitable):
            result = await result
        return result

    return handle


class HomeAssistantView:
    """What answers under one address."""

    url: str | None = None

    def register(self, hass: HomeAssistant, router: Any) -> None:
        """Let the methods that are there answer."""
        for method in ("get", "post", "put"):
            if not (handler := getattr(self, method, None)):
                continue
            handler = request_handler_factory(hass, self, handler)
            router.add_route(method, self.url, handler)
