"""A project that keeps its analysis finds what one that begins anew finds, after whatever edits."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from random import Random

import pytest

from offloop.config import Settings
from offloop.inference import live
from offloop.project import CheckResult, Project
from offloop.source import Integration
from tests.edits import edited, typed
from tests.mdtest.world import PACKAGE, ROOT, minihass_catalog, source_file

SWITCH = """\
from homeassistant.components.switch import SwitchEntity
from .hub import Hub


class DemoSwitch(SwitchEntity):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def turn_on(self, **kwargs) -> None:
        self._hub.fire()
        self._hub.helper.notify()
"""
HUB = """\
from homeassistant.core import HomeAssistant
from .helper import Helper


class Hub:
    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.helper = Helper(hass)

    def fire(self) -> None:
        self.hass.bus.async_fire("demo")
"""
HELPER = """\
class Helper:
    def __init__(self, hass) -> None:
        self.hass = hass

    def notify(self) -> None:
        pass
"""
FILES = {"__init__.py": "", "switch.py": SWITCH, "hub.py": HUB, "helper.py": HELPER}


def integration(files: Mapping[str, str]) -> Integration:
    return Integration(
        "demo", PACKAGE, ROOT, tuple(source_file(path, text) for path, text in sorted(files.items()))
    )


def live_project() -> Project:
    return Project(minihass_catalog(), Settings(), live=True)


def fresh(files: Mapping[str, str]) -> CheckResult:
    return Project(minihass_catalog(), Settings()).check(integration(files))


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The modules for whose sake everything was analysed."""
    modules: list[str | None] = []
    really = live._analysed

    def noted(given: live._Given, module: str | None) -> tuple[live.Analysis, tuple[live._Layer, ...]]:
        modules.append(module)
        return really(given, module)

    monkeypatch.setattr(live, "_analysed", noted)
    return modules


def test_only_the_first_edit_of_a_module_analyses_everything(analysed: list[str | None]) -> None:
    project = live_project()
    files = dict(FILES)
    project.check(integration(files))
    for line in (
        "        pass",
        "        self.hass.bus.async_fire('twice')",
        "        x = (",
        "        return 1",
    ):
        files["hub.py"] = HUB + line + "\n"
        assert project.check(integration(files)) == fresh(files)
    assert analysed == [None, f"{PACKAGE}.hub"]


def test_the_module_in_focus_is_watched_from_the_beginning(analysed: list[str | None]) -> None:
    project = live_project()
    project.check(integration(FILES), f"{ROOT}/hub.py")
    files = {**FILES, "hub.py": HUB + "        pass\n"}
    assert project.check(integration(files)) == fresh(files)
    assert analysed == [f"{PACKAGE}.hub"]


def test_the_same_texts_are_not_analysed_again(analysed: list[str | None]) -> None:
    project = live_project()
    assert project.check(integration(FILES)) == project.check(integration(FILES))
    assert analysed == [None]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("helper.py", "        pass", "        self.hass.bus.async_fire('x')"),
        ("helper.py", "self.hass = hass", "self.hass = None"),
        ("hub.py", "self.helper = Helper(hass)", "self.helper = hass"),
        (
            "hub.py",
            "self.helper = Helper(hass)",
            "self.helper = self.make()\n\n    def make(self):\n        return Helper(self.hass)",
        ),
        ("hub.py", "def fire(self)", "def fire(self, x=None)"),
        ("switch.py", "hub: Hub", "hub"),
        ("switch.py", "        self._hub.fire()", "        run = lambda: self._hub.fire()\n        run()"),
    ],
)
def test_an_edit_that_others_notice(path: str, old: str, new: str) -> None:
    project = live_project()
    files = {**FILES, path: FILES[path] + "\n"}
    project.check(integration(FILES))
    project.check(integration(files))
    files[path] = files[path].replace(old, new)
    assert project.check(integration(files)) == fresh(files)


STORE = "Store(hass, 1, 'demo')"
LARGE = "Store(hass, 1, 'demo', serialize_in_event_loop=False)"
MEMORY = {
    "__init__.py": "",
    "hub.py": f"""\
from homeassistant.helpers.storage import Store


class Hub:
    def __init__(self, hass) -> None:
        self.store: Store[dict] = {STORE}
        self.made = self.make(hass)

    def make(self, hass):
        return {STORE}
""",
    "memory.py": """\
from .hub import Hub


class Memory:
    def __init__(self, hass, hub: Hub) -> None:
        self.hass = hass
        self.hub = hub

    async def async_changed(self) -> None:
        self.hub.store.async_delay_save(self._few)
        self.hub.made.async_delay_save(self._many)

    def _few(self) -> dict:
        self.hass.bus.async_fire("few")

    def _many(self) -> dict:
        self.hass.bus.async_fire("many")
""",
}


def test_an_edit_of_how_a_store_is_made_elsewhere() -> None:
    project = live_project()
    files = {**MEMORY, "hub.py": MEMORY["hub.py"] + "\n"}
    assert project.check(integration(files)).diagnostics == ()
    project.check(integration({**files, "hub.py": files["hub.py"] + "\n"}))
    head, _, tail = files["hub.py"].partition(STORE)
    for text in (head + LARGE + tail, head + STORE + tail.replace(STORE, LARGE), files["hub.py"]):
        changed = {**files, "hub.py": text}
        found = project.check(integration(changed))
        assert found == fresh(changed)
        assert len(found.diagnostics) == (LARGE in text)


def test_what_was_told_before_an_edit_stays_as_it_was() -> None:
    project = live_project()
    files = {**FILES, "hub.py": HUB + "\n"}
    project.check(integration(FILES))
    project.check(integration(files))
    before = project.check(integration(files))
    again = project.check(integration({**files, "hub.py": "\n\n\n" + HUB.replace("async_fire", "fire")}))
    assert before == fresh(files)
    assert again.functions != before.functions


def test_edits_leave_nothing_to_the_garbage_collector() -> None:
    """The server's is off while somebody types: facts in a cycle would stay, those of each edit."""
    project = live_project()
    files = dict(FILES)
    project.check(integration(files))
    for number in range(2):  # the first edit analyses everything anew
        files["hub.py"] = f"{HUB}    # {number}\n"
        project.check(integration(files))
    gc.collect()
    gc.disable()
    try:
        for number in range(10):
            files["hub.py"] = (
                f"{HUB}\n    def größer_{number}(self) -> None:\n        self.hass.bus.fire('x')\n"
            )
            project.check(integration(files))
            files["hub.py"] = f"{HUB}    # {number}\n"
            project.check(integration(files))
        assert gc.collect() < 100
    finally:
        gc.enable()


def test_a_fault_is_forgotten_with_the_next_check(monkeypatch: pytest.MonkeyPatch) -> None:
    project = live_project()
    files = {**FILES, "hub.py": HUB + "\n"}
    project.check(integration(FILES))
    project.check(integration(files))
    with monkeypatch.context() as patched:
        patched.setattr(live, "_with_module", lambda *_: 1 / 0)
        broken = project.check(integration({**files, "hub.py": HUB}))
        assert broken.problems[0].internal
    assert project.check(integration(FILES)) == fresh(FILES)


@pytest.mark.parametrize("seed", range(12))
def test_random_edits(seed: int) -> None:
    random = Random(seed)
    project = live_project()
    files = dict(FILES)
    path = random.choice(sorted(files))
    for _ in range(25):
        if random.random() < 0.15:
            path = random.choice(sorted(files))
        files[path] = edited(files[path], random)
        assert project.check(integration(files)) == fresh(files)


def test_edits_of_one_function_leave_the_rest_of_its_module_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[bool] = []
    really = live._with_function

    def noted(
        layers: tuple[live._Layer, ...], before: live._Given, given: live._Given
    ) -> tuple[live._Layer, ...]:
        found = really(layers, before, given)
        renewed.append(bool(found))
        return found

    monkeypatch.setattr(live, "_with_function", noted)
    project = live_project()
    project.check(integration(FILES))
    for line in (
        "pass",
        "x = 1",
        "self.hass.bus.async_fire('twice')",
        "x = foo(",
        "def more(): pass",
        "self.helper.notify()",
    ):
        files = {
            **FILES,
            "hub.py": HUB.replace("        self.hass.bus", f"        {line}\n        self.hass.bus"),
        }
        assert project.check(integration(files)) == fresh(files)
    assert renewed == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.helper = Helper(hass)", "self.helper = hass"),
        ("self.helper = Helper(hass)", "self.helper, self.other = hass, Helper(hass)"),
        ("self.hass = hass", "self.hass: HomeAssistant = hass"),
        ("return Helper(self.hass)", "return self.hass"),
        ("hass.bus.async_fire(value)", "self._fire(self.hass)"),
    ],
)
def test_an_edit_of_a_function_that_the_rest_of_its_module_notices(old: str, new: str) -> None:
    hub = HUB + "        self._fire(self.made())\n\n    def made(self):\n        return Helper(self.hass)\n\n"
    hub += "    def _fire(self, value):\n        hass = self.hass\n        hass.bus.async_fire(value)\n"
    project = live_project()
    project.check(integration({**FILES, "hub.py": hub}))
    for text in (hub.replace(old, f"{old}  # a"), hub.replace(old, f"{old}  # ab"), hub.replace(old, new)):
        files = {**FILES, "hub.py": text}
        assert text != hub
        assert project.check(integration(files)) == fresh(files)


@pytest.mark.parametrize("focus", ["", f"{ROOT}/hub.py"])
def test_what_others_are_passed_by_the_rest_of_a_module_may_come_from_the_edited_function(focus: str) -> None:
    helper = "class Helper:\n    def take(self, thing):\n        thing.act()\n"
    hub = (
        "from .helper import Helper\n\n\nclass Calm:\n    def act(self):\n        pass\n\n\n"
        "class Wild:\n    def act(self):\n        self.hass.bus.async_fire('x')\n\n"
        "    def __init__(self, hass: HomeAssistant) -> None:\n        self.hass = hass\n\n\n"
        "class Hub:\n    def fire(self):\n        Helper().take(self.made())\n\n"
        "    def made(self):\n        return Calm()\n"
    )
    hub = "from homeassistant.core import HomeAssistant\n" + hub
    switch = SWITCH.replace("        self._hub.helper.notify()\n", "")
    files = {"__init__.py": "", "switch.py": switch, "hub.py": hub, "helper.py": helper}
    project = live_project()
    project.check(integration(files), focus)
    for made in ("return Calm()  # a", "return Calm()  # ab", "return Wild(None)"):
        files["hub.py"] = hub.replace("return Calm()", made)
        found = project.check(integration(files))
        assert found == fresh(files)
    assert found.diagnostics


@pytest.mark.parametrize("seed", range(12))
def test_random_edits_around_one_place(seed: int) -> None:
    random = Random(seed)
    project = live_project()
    files = dict(FILES)
    for _ in range(6):
        path = random.choice([path for path in sorted(files) if files[path]])
        at, before = random.randrange(files[path].count("\n") + 1), dict(files)
        for _ in range(6):
            kept = files[path]
            for text in (typed(kept, at, random), kept)[: 1 + random.randrange(2)]:
                files[path] = text
                assert project.check(integration(files)) == fresh(files)
        if random.random() < 0.8:
            files = before
