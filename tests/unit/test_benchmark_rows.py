"""When the benchmark counts a bug as found and a silent place as flagged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.benchmark import fixes, report
from tests.benchmark.rows import Finding, Mend, Row, Step, judge

FILE = "components/x/switch.py"
BUG = Row(
    "b",
    False,
    "2024.4.4",
    FILE,
    "S.turn_on",
    (10, 14),
    {"level": "file", "kind": "swap", "fixed_code": "fire"},
)
CLEAN = Row("c", True, "2024.5.0", FILE, "S.turn_on", (), {})
FINDING = Finding("r", "error", FILE, "S.turn_on", 10, 10, "m", ())


@pytest.mark.parametrize(
    ("finding", "kind"),
    [
        (FINDING, "exact"),
        (replace(FINDING, first_row=13, last_row=15), "exact"),
        (replace(FINDING, function="S.turn_on.<locals>.<lambda>"), "exact"),
        (replace(FINDING, first_row=11, last_row=11), "near"),
        (replace(FINDING, function="S.turn_off"), "missed"),
        (replace(FINDING, file="components/x/light.py"), "missed"),
        (replace(FINDING, function="S.helper", first_row=99, trace=(Step(FILE, 14, ""),)), "trace"),
    ],
)
def test_bugs(finding: Finding, kind: str) -> None:
    assert judge(BUG, [finding]).kind == kind


def test_the_sink_of_a_bug() -> None:
    row = replace(BUG, data={"sink": {"file": "components/x/hub.py", "function": "add"}})
    finding = replace(FINDING, file="components/x/hub.py", function="add", first_row=3, last_row=3)
    assert judge(row, [finding]).kind == "sink"
    assert judge(row, [finding, FINDING]).kind == "exact"


@pytest.mark.parametrize(
    ("lines", "finding", "kind"),
    [
        ((), FINDING, "flagged"),
        ((), replace(FINDING, function="S.turn_off"), "silent"),
        ((12,), FINDING, "silent"),
        ((10,), FINDING, "flagged"),
    ],
)
def test_silent_places(lines: tuple[int, ...], finding: Finding, kind: str) -> None:
    assert judge(replace(CLEAN, lines=lines), [finding]).kind == kind


def test_the_report_counts() -> None:
    verdicts = [judge(BUG, [FINDING]), judge(BUG, []), judge(CLEAN, [FINDING])]
    assert report.summary(verdicts) == {"bugs": 2, "found": 1, "clean": 1, "flagged": 1, "errors": 0}
    assert "1 of 2 bugs found, 1 of 1 silent places flagged" in list(report.text(verdicts))[-1]


@pytest.mark.parametrize(
    ("kind", "kinds", "judged"),
    [
        ("swap", ("twin",), "same"),
        ("swap", ("hop",), "other"),
        ("moved", ("twin",), "other"),
        ("async", (), "none"),
    ],
)
def test_our_fixes_beside_the_projects(kind: str, kinds: tuple[str, ...], judged: str) -> None:
    verdict = judge(replace(BUG, data={**BUG.data, "kind": kind}), [FINDING])
    mend = Mend(kinds, ("Use it",) * len(kinds), silent=True)
    assert fixes.judgement(replace(verdict, mend=mend)) == judged
    assert fixes.judgement(replace(verdict, kind="missed")) == "unfound"


def test_every_reason_says_why() -> None:
    for reason in fixes.reasons().values():
        assert len(reason) > 20 or reason.removeprefix("as ") in fixes.reasons()
