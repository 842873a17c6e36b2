"""After any sequence of edits, opens, closes, saves and outside changes: what a fresh check of the texts says.

Over the wire, with a real server process, findings are compared; within this process, where functions run too.
``OFFLOOP_TEST_SEQUENCES`` says how many sequences (300; 2,000 in CI), ``OFFLOOP_TEST_SEED`` where they begin.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from offloop.inference import live
from offloop.rules.contexts import FunctionContext
from offloop.rules.rule import Diagnostic
from tests.lsp.clients import VSCODE
from tests.lsp.real_parts import home_assistant
from tests.lsp.sequences import GARDEN, LOOSE, InProcess, OverWire, copy_integration, fresh, place_of, play
from tests.lsp.wire import REAL, Message, serving

SEQUENCES = int(os.environ.get("OFFLOOP_TEST_SEQUENCES", "300"))
SEED = int(os.environ.get("OFFLOOP_TEST_SEED", "20261122"))
WITHIN = 8
"""One sequence of so many is played within this process."""
_T = TypeVar("_T", Diagnostic, FunctionContext)
Sequenced = Callable[[random.Random, int, Path], None]


def integrations() -> list[Path]:
    """An example of everything, one whose modules rest on each other's insides, a real one that works in threads."""
    sources = home_assistant()
    mochad = [Path(sources) / "homeassistant" / "components" / "mochad"] if sources else []
    return [GARDEN, LOOSE, *mochad]


def _play(source: Path, folder: Path, count: int, one: Sequenced) -> None:
    """Play sequences, each on a copy of its own."""
    played = 0

    @seed(SEED)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False), st.integers(1, 8))
    def sequence(chooser: random.Random, steps: int) -> None:
        nonlocal played
        played += 1
        copied = copy_integration(source, folder / str(played))
        one(chooser, steps, copied)
        shutil.rmtree(folder / str(played))

    sequence()
    assert played >= count


@pytest.mark.parametrize("source", integrations(), ids=lambda source: source.name)
def test_a_session_says_what_a_fresh_check_says(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = 0
    for name in ("_with_module", "_with_function"):
        renew = getattr(live, name)

        def counted(*given: object, renew: Callable[..., tuple[object, ...]] = renew) -> tuple[object, ...]:
            nonlocal renewed
            found = renew(*given)
            renewed += bool(found)
            return found

        monkeypatch.setattr(live, name, counted)

    def compare(chooser: random.Random, steps: int, folder: Path) -> None:
        asyncio.run(_compare(folder, chooser, steps))

    count = max(10, SEQUENCES // len(integrations()) // WITHIN)
    _play(source, tmp_path, count, compare)
    assert renewed > count // 4, "hardly any analysis renewed what was edited alone"


class Compared(InProcess):
    """Compares whenever it looks: what one edit leaves stale the next one may hide."""

    async def looked(self, path: str) -> None:
        found, contexts = await self.findings(path)
        expected = fresh(self.folder, self.texts)
        assert found == _by_path(expected.diagnostics)
        assert contexts == {
            path: [f"{one.function} {one.context}" for one in functions]
            for path, functions in _by_path(expected.functions).items()
        }


async def _compare(folder: Path, chooser: random.Random, steps: int) -> None:
    editor = Compared(folder)
    try:
        await play(editor, chooser, steps)
        await editor.looked(next(iter(editor.texts)))
    finally:
        editor.session.close()


def _by_path(things: Sequence[_T]) -> dict[str, list[_T]]:
    found: dict[str, list[_T]] = {}
    for thing in things:
        found.setdefault(thing.path, []).append(thing)
    return found


@pytest.mark.parametrize("source", integrations(), ids=lambda source: source.name)
def test_a_server_says_what_a_fresh_check_says(source: Path, tmp_path: Path) -> None:
    options = {
        "homeAssistant": "2026.11",
        "jedi": False,
        "unsafeFixes": True,
        "diagnosticMode": "workspace",
    }
    with serving(REAL) as server:
        server.answers["workspace/configuration"] = lambda message: [{}] * len(message["params"]["items"])
        capabilities = VSCODE | {"general": {"positionEncodings": ["utf-32"]}}
        result = server.initialize(capabilities, initializationOptions={"settings": options})
        assert result["capabilities"]["positionEncoding"] == "utf-32"

        def compare(chooser: random.Random, steps: int, folder: Path) -> None:
            editor = OverWire(folder, server)
            try:
                asyncio.run(play(editor, chooser, steps))
                _compare_shown(editor)
            finally:
                for path in list(editor.texts):
                    asyncio.run(editor.closed(path))
                server.seen.clear()

        _play(source, tmp_path, SEQUENCES // len(integrations()), compare)
        assert server.end() == 0
        assert not server.stderr


def _compare_shown(editor: OverWire) -> None:
    expected = _by_path(fresh(editor.folder, editor.texts).diagnostics)
    for path, text in editor.texts.items():
        assert _shown(editor.pull(path)) == _expected(expected.pop(path, []), text)
    shown = {path: _shown(found) for path, found in editor.pull_all().items() if path not in editor.texts}
    assert {path: found for path, found in shown.items() if found} == {
        path: _expected(found, editor.disk(path)) for path, found in expected.items()
    }


def _shown(found: list[Message]) -> list[object]:
    return [(one["code"], one["range"]) for one in found]


def _expected(found: list[Diagnostic], text: str) -> list[object]:
    return [(one.code, _range(text, one.span.start, one.span.end)) for one in found]


def _range(text: str, start: int, end: int) -> dict[str, dict[str, int]]:
    first, last = place_of(text, start), place_of(text, end)
    return {
        "start": {"line": first[0], "character": first[1]},
        "end": {"line": last[0], "character": last[1]},
    }
