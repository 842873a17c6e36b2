"""jedi on a real release: what our resolver leaves open in its integrations, and places of known types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offloop.catalog.derive import derive
from offloop.config import Settings
from offloop.project import Project
from offloop.resolve.jedi_worker import JediWorker, Question
from offloop.source import Integration, IntegrationFolder, load_integration, source_from_text

pytestmark = pytest.mark.real

VERSION = "2026.11.0"
# Integrations with receivers that only jedi tells, and what it says of one place in each.
OPEN = (
    ("file_upload", "__init__.py", "file_handle.write", ("typing.IO",)),
    ("graphite", "__init__.py", "sock.sendto", ("socket.socket",)),
    ("camera", "services.py", "img_file.write", ("typing.IO",)),
    ("lutron_caseta", "config_flow.py", "file_handle.write", ("typing.IO",)),
)
# Types that take the new syntax of this release: starred annotations, type parameters, ``type`` aliases.
TEXT = """\
from homeassistant.components.time import TimeEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

async def async_setup(hass: HomeAssistant, entity: TimeEntity) -> None:
    hass.bus.async_fire("a")
    hass.config_entries.async_loaded_entries("b")
    hass.loop.call_soon(print)
    er.async_get(hass).async_remove("c")
    entity.hass.states.async_set("d", "e")
    dict(a=hass.bus)["a"].async_fire("f")
"""
KNOWN = {
    "hass.bus": "homeassistant.core.EventBus",
    "hass.config_entries": "homeassistant.config_entries.ConfigEntries",
    "hass.loop": "asyncio.events.AbstractEventLoop",
    "er.async_get(hass)": "homeassistant.helpers.entity_registry.EntityRegistry",
    "entity.hass.states": "homeassistant.core.StateMachine",
    'dict(a=hass.bus)["a"]': "homeassistant.core.EventBus",
}


@pytest.fixture
def root(release: Callable[[str], Path]) -> Path:
    return release(VERSION)


@pytest.fixture
def worker(root: Path, tmp_path: Path) -> Iterator[JediWorker]:
    made = JediWorker(tmp_path, [str(root)], patience=300.0)
    yield made
    made.close()


def integration(root: Path, name: str) -> Integration:
    folder = root / "homeassistant" / "components" / name
    return load_integration(IntegrationFolder(name, f"homeassistant.components.{name}", str(folder)))


def test_receivers_that_our_resolver_leaves_open(root: Path, worker: JediWorker) -> None:
    for name, file, call, expected in OPEN:
        source = next(one for one in integration(root, name).files if Path(one.path).name == file)
        offset = source.text.index(call) + call.index(".")
        question = Question(source.path, source.digest, source.text, offset)
        assert worker.ask([question], 200.0) == {question.key: expected}, name


def test_places_of_known_types(root: Path, worker: JediWorker) -> None:
    path = str(root / "homeassistant" / "components" / "offloop_demo" / "__init__.py")
    source = source_from_text(path, "homeassistant.components.offloop_demo", True, TEXT)
    asked = {
        expression: Question(
            path, source.digest, TEXT, TEXT.index(f"    {expression}.") + 4 + len(expression)
        )
        for expression in KNOWN
    }
    answers = worker.ask(asked.values(), 200.0)
    assert {expression: answers[one.key] for expression, one in asked.items()} == {
        expression: (name,) for expression, name in KNOWN.items()
    }


def test_a_project_gains_by_asking(root: Path, worker: JediWorker) -> None:
    project = Project(derive(root, VERSION), Settings(), worker)
    checked = integration(root, "graphite")
    before = project.check(checked)
    assert before.receivers.open
    assert project.resolve_open(checked, 200.0)
    after = project.check(checked)
    assert after.receivers.jedi
    assert after.receivers.open < before.receivers.open
