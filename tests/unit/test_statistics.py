"""Who tells what calls are made on: our resolver, jedi, or nobody."""

from __future__ import annotations

import json

from offloop.cli.output.style import Style
from offloop.cli.output.summary import statistics
from offloop.cli.report import Report
from offloop.project import ReceiverCounts
from tests.mdtest import world

DECIDED_AND_OPEN = """
from thing import made


def setup(hass, config):
    hass.bus.async_fire("known")
    hass.states.async_set("known", "on")
    made().async_fire("nobody knows")
    made().somewhere("no API is named so")
    return True


async def async_unload_entry(hass, entry):
    made().async_fire("the loop may")
    return True
"""


def test_receivers_are_counted_by_who_tells_them() -> None:
    counts = world.check({"__init__.py": DECIDED_AND_OPEN}).receivers
    assert counts == ReceiverCounts(own=2, jedi=0, open=1)


def test_the_count_is_shown() -> None:
    report = Report(files=1, receivers=ReceiverCounts(12, 3, 4))
    shown = "".join(statistics(report, "full", Style()))
    assert shown.endswith("Objects of calls that may need the loop: 12 known, 3 by jedi, 4 unknown.\n")


def test_the_count_is_the_last_object_of_json() -> None:
    report = Report(files=1, receivers=ReceiverCounts(12, 3, 4))
    counted = {
        "code": None,
        "name": "receivers",
        "count": 19,
        "fixable": 0,
        "receivers": {"own": 12, "jedi": 3, "unknown": 4},
    }
    assert json.loads("".join(statistics(report, "json", Style()))) == [counted]
    assert [json.loads(line) for line in statistics(report, "json-lines", Style())] == [counted]


def test_nothing_is_shown_where_there_is_nothing_to_count() -> None:
    assert "Objects of calls" not in "".join(statistics(Report(files=1), "full", Style()))
