"""Random edits of real integrations: the kept analysis says what one from nothing says."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.edits import edited, typed

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
    random = Random(name)
    pair = Pair(name)
    place = 0
    for _ in range(EDITS):
        if random.random() < 0.15 or not place:
            place = random.randrange(len(pair.integration.files))
        pair.put(place, edited(pair.integration.files[place].text, random))


@pytest.mark.parametrize("name", ["demo", "hue", "sonos"])
def test_edits_around_one_place(name: str) -> None:
    random = Random(name)
    pair = Pair(name)
    for _ in range(max(1, EDITS // 6)):
        place = random.randrange(len(pair.integration.files))
        before = pair.integration.files[place].text
        at = random.randrange(before.count("\n") + 1)
        for _ in range(3):
            kept = pair.integration.files[place].text
            pair.put(place, typed(kept, at, random))
            if random.random() < 0.5:
                pair.put(place, kept)
        pair.put(place, before)


class Pair:
    """An integration that a project keeps analysing, and what a new project says of the same texts."""

    def __init__(self, name: str) -> None:
        self.catalog = load_catalog(HomeAssistant(SOURCES, VERSION, "the release"))
        self.settings = replace(Settings(), jedi=False)
        folder = discover([SOURCES / "homeassistant" / "components" / name]).folders[0]
        self.integration = load_integration(folder)
        self.project = Project(self.catalog, self.settings, live=True)

    def put(self, place: int, text: str) -> None:
        """Put a text in the place of a file's, and compare what the two say."""
        files = list(self.integration.files)
        file = files[place]
        files[place] = source_from_text(file.path, file.module, file.is_package, text)
        self.integration = self.integration._replace(files=tuple(files))
        found = self.project.check(self.integration)
        expected = Project(self.catalog, self.settings).check(self.integration)
        assert (found.diagnostics, found.problems, found.receivers) == (
            expected.diagnostics,
            expected.problems,
            expected.receivers,
        )
        assert found.functions == expected.functions
