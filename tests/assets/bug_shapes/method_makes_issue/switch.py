"""A sync method of an entity makes an issue."""

from homeassistant.components.switch import SwitchEntity
from homeassistant.helpers.issue_registry import IssueSeverity, async_create_issue


def setup_platform(hass, config, add_entities, discovery_info=None):
    add_entities([Lamp()])


class Lamp(SwitchEntity):
    _attr_name = "method_makes_issue"
    _attr_should_poll = False
    _attr_is_on = False

    def turn_on(self, **kwargs):
        async_create_issue(
            self.hass,
            "method_makes_issue",
            "bulb",
            is_fixable=False,  # buy one
            severity=IssueSeverity.WARNING,
            translation_key="bulb",
        )
