"""The process that asks jedi, with the stand-in for Home Assistant: answers, faults and ends."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from offloop.catalog.libraries import Libraries
from offloop.config import Settings
from offloop.library.model import Catalog
from offloop.project import Project
from offloop.resolve.jedi_worker import JediWorker, Question
from offloop.source import Integration, source_from_text
from tests.mdtest.world import MINIHASS, minihass_catalog

PATH = "/config/custom_components/demo/__init__.py"
TEXT = """\
from homeassistant.core import HomeAssistant

async def nothing(*args: *Ts) -> None: ...

def work(hass: HomeAssistant, flag, items: list[HomeAssistant]) -> None:
    bus = hass.bus
    bus.async_fire("a")
    (bus if flag else hass.bus).async_fire("b")
    [hass][0].bus.async_fire("c")
    for item in items:
        item.states.async_set("d.e", "f")
    open("g").write("h")
    flag.write("i")
    HomeAssistant.bus
"""
SILENT = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")
FALLING = (sys.executable, "-c", "pass")


def question(expression: str, text: str = TEXT) -> Question:
    digest = hashlib.blake2b(text.encode()).hexdigest()
    return Question(PATH, digest, text, text.rindex(expression) + len(expression))


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[JediWorker]:
    made = JediWorker(tmp_path, [str(MINIHASS)], patience=300.0, pause=0.0)
    yield made
    made.close()


def answer(worker: JediWorker, expression: str, timeout: float = 200.0) -> tuple[str, ...] | None:
    asked = question(expression)
    return worker.ask([asked], timeout).get(asked.key)


def test_receivers_have_their_classes(worker: JediWorker, tmp_path: Path) -> None:
    bus, hass = "homeassistant.core.EventBus", "homeassistant.core.HomeAssistant"
    expected = {
        "    bus": (bus,),
        "(bus if flag else hass.bus": (bus,),
        "[hass][0]": (hass,),
        "[hass][0].bus": (bus,),
        "        item": (hass,),
        "item.states": ("homeassistant.core.StateMachine",),
        'open("g")': ("io.TextIOWrapper",),
        "    flag": (),
        "    HomeAssistant": (),  # the class itself is no object of it
    }
    asked = {expression: question(expression) for expression in expected}
    answers = worker.ask(asked.values(), 200.0)
    assert {expression: answers[one.key] for expression, one in asked.items()} == expected
    assert any(tmp_path.rglob("*.pkl")), "the cache is below the folder that was given"


def test_one_process_answers_all_and_nothing_twice(worker: JediWorker) -> None:
    assert worker.pid is None
    assert answer(worker, "item.states")
    pid = worker.pid
    assert answer(worker, "    bus")
    assert worker.pid == pid
    worker.close()
    assert answer(worker, "    bus")
    assert worker.pid is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_crash_is_survived_and_told(worker: JediWorker) -> None:
    assert answer(worker, "item.states")
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert not answer(worker, "    bus")
    assert worker.fault is not None
    assert answer(worker, "[hass][0].bus") == ("homeassistant.core.EventBus",)


def test_a_process_that_always_ends_is_given_up(tmp_path: Path) -> None:
    worker = JediWorker(tmp_path, [], pause=0.0, command=FALLING)
    for number in range(8):
        text = f"{TEXT}{number}"
        assert not any(worker.ask([question("    bus", text)], 30.0).values())
    assert worker.pid is None


def test_a_command_that_is_missing_is_told(tmp_path: Path) -> None:
    worker = JediWorker(tmp_path, [], command=(str(tmp_path / "missing"),))
    assert answer(worker, "    bus") is None
    assert worker.fault is not None


def test_no_more_than_the_time_is_waited(tmp_path: Path) -> None:
    worker = JediWorker(tmp_path, [], patience=0.4, pause=30.0, command=SILENT)
    began = time.monotonic()
    assert answer(worker, "    bus", 0.1) is None
    assert worker.fault is None, "it may still answer"
    assert answer(worker, "    bus", 20.0) == ()
    assert time.monotonic() - began < 10.0
    assert worker.fault is not None
    assert "too long" in worker.fault
    assert answer(worker, "[hass][0].bus", 20.0) is None, "it rests before it starts again"
    worker.close()


def test_a_late_answer_is_taken_by_the_next_call(worker: JediWorker) -> None:
    for _ in range(600):
        found = answer(worker, "item.states", 0.1)
        if found is not None:
            break
    assert found == ("homeassistant.core.StateMachine",)
    assert worker.fault is None


def test_nothing_of_the_workspace_is_imported(worker: JediWorker, tmp_path: Path) -> None:
    trace = tmp_path / "imported"
    for name in ("trap", "time", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(trace)!r}, 'w')\nclass A: ...\n", "utf-8")
    asked = question("A()", "import time\nfrom trap import A\nA().x\n")
    assert worker.ask([asked], 200.0, [str(tmp_path)])[asked.key] == ("trap.A",)
    assert not trace.exists()


# ------------------------------------------------------------------ in a project
TYPED_BY_JEDI = """\
from homeassistant.core import HomeAssistant

def setup(hass: HomeAssistant, config) -> bool:
    max([hass.bus], key=id).async_fire("a")
    return True
"""


def demo(text: str) -> Integration:
    file = source_from_text(PATH, "custom_components.demo", True, text)
    return Integration("demo", "custom_components.demo", str(Path(PATH).parent), (file,))


def catalog() -> Catalog:
    return minihass_catalog()


def test_a_project_checks_again_with_the_answers(worker: JediWorker) -> None:
    project = Project(catalog(), Settings(), worker)
    integration = demo(TYPED_BY_JEDI)
    before = project.check(integration)
    assert before.receivers.open >= 1
    assert project.resolve_open(integration, 200.0)
    after = project.check(integration)
    assert after.receivers.jedi == before.receivers.open
    assert not project.resolve_open(integration, 200.0)
    assert [one.code for one in after.diagnostics] == ["HAT101"]


@pytest.mark.parametrize("live", [True, False])
def test_answers_stay_while_other_lines_are_edited(worker: JediWorker, live: bool) -> None:
    project = Project(catalog(), Settings(), worker, live=live)
    project.check(demo(TYPED_BY_JEDI))
    assert project.resolve_open(demo(TYPED_BY_JEDI), 200.0)
    for comment in ("# a", "# ab", "# ab\n# c", ""):
        edited = demo(TYPED_BY_JEDI.replace("    return True", f"    {comment}\n    return True"))
        assert [one.code for one in project.check(edited).diagnostics] == ["HAT101"]
        assert project.is_asking
    # Asked again, jedi says the same: nothing is new.
    assert not project.resolve_open(edited, 200.0)
    assert not project.is_asking


def test_answers_on_an_edited_line_are_dropped(worker: JediWorker) -> None:
    project = Project(catalog(), Settings(), worker)
    project.check(demo(TYPED_BY_JEDI))
    project.resolve_open(demo(TYPED_BY_JEDI), 200.0)
    edited = demo(TYPED_BY_JEDI.replace("max([hass.bus]", "max([hass]"))
    assert not project.check(edited).diagnostics
    project.resolve_open(edited, 200.0)
    assert not project.check(edited).diagnostics


def test_an_answer_that_an_edit_elsewhere_changes_is_changed(worker: JediWorker) -> None:
    project = Project(catalog(), Settings(), worker)
    text = TYPED_BY_JEDI.replace("    max([hass.bus]", "    several = [hass.bus]\n    max(several")
    project.check(demo(text))
    assert project.resolve_open(demo(text), 200.0)
    assert project.check(demo(text)).diagnostics
    edited = demo(text.replace("[hass.bus]", "['bus']"))
    assert project.check(edited).diagnostics
    assert project.resolve_open(edited, 200.0)
    assert not project.check(edited).diagnostics


def test_a_project_without_jedi_asks_nothing(worker: JediWorker) -> None:
    project = Project(catalog(), Settings(jedi=False), worker)
    integration = demo(TYPED_BY_JEDI)
    project.check(integration)
    assert not project.resolve_open(integration, 200.0)
    assert worker.pid is None


def test_nobody_waits_for_jedi_once_it_has_failed_too_often(tmp_path: Path) -> None:
    worker = JediWorker(tmp_path, [], pause=0.0, command=FALLING)
    project = Project(catalog(), Settings(), worker)
    for number in range(20):
        integration = demo(TYPED_BY_JEDI + "#" * number)
        project.check(integration)
        if not project.is_asking:
            break
        project.resolve_open(integration, 30.0)
    assert worker.has_given_up
    assert not project.is_asking


def test_a_fault_is_told_once(tmp_path: Path) -> None:
    project = Project(catalog(), Settings(), JediWorker(tmp_path, [], command=FALLING))
    integration = demo(TYPED_BY_JEDI)
    project.check(integration)
    assert project.resolve_open(integration, 30.0)
    assert len(project.check(integration).problems) == 1
    assert not project.resolve_open(integration, 30.0)
    assert not project.check(integration).problems


TYPED_BY_A_LIBRARY = """
from shelf import pick

def setup(hass, config):
    pick(1).async_fire("a")
    return True
"""
SHELF = """
from homeassistant.core import EventBus

def pick(place) -> EventBus:
    return place
"""


def test_folders_of_the_python_setting_are_searched(worker: JediWorker, tmp_path: Path) -> None:
    (tmp_path / "shelf.py").write_text(SHELF)
    libraries = Libraries([tmp_path], use_cache=False, known={"shelf": minihass_catalog()})
    for given, answered in ((libraries, 1), (None, 0)):
        integration = demo(
            f"# {answered}{TYPED_BY_A_LIBRARY}"
        )  # a text that was asked about is not asked again
        project = Project(catalog(), Settings(), worker, given)
        assert project.check(integration).receivers.open == 1
        project.resolve_open(integration, 200.0)
        assert project.check(integration).receivers.jedi == answered
