"""An integration on the disk, in a folder whose name is harder than most."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lsp.real_parts import home_assistant

SWITCH = """\
from homeassistant.components.switch import SwitchEntity


class DemoSwitch(SwitchEntity):
    def turn_on(self, **kwargs):
        self.hass.bus.async_fire("x")
"""
FOUND = ("HAT101", 5)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "Mölndal 家, 100% äkta")


@pytest.fixture
def settings() -> dict[str, object]:
    folder = home_assistant()
    return {} if folder is None else {"homeAssistant": folder}


def make_repository(folder: Path) -> Path:
    """Make a repository as HACS wants it, with a mistake in switch.py."""
    integration = integration_in(folder)
    integration.mkdir(parents=True)
    manifest = {"domain": "demo_switch", "name": "Demo", "version": "1", "requirements": []}
    (integration / "manifest.json").write_text(json.dumps(manifest))
    (integration / "__init__.py").write_text('"""Demo."""\n')
    (integration / "switch.py").write_text(SWITCH)
    (folder / "hacs.json").write_text('{"name": "Demo"}')
    return folder


def integration_in(repository: Path) -> Path:
    return repository / "custom_components" / "demo_switch"
