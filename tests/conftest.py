"""What all tests share: the releases of Home Assistant that are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that take minutes, unless they are asked for."""
    if os.environ.get("OFFLOOP_TEST_SLOW") != "1":
        skip = pytest.mark.skip(reason="takes minutes: OFFLOOP_TEST_SLOW=1 runs it")
        for item in items:
            if item.get_closest_marker("slow") is not None:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def release() -> Callable[[str], Path]:
    """Return a function from a version to the folder of its sources; the test is skipped without them."""

    def folder_of(version: str) -> Path:
        sources = os.environ.get("OFFLOOP_HA_SOURCES")
        if not sources:
            pytest.skip("OFFLOOP_HA_SOURCES names no folder of releases")
        folder = Path(sources) / version
        if not (folder / "homeassistant" / "const.py").is_file():
            pytest.skip(f"Home Assistant {version} is not in OFFLOOP_HA_SOURCES")
        return folder

    return folder_of
