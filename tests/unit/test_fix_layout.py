"""What fixes write is as ruff's formatter would have it: random calls, formatted, mended, formatted again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

from offloop.config import Settings
from offloop.project import Project
from offloop.proof import edited, edits_of
from offloop.source import Integration
from tests.mdtest import world

TEXTS = 300
HEAD = """import asyncio

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import Context, Event, EventStateChangedData, HomeAssistant{more}
from homeassistant.helpers.device_registry import DeviceRegistry
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.event import async_call_later


class Lamp(SwitchEntity):
    registry: DeviceRegistry

    async def async_added_to_hass(self):
        async_call_later(self.hass, {number}, lambda now: self.hass.bus.async_fire({first}))
        async_dispatcher_connect(self.hass, {second}, self._changed)

    def _changed(self):
        self.async_write_ha_state()

    def turn_on(self, **kwargs):
"""
CALLS = (
    "self.hass.bus.async_fire({arguments})",
    "async_dispatcher_send(self.hass, {arguments})",
    "self.registry.async_update_device({arguments})",
    "self.registry.async_update_device({arguments}, name={first})",
    "x = self.registry.async_update_device({arguments})",
    "self.hass.async_create_task(self.async_blink({arguments}))",
    "asyncio.ensure_future(self.async_blink({arguments}))",
    "self.items.append(self.registry.async_update_device({arguments}))",
)
WORDS = (
    "lamp",
    "a longer word for a lamp",
    "the one that stands in the living room",
    "λάμπα",
)


def test_nothing_is_left_for_a_formatter(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    for number in range(TEXTS):
        (before / f"{number}.py").write_text(text_of(Random(number)), encoding="utf-8")
    ruff("format", str(before))
    mends = 0
    for file in sorted(before.iterdir()):
        for fix, text in enumerate(mended(file.read_text(encoding="utf-8"))):
            (after / f"{file.stem}_{fix}.py").write_text(text, encoding="utf-8")
            mends += 1
    assert mends > 2 * TEXTS
    told = ruff("format", "--diff", str(after))
    assert told.count("@@ -") == 0, told
    unsorted = ruff("check", "--select", "I001", "--output-format", "concise", str(after))
    assert "I001" not in unsorted, unsorted


def text_of(random: Random) -> str:
    """Return the text of an entity with some bugs."""
    names = dict.fromkeys(random.choices(["", "", ", ServiceCall", ", ServiceCall, State"]))
    values = {
        "more": next(iter(names)),
        "number": random.choice(["1", "10 * 60 * 60 * 24 * 365 * 1000 * 1000"]),
        "first": value(random),
        "second": value(random),
    }
    lines = []
    for _ in range(random.randint(1, 3)):
        arguments = ", ".join(value(random) for _ in range(random.randint(1, 3)))
        call = random.choice(CALLS).format(arguments=arguments, first=value(random))
        lines.append(random.choice(["{}", "{}", "if kwargs:\n            {}"]).format(call))
    return HEAD.format(**values) + "".join(f"        {line}\n" for line in lines)


def value(random: Random) -> str:
    """Return an expression, short or long."""
    word = f'"{random.choice(WORDS)}"'
    return random.choice([word, word, f"{{{word}: {word}}}", f"kwargs[{word}]", f"({word}, 1)", "1"])


def mended(text: str) -> list[str]:
    """Return what each fix of each finding makes of a text."""
    files = (world.source_file("__init__.py", ""), world.source_file("switch.py", text))
    integration = Integration("demo", world.PACKAGE, world.ROOT, files)
    found = Project(world.minihass_catalog(), Settings()).check(integration)
    assert found.diagnostics
    texts = []
    for fix in (fix for finding in found.diagnostics for fix in finding.fixes):
        one = edited(integration, edits_of([fix]))
        assert one is not None
        texts.append(next(file.text for file in one.integration.files if file.path.endswith("switch.py")))
    return texts


def ruff(*arguments: str) -> str:
    settings = ["--isolated", "--no-cache", "--target-version", "py312"]
    command = [sys.executable, "-m", "ruff", *arguments, *settings]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
