"""Random edits of real integrations: the kept analysis says what one from nothing says."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.edits import edited

from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant
from offloop.config import Settings
from offloop.project import Project
from offloop.source import discover, load_integration, source_from_text

VERSION = "2026.11.0"
SOURCES = Path(os.environ.get("OFFLOOP_HA_SOURCES", "")) / VERSION
EDITS = int(os.environ.get("OFFLOOP_LIVE_EDITS", "12"))

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (SOURCES / "homeassistant").is_dir(),
        reason=f"OFFLOOP_HA_SOURCES has no Home Assistant {VERSION}",
    ),
]


@pytest.mark.parametrize("name", ["demo", "hue", "template", "isy994"])
def test_random_edits(name: str) -> None:
    catalog = load_catalog(HomeAssistant(SOURCES, VERSION, "the release"))
    settings = replace(Settings(), jedi=False)
    folder = discover([SOURCES / "homeassistant" / "components" / name]).folders[0]
    integration = load_integration(folder)
    random = Random(name)
    project = Project(catalog, settings, live=True)
    place = 0
    for _ in range(EDITS):
        if random.random() < 0.15 or not place:
            place = random.randrange(len(integration.files))
        files = list(integration.files)
        file = files[place]
        files[place] = source_from_text(file.path, file.module, file.is_package, edited(file.text, random))
        integration = replace(integration, files=tuple(files))
        found = project.check(integration)
        expected = Project(catalog, settings).check(integration)
        assert (found.diagnostics, found.problems, found.receivers) == (
            expected.diagnostics,
            expected.problems,
            expected.receivers,
        )
        assert found.functions == expected.functions
