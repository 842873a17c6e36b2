"""Every finding in the components of a release has been read and judged; the verdicts are in ``verdicts.md``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.real.conftest import Findings

pytestmark = pytest.mark.real

VERSION = "2026.11.0"
TABLE = Path(__file__).with_name("verdicts.md")
LEAST_TRUE = {"error": 0.95, "warning": 0.85}
_ROW = re.compile(
    r"^\| (?P<code>HAT\d+) \| (?P<severity>\w+) \| `(?P<file>[^`]+)` \| (?P<row>\d+) \| `(?P<function>[^`]+)` "
    r"\| (?P<verdict>true|false) \| (?P<reason>.+) \|$",
    re.MULTILINE,
)


class Place(NamedTuple):
    """A finding by its code, its file below ``components``, its 1-based row and its function."""

    code: str
    file: str
    row: int
    function: str


def verdicts() -> dict[Place, bool]:
    """Return what was judged, True for true findings."""
    return {
        Place(row["code"], row["file"], int(row["row"]), row["function"]): row["verdict"] == "true"
        for row in _ROW.finditer(TABLE.read_text(encoding="utf-8"))
    }


def test_every_row_is_read() -> None:
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| HAT")]
    assert len(rows) == len(verdicts())


def test_findings_are_judged_and_mostly_true(checked: Callable[[str], Findings]) -> None:
    findings = checked(VERSION)
    assert findings
    judged = verdicts()
    true = {level: [0, 0] for level in LEAST_TRUE}
    unjudged = []
    for one in findings:
        file = Path(one["filename"]).as_posix().partition("homeassistant/components/")[2]
        place = Place(one["code"], file, one["location"]["row"], one["function"])
        if place not in judged:
            unjudged.append(f"{one['severity']} {place}: {one['message']}")
            continue
        counts = true[one["severity"]]
        counts[0] += judged[place]
        counts[1] += 1
    print({level: f"{good} of {total} true" for level, (good, total) in true.items()})
    assert not unjudged, "read these in the source and add rows:\n" + "\n".join(unjudged)
    for level, (good, total) in true.items():
        assert good >= LEAST_TRUE[level] * total, level
