"""Templates of users."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.async_ import run_callback_threadsafe


class Template:
    """A text with places for values."""

    def __init__(self, template: str, hass: HomeAssistant) -> None:
        """Take the text."""
        self.template = template.strip()
        self.is_static = "{" not in self.template
        self.hass = hass
        self._renders = 0

    def render_with_possible_json_value(self, value, error_value=None):
        """Render with a value; may be called from any thread."""
        if self.is_static:
            return self.template

        return run_callback_threadsafe(
            self.hass.loop, self.async_render_with_possible_json_value, value, error_value
        ).result()

    @callback
    def async_render_with_possible_json_value(
        self, value: Any, error_value: Any = None, variables: dict[str, Any] | None = None
    ) -> Any:
        """Render with a value."""
        self._renders += 1
        return self.template.format(value=value, **(variables or {})) or error_value
