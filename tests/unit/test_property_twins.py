"""Twins that are properties: no release has a finding that leads to one, so a release is made up that has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offloop.config import Settings
from offloop.library.model import Catalog, Tier
from offloop.project import Project
from offloop.proof import edited, edits_of, proved_findings
from offloop.rules.rule import Applicability, FixKind
from offloop.source import Integration
from tests.mdtest import world

READ = "homeassistant.core.EventBus.async_listeners"
HEAD = """from homeassistant.components.switch import SwitchEntity


class Lamp(SwitchEntity):
    def turn_on(self, **kwargs):
"""


def guarded() -> Catalog:
    """Return the stand-in's catalog as it were if Home Assistant guarded the reading of listeners."""
    catalog = world.minihass_catalog()
    api = catalog.loop_apis[READ]
    assert api.tier is Tier.READ
    assert api.twin is not None
    assert api.twin.is_property
    return replace(catalog, loop_apis={**catalog.loop_apis, READ: api._replace(tier=Tier.RAISES)})


def mended(line: str) -> tuple[str | None, str | None]:
    """Return the title of the preferred fix for the finding in a line, and what becomes of the line."""
    files = (world.source_file("__init__.py", ""), world.source_file("switch.py", f"{HEAD}        {line}\n"))
    integration = Integration("demo", world.PACKAGE, world.ROOT, files)
    project = Project(guarded(), Settings())
    result = project.check(integration)
    assert [finding.api for finding in result.diagnostics] == [READ]
    (finding,) = proved_findings(project, integration, result, result.diagnostics)
    fix = next((one for one in finding.fixes if one.kind is FixKind.TWIN), None)
    if fix is None:
        return None, None
    assert fix.preferred
    assert fix.applicability is Applicability.SAFE
    after = edited(integration, edits_of([fix]))
    assert after is not None
    text = next(file.text for file in after.integration.files if file.path.endswith("switch.py"))
    assert text.startswith(HEAD)
    return fix.title, text.removeprefix(HEAD).strip()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("self._count = self.hass.bus.async_listeners()", "self._count = self.hass.bus.listeners"),
        ('x = self.hass.bus.async_listeners().get("demo", 0)', 'x = self.hass.bus.listeners.get("demo", 0)'),
        (
            "print(sum(self.hass.bus.async_listeners( ).values()))",
            "print(sum(self.hass.bus.listeners.values()))",
        ),
        ("for one in self.hass.bus.async_listeners(): ...", "for one in self.hass.bus.listeners: ..."),
    ],
)
def test_a_property_is_named_without_a_call(line: str, expected: str) -> None:
    title, text = mended(line)
    assert text == expected
    assert title == "Use self.hass.bus.listeners (waits until the event loop has done it)"


def test_a_property_takes_no_arguments() -> None:
    assert mended("self.hass.bus.async_listeners(True)") == (None, None)
