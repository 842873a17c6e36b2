"""Edits that mean nothing leave an analysis as it is; edits that mean something never do."""

from __future__ import annotations

import pytest

from offloop.config import Settings
from offloop.inference import live
from offloop.project import CheckResult, Project
from offloop.source import Integration
from tests.mdtest.world import PACKAGE, ROOT, minihass_catalog, source_file

SWITCH = """\
from dataclasses import dataclass

from homeassistant.components.switch import SwitchEntity


@dataclass
class Row:
    key: str
    call: object = None


ROWS = (
    Row(
        key="a",
        call=lambda hub: hub.async_write_ha_state(),
    ),
)


class DemoSwitch(SwitchEntity):
    def __init__(self, hub) -> None:
        self._hub = hub

    @property
    def level(self) -> int:
        self.async_write_ha_state()
        return 1

    def turn_on(self, **kwargs) -> None:
        name = self._hub
        if name:
            self.schedule_update_ha_state()
            # PLACE
            return
        for row in ROWS:
            row.call(self)
"""
HERE = "            # PLACE\n"


def check(project: Project, text: str) -> CheckResult:
    file = source_file("switch.py", text)
    return project.check(Integration("demo", PACKAGE, ROOT, (file,)), file.path)


def fresh(text: str) -> CheckResult:
    return check(Project(minihass_catalog(), Settings()), text)


class Typist:
    """Types into one text, and knows whether that meant nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.meant_nothing: list[bool] = []
        really = live._means_nothing

        def noted(*given: object) -> bool:
            self.meant_nothing.append(really(*given))
            return self.meant_nothing[-1]

        monkeypatch.setattr(live, "_means_nothing", noted)
        self._project = Project(minihass_catalog(), Settings(), live=True)

    def type(self, text: str) -> bool:
        """Check a text, and return whether nothing was analysed for it; what is found must be what is true."""
        self.meant_nothing.clear()
        assert check(self._project, text) == fresh(text)
        return self.meant_nothing == [True]

    def begin_in_function(self) -> None:
        """Let the function be watched, with a half-typed name in it."""
        for text in (SWITCH, in_function("# begun"), in_function("x")):
            self.type(text)


def in_function(line: str) -> str:
    return SWITCH.replace(HERE, f"            {line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "sel",
        "self._hub.stat",
        "value = self._hub",
        "value: int",
        "value = [1, self._hub, 'text']",
        "# another comment",
        "",
        "value = self._hub.states[0] + 1",
    ],
)
def test_what_means_nothing(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    typist = Typist(monkeypatch)
    typist.begin_in_function()
    assert typist.type(in_function(line))
    assert typist.type(in_function(f"{line}{' #' if line else 'y'}"))


@pytest.mark.parametrize(
    "line",
    [
        "self.async_write_ha_state()",
        "self.level",
        "name = self",
        "kwargs = None",
        "self._hub = self",
        "self.call = self.turn_on",
        "return None",
        "pass",
        "value = lambda: self.async_write_ha_state()",
        "(value := self)",
        "await self",
        "assert self",
        "[row for row in ROWS]",
        "import asyncio",
        "global ROWS",
    ],
)
def test_what_means_something(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    typist = Typist(monkeypatch)
    typist.begin_in_function()
    assert not typist.type(in_function(line))
    assert not typist.type(in_function("x"))


def test_what_follows_a_return_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    typist = Typist(monkeypatch)
    leaving = SWITCH.replace("            return\n", "            return x\n")
    for text in (SWITCH, leaving):
        typist.type(text)
    assert not typist.type(SWITCH.replace("            return\n", "            return x; y\n"))


@pytest.mark.parametrize(
    ("line", "means_nothing"),
    [
        ('        key="a",x', True),
        ('        key="a",xyz', True),
        ('        key="a",  # note', True),
        ('        key="a",(', True),
        ('        key="ab",', False),
        ('        key="a", call=lambda hub: hub.turn_on(),', False),
        ('        key="a", other=ROWS,', False),
        ('        key="a",ROWS', False),
        ('        key="a",int', False),
    ],
)
def test_a_table(monkeypatch: pytest.MonkeyPatch, line: str, means_nothing: bool) -> None:
    typist = Typist(monkeypatch)
    begun = SWITCH.replace('        key="a",', '        key="a", ')
    for text in (SWITCH, begun, SWITCH.replace('        key="a",', '        key="a",  ')):
        typist.type(text)
    assert typist.type(SWITCH.replace('        key="a",', line)) is means_nothing


@pytest.mark.parametrize(
    "place", ["class DemoSwitch(SwitchEntity):\n", "    call: object = None\n", "\n\nROWS = (\n"]
)
@pytest.mark.parametrize(
    ("line", "means_nothing"),
    [
        ("xyz", True),
        ("self._hub.stat", True),
        ("ROWS", True),
        ("# a note", True),
        ("", True),
        ("value = sel", True),
        ("value = self._hub", True),
        ("value = ROWS", False),
        ("value = int", False),
        ("value = self._hub()", False),
        ("value: int", False),
        ("other = self", False),
        ("self.level", False),
        ("self.turn_on()", False),
        ("del x", False),
    ],
)
def test_a_statement_in_a_class_or_a_module(
    monkeypatch: pytest.MonkeyPatch, place: str, line: str, means_nothing: bool
) -> None:
    typist = Typist(monkeypatch)
    indentation = "" if place.endswith("(\n") else "    "
    above, below = ("\n\n", place[2:]) if not indentation else (place, "")

    def with_line(text: str) -> str:
        return SWITCH.replace(place, f"{above}{indentation}value = se\n{indentation}{text}\n{below}")

    for text in (SWITCH, with_line(""), with_line("x")):
        typist.type(text)
    if line.startswith("value = "):
        assert typist.type(with_line("").replace("value = se", line)) is means_nothing
    else:
        assert typist.type(with_line(line)) is means_nothing


def test_findings_move_with_what_is_typed_above_them(monkeypatch: pytest.MonkeyPatch) -> None:
    typist = Typist(monkeypatch)
    below = SWITCH + "        self.async_write_ha_state()\n"
    for line in ("# begun", "x", "xy", "xyz", "xyz  # offloop: ignore", "xyz  # offloop: ign"):
        typist.type(below.replace(HERE, f"            {line}\n"))
    assert typist.meant_nothing == [True]


def test_what_was_left_behind_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_MOST_KEPT", 3)
    typist = Typist(monkeypatch)
    typist.begin_in_function()
    found = [typist.type(in_function("x" * size)) for size in range(2, 8)]
    assert found.count(False) == 1
