"""After any sequence of edits, opens, closes, saves and outside changes: what a fresh check of the texts says.

``OFFLOOP_TEST_SEQUENCES`` says how many sequences (300; 2,000 in CI), ``OFFLOOP_TEST_SEED`` where they begin.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from offloop.rules.contexts import FunctionContext
from offloop.rules.rule import Diagnostic
from tests.lsp.clients import VSCODE
from tests.lsp.real_parts import home_assistant
from tests.lsp.sequences import GARDEN, InProcess, OverWire, copy_integration, fresh, place_of, play
from tests.lsp.wire import REAL, serving

SEQUENCES = int(os.environ.get("OFFLOOP_TEST_SEQUENCES", "300"))
SEED = int(os.environ.get("OFFLOOP_TEST_SEED", "20261122"))
OVER_WIRE = 25
_T = TypeVar("_T", Diagnostic, FunctionContext)


def integrations() -> list[Path]:
    """Ours that is an example of everything, and one of Home Assistant's that works in threads."""
    sources = home_assistant()
    mochad = [Path(sources) / "homeassistant" / "components" / "mochad"] if sources else []
    return [GARDEN, *mochad]


@pytest.mark.parametrize("source", integrations(), ids=lambda source: source.name)
def test_a_session_says_what_a_fresh_check_says(source: Path, tmp_path: Path) -> None:
    count = 0

    @seed(SEED)
    @settings(
        max_examples=SEQUENCES // len(integrations()),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False), st.integers(1, 8))
    def sequence(chooser: random.Random, steps: int) -> None:
        nonlocal count
        count += 1
        asyncio.run(_compare(copy_integration(source, tmp_path / str(count)), chooser, steps))

    sequence()
    assert count >= SEQUENCES // len(integrations())


async def _compare(folder: Path, chooser: random.Random, steps: int) -> None:
    editor = InProcess(folder)
    try:
        await play(editor, chooser, steps)
        found, contexts = await editor.findings(next(iter(editor.texts)))
        expected = fresh(folder, editor.texts)
        assert found == _by_path(expected.diagnostics)
        assert contexts == {
            path: [f"{one.function} {one.context}" for one in functions]
            for path, functions in _by_path(expected.functions).items()
        }
    finally:
        editor.session.close()


def _by_path(things: Sequence[_T]) -> dict[str, list[_T]]:
    found: dict[str, list[_T]] = {}
    for thing in things:
        found.setdefault(thing.path, []).append(thing)
    return found


def test_a_server_says_what_a_fresh_check_says(tmp_path: Path) -> None:
    chooser = random.Random(SEED)
    with serving(REAL) as server:
        server.answers["workspace/configuration"] = lambda message: [{}] * len(message["params"]["items"])
        capabilities = VSCODE | {"general": {"positionEncodings": ["utf-32"]}}
        options = {"settings": {"homeAssistant": "2026.11", "jedi": False, "unsafeFixes": True}}
        result = server.initialize(capabilities, initializationOptions=options)
        assert result["capabilities"]["positionEncoding"] == "utf-32"
        for number in range(OVER_WIRE):
            folder = copy_integration(GARDEN, tmp_path / str(number))
            editor = OverWire(folder, server)
            asyncio.run(play(editor, chooser, 8))
            expected = _by_path(fresh(folder, editor.texts).diagnostics)
            for path, text in editor.texts.items():
                shown = [(one["code"], one["range"]) for one in editor.pull(path)]
                assert shown == [
                    (one.code, _range(text, one.span.start, one.span.end)) for one in expected.get(path, [])
                ]
            for path in list(editor.texts):
                asyncio.run(editor.closed(path))
        assert server.end() == 0
        assert not [message for message in server.seen if "internal error" in str(message)]


def _range(text: str, start: int, end: int) -> dict[str, dict[str, int]]:
    first, last = place_of(text, start), place_of(text, end)
    return {
        "start": {"line": first[0], "character": first[1]},
        "end": {"line": last[0], "character": last[1]},
    }
