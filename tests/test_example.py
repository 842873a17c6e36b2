"""The example integration: each of its mistakes is found, and nothing else is said about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from offloop.catalog.derive import derive
from offloop.config import Settings
from offloop.library.model import Catalog
from offloop.project import Project
from offloop.source import discover, load_integration
from offloop.text import LineIndex
from tests.mdtest.world import minihass_catalog

EXAMPLE = Path(__file__).parent / "assets" / "example"

# (file, the line's beginning, function, rule, severity)
MISTAKES = [
    (
        "__init__.py",
        "hass, lambda now: hass.bus.async_fire(",
        "async_setup_entry.<locals>.<lambda>",
        "loop-api-in-worker",
        "error",
    ),
    (
        "__init__.py",
        "ir.async_create_issue(",
        "_register_services.<locals>.handle_rain_delay",
        "loop-api-in-worker",
        "error",
    ),
    (
        "__init__.py",
        "hass.async_create_task(",
        "_register_services.<locals>.handle_stop_all",
        "loop-api-in-worker",
        "error",
    ),
    ("hub.py", "self._hass.bus.async_fire(", "GardenHubListener._handle", "loop-api-in-worker", "error"),
    (
        "hub.py",
        "self.hass.config_entries.async_update_entry(",
        "GardenHub.connect",
        "loop-api-in-worker",
        "error",
    ),
    ("hub.py", "self._announce()", "GardenHub.update_state", "loop-function-in-worker", "error"),
    (
        "sensor.py",
        "async_track_time_interval(",
        "setup_platform",
        "unguarded-loop-api-in-worker",
        "warning",
    ),
    (
        "sensor.py",
        "persistent_notification.async_create(",
        "ProbeSensor.update",
        "loop-api-in-worker",
        "error",
    ),
    (
        "switch.py",
        "self.async_write_ha_state()",
        "ZoneSwitch.async_added_to_hass.<locals>.weather_changed",
        "loop-api-in-worker",
        "error",
    ),
    ("switch.py", "self.async_write_ha_state()", "ZoneSwitch.turn_on", "loop-api-in-worker", "error"),
    ("switch.py", "self.async_write_ha_state()", "ZoneSwitch._state_changed", "loop-api-in-worker", "error"),
    ("switch.py", "self._refresh()", "PumpSwitch.turn_on", "loop-function-in-worker", "error"),
    ("switch.py", "self.hass.loop.create_task(", "PumpSwitch.turn_on", "asyncio-api-in-worker", "error"),
    ("switch.py", "async_call_later(", "PumpSwitch.turn_off", "unguarded-loop-api-in-worker", "warning"),
]


def test_in_the_stand_ins_world() -> None:
    _check(minihass_catalog())


@pytest.mark.real
@pytest.mark.parametrize("version", ["2026.11.0"])
def test_with_a_real_release(version: str, release: Callable[[str], Path]) -> None:
    _check(derive(release(version), version))


def _check(catalog: Catalog) -> None:
    integration = load_integration(discover([EXAMPLE]).folders[0])
    result = Project(catalog, Settings()).check(integration)
    texts = {file.path: LineIndex(file.text) for file in integration.files}
    assert not result.problems
    found = []
    for diagnostic in result.diagnostics:
        lines = texts[diagnostic.path]
        line = lines.line_text(lines.position(diagnostic.span.start).line).strip()
        begin = next((mistake[1] for mistake in MISTAKES if line.startswith(mistake[1])), line)
        found.append(
            (
                Path(diagnostic.path).name,
                begin,
                diagnostic.function,
                diagnostic.name,
                diagnostic.severity.value,
            )
        )
        assert len(diagnostic.trace) >= 2
    assert sorted(found) == sorted(MISTAKES)
