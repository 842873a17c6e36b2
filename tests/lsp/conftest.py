"""An integration on the disk for the protocol tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SWITCH = """\
from homeassistant.components.switch import SwitchEntity


class DemoSwitch(SwitchEntity):
    def turn_on(self, **kwargs):
        self.hass.bus.async_fire("x")
"""


@pytest.fixture
def integration(tmp_path: Path) -> Path:
    """custom_components/demo_switch with a mistake in switch.py; nothing else is around it."""
    folder = tmp_path / "custom_components" / "demo_switch"
    folder.mkdir(parents=True)
    manifest = {"domain": "demo_switch", "name": "Demo", "version": "1", "requirements": []}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "__init__.py").write_text('"""Demo."""\n')
    (folder / "switch.py").write_text(SWITCH)
    return folder
