"""Fixes are tried before they are offered: what makes one hold, and what is said against one that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offloop.config import Settings
from offloop.project import CheckResult, Project
from offloop.proof import MAX_ALONE, edited, edits_of, prove, proved_findings, proved_fixes, with_fixes
from offloop.rules.rule import Applicability, FileEdit, Fix
from offloop.source import Integration
from offloop.text import Edit
from tests.mdtest import world

LAMP = """from homeassistant.components.switch import SwitchEntity


class Lamp(SwitchEntity):
    def turn_on(self, **kwargs):
        self.hass.bus.async_fire("on")  # a comment

    def turn_off(self, **kwargs):
        self.hass.bus.async_fire("off")
"""
PATH = f"{world.ROOT}/switch.py"


def checked(text: str) -> tuple[Project, Integration, CheckResult]:
    project = Project(world.minihass_catalog(), Settings())
    files = (world.source_file("__init__.py", ""), world.source_file("switch.py", text))
    integration = Integration("demo", world.PACKAGE, world.ROOT, files)
    return project, integration, project.check(integration)


def edit(text: str, old: str, new: str) -> Fix:
    start = text.index(old)
    return Fix(
        f"Use {new}",
        (FileEdit(PATH, Edit(start, start + len(old), new)),),
        Applicability.SAFE,
        preferred=True,
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_offered_fixes_hold(newline: str) -> None:
    text = LAMP.replace("\n", newline)
    project, integration, result = checked(text)
    assert [len(found.fixes) > 0 for found in result.diagnostics] == [True, True]
    for found in result.diagnostics:
        for fix in found.fixes:
            assert prove(project, integration, result, found, fix) is None


@pytest.mark.parametrize(
    ("old", "new", "objection"),
    [
        ('async_fire("on")', 'async_fire("no")', "HAT101 stays"),
        ('async_fire("on")', "fire((", "switch.py:6: "),
        (
            'self.hass.bus.async_fire("on")',
            'self.hass.bus.fire("on"); self.async_write_ha_state()',
            "HAT101 appears",
        ),
        (
            'self.hass.bus.async_fire("on")',
            'self.turn_off(); self.hass.bus.async_fire("on")',
            "HAT101 appears",
        ),
        (
            "    def turn_off",
            "    async def async_added_to_hass(self):\n        pass\n\n    def turn_off",
            "HAT101 stays",
        ),
        ('async_fire("on")', 'async_fire("on")', "its edits cannot be applied"),
    ],
)
def test_what_is_said_against_a_fix(old: str, new: str, objection: str) -> None:
    project, integration, result = checked(LAMP)
    said = prove(project, integration, result, result.diagnostics[0], edit(LAMP, old, new))
    assert said is not None
    assert objection in said


def test_a_finding_in_text_that_is_written_anew_is_the_old_one() -> None:
    project, integration, result = checked(LAMP)
    start, end = LAMP.index("    def turn_on"), len(LAMP)
    new = LAMP[start:end].replace('async_fire("on")', 'fire("on")')
    fix = Fix("Rewrite", (FileEdit(PATH, Edit(start, end, new)),), Applicability.UNSAFE)
    assert prove(project, integration, result, result.diagnostics[0], fix) is None
    worse = replace(
        fix, edits=(FileEdit(PATH, Edit(start, end, new + "        self.async_write_ha_state()\n")),)
    )
    assert "appears" in (prove(project, integration, result, result.diagnostics[0], worse) or "")


def test_a_file_that_is_broken_already_may_be_mended() -> None:
    text = LAMP + "\n\ndef half(:\n"
    project, integration, result = checked(text)
    assert prove(project, integration, result, result.diagnostics[0], result.diagnostics[0].fixes[0]) is None


def test_edits_that_do_not_belong() -> None:
    _, integration, _ = checked(LAMP)
    assert edited(integration, {}) is None
    assert edited(integration, {"elsewhere.py": [Edit(0, 0, "x")]}) is None
    assert edited(integration, {PATH: [Edit(0, 2, "x"), Edit(1, 3, "y")]}) is None


def test_trying_leaves_the_last_check_as_it_was() -> None:
    project, integration, result = checked(LAMP)
    found = result.diagnostics[0]
    asking = project.is_asking
    prove(project, integration, result, found, found.fixes[0])
    assert project.is_asking == asking
    assert project.check(integration) == result


def test_the_next_fix_that_holds_is_preferred_and_named() -> None:
    project, integration, result = checked(LAMP)
    found = result.diagnostics[0]
    wrong = edit(LAMP, 'async_fire("on")', 'async_fire("no")')
    offered = with_fixes(found, (wrong, *found.fixes))
    assert offered.message.endswith('Use async_fire("no").')
    kept = proved_fixes(offered, lambda one, fix: prove(project, integration, result, one, fix))
    assert kept.fixes == found.fixes
    assert kept.message == found.message
    none = proved_fixes(offered, lambda *_: "no")
    assert none.fixes == ()
    assert none.message == found.message.removesuffix(" Use self.hass.bus.fire.")


def test_edits_are_counted_once() -> None:
    one = FileEdit(PATH, Edit(0, 0, "import x\n"))
    fixes = [Fix("a", (one,), Applicability.SAFE), Fix("b", (one,), Applicability.SAFE)]
    assert edits_of(fixes) == {PATH: [one.edit]}


def test_very_many_findings_are_tried_together() -> None:
    lines = [f'        self.hass.bus.async_fire("{number}")\n' for number in range(MAX_ALONE + 10)]
    text = LAMP[: LAMP.index("        self.hass")] + "".join(lines)
    project, integration, result = checked(text)
    found = list(result.diagnostics)
    assert len(found) == len(lines)
    found[7] = with_fixes(found[7], (edit(text, "self", "self"), *found[7].fixes))
    result = result._replace(diagnostics=tuple(found))
    offered = proved_findings(project, integration, result, found)
    assert [len(one.fixes) for one in offered] == [1] * len(lines)
    assert {one.fixes[0].title.partition(" (")[0] for one in offered} == {"Use self.hass.bus.fire"}
