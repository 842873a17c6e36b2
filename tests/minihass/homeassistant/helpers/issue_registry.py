"""Issues that the user should mend."""

import enum
import functools as ft
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.async_ import run_callback_threadsafe
from homeassistant.util.hass_dict import HassKey


class IssueSeverity(enum.StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"


class IssueRegistry:
    """Holds the issues."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without issues."""
        self.hass = hass
        self.issues: dict[tuple[str, str], dict[str, Any]] = {}

    @callback
    def async_get_issue(self, domain: str, issue_id: str) -> dict[str, Any] | None:
        """Read an issue."""
        return self.issues.get((domain, issue_id))

    @callback
    def async_get_or_create(
        self, domain: str, issue_id: str, *, is_fixable: bool, severity: IssueSeverity, translation_key: str
    ) -> dict[str, Any]:
        """Create an issue."""
        self.hass.verify_event_loop_thread("issue_registry.async_get_or_create")
        if (issue := self.async_get_issue(domain, issue_id)) is None:
            issue = {"is_fixable": is_fixable, "severity": severity, "translation_key": translation_key}
            self.issues[domain, issue_id] = issue
            self.hass.bus.async_fire_internal("repairs_issue_registry_updated", {"issue_id": issue_id})
        return issue

    @callback
    def async_delete(self, domain: str, issue_id: str) -> None:
        """Delete an issue."""
        self.hass.verify_event_loop_thread("issue_registry.async_delete")
        if self.issues.pop((domain, issue_id), None) is None:
            return
        self.hass.bus.async_fire_internal("repairs_issue_registry_updated", {"issue_id": issue_id})


DATA_REGISTRY: HassKey[IssueRegistry] = HassKey("issue_registry")


@callback
def async_get(hass: HomeAssistant) -> IssueRegistry:
    """Return the registry."""
    return hass.data[DATA_REGISTRY]


@callback
def async_create_issue(
    hass: HomeAssistant,
    domain: str,
    issue_id: str,
    *,
    is_fixable: bool,
    severity: IssueSeverity,
    translation_key: str,
) -> None:
    """Create an issue."""
    issue_registry = async_get(hass)
    issue_registry.async_get_or_create(
        domain, issue_id, is_fixable=is_fixable, severity=severity, translation_key=translation_key
    )


def create_issue(
    hass: HomeAssistant,
    domain: str,
    issue_id: str,
    *,
    is_fixable: bool,
    severity: IssueSeverity,
    translation_key: str,
) -> None:
    """Create an issue; may be called from any thread but the loop's."""
    return run_callback_threadsafe(
        hass.loop,
        ft.partial(
            async_create_issue,
            hass,
            domain,
            issue_id,
            is_fixable=is_fixable,
            severity=severity,
            translation_key=translation_key,
        ),
    ).result()


@callback
def async_delete_issue(hass: HomeAssistant, domain: str, issue_id: str) -> None:
    """Delete an issue."""
    issue_registry = async_get(hass)
    issue_registry.async_delete(domain, issue_id)


def delete_issue(hass: HomeAssistant, domain: str, issue_id: str) -> None:
    """Delete an issue; may be called from any thread but the loop's."""
    return run_callback_threadsafe(hass.loop, async_delete_issue, hass, domain, issue_id).result()
