"""Contexts inferred for integrations against the threads that a running Home Assistant showed.

One observation is stored outside of the checkout, where it is at hand; another is made here (``observed.py``).
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.real import observed
from tests.real.home_assistant import NoHomeAssistantError, environment, run_in_core

from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant
from offloop.config import Settings
from offloop.project import Project
from offloop.rules.contexts import FunctionContext
from offloop.source import discover, load_integration

pytestmark = pytest.mark.real

VERSION = "2025.4.4"
CHECKOUT = Path(__file__).parents[2]
MAX_UNKNOWN = 0.2


class Observed(NamedTuple):
    """A function that ran: file, qualified name, 1-based line, and where: loop, worker or both."""

    file: str
    qualname: str
    line: int
    context: str


class Compared(NamedTuple):
    """How many observed functions were inferred, of how many nothing is known, and what was said wrongly."""

    total: int
    unknown: int
    contradictions: list[str]


def observations() -> list[Observed]:
    """Return what was observed of integrations; skips where the recording is not at hand."""
    folder = Path(os.environ.get("OFFLOOP_ORACLE") or CHECKOUT.parent / "shared" / "oracle")
    recording = folder / f"observed-{VERSION}.json"
    if not recording.is_file():
        pytest.skip(f"{recording.name} is not in {folder.name}: OFFLOOP_ORACLE names no folder of recordings")
    functions: dict[str, Any] = json.loads(recording.read_text(encoding="utf-8"))["functions"]
    return [
        Observed(seen["file"], name.partition(":")[2], seen["line"], seen["context"])
        for name, seen in functions.items()
        if seen["file"].startswith("homeassistant/components/")
        and seen["context"] in ("loop", "worker", "both")
    ]


def inferred(root: Path, integrations: set[str]) -> Iterator[tuple[str, FunctionContext]]:
    """Yield (file, context) of all functions of some integrations."""
    catalog = load_catalog(HomeAssistant(root, VERSION, "test"))
    for name in sorted(integrations):
        project = Project(catalog, Settings(jedi=False))
        loaded = load_integration(discover([root / "homeassistant" / "components" / name]).folders[0])
        for function in project.check(loaded).functions:
            yield Path(function.path).relative_to(root).as_posix(), function


def compared(root: Path, seen: list[Observed]) -> Compared:
    """Infer the contexts of what was seen, and count what was said of it."""
    by_name: dict[tuple[str, str], list[FunctionContext]] = defaultdict(list)
    for file, function in inferred(root, {one.file.split("/")[2] for one in seen}):
        by_name[file, function.function].append(function)
    counts: Counter[tuple[str, str]] = Counter()
    contradictions: list[str] = []
    for one in seen:
        candidates = by_name.get((one.file, one.qualname))
        if not candidates:
            continue
        said = min(candidates, key=lambda function: abs(function.line + 1 - one.line)).context
        counts[said, one.context] += 1
        if {said, one.context} == {"loop", "worker"}:
            contradictions.append(
                f"{one.file}:{one.line}: {one.qualname} inferred {said}, ran in {one.context}"
            )
    total = sum(counts.values())
    unknown = sum(count for (said, _), count in counts.items() if said == "unknown")
    print(f"\n{total} observed functions, {unknown / total:.1%} unknown, {dict(counts)}")
    return Compared(total, unknown, contradictions)


def test_a_stored_observation_is_not_contradicted(release: Callable[[str], Path]) -> None:
    seen = observations()
    found = compared(release(VERSION), seen)
    assert found.total > 2_000
    assert not found.contradictions
    assert found.unknown <= MAX_UNKNOWN * found.total


@pytest.mark.slow
def test_a_home_assistant_that_runs_now_does_not_contradict() -> None:
    try:
        packages = next(environment().glob("lib*/**/site-packages"), None)
        answer = run_in_core(observed.__file__, seconds=900)
    except NoHomeAssistantError as error:
        pytest.skip(str(error))
    assert packages is not None
    found = compared(packages, [Observed(*function) for function in answer["functions"]])
    assert found.total > 1_500
    assert not found.contradictions
    assert found.unknown <= MAX_UNKNOWN * found.total
