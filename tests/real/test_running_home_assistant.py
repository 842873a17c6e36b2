"""The Home Assistant that other tests run: it starts, and tells its threads apart."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.real.home_assistant import VERSION, NoHomeAssistantError, run_in_core

pytestmark = pytest.mark.real

CONFIG = {"example": {}}


def prepare(folder: Path, payload: Any) -> None:
    component = folder / "custom_components" / "example"
    component.mkdir(parents=True)
    (component / "manifest.json").write_text('{"domain": "example", "name": "Example", "version": "1.0"}')
    (component / "__init__.py").write_text(
        "import threading\n\n"
        "def setup(hass, config):\n"
        "    hass.data['example'] = threading.get_ident()\n"
        "    return True\n"
    )


async def drive(hass: Any, payload: Any) -> Any:
    def in_worker() -> str:
        try:
            hass.bus.async_fire("some_event")
        except RuntimeError as error:
            return str(error)
        return ""

    said = await hass.async_add_executor_job(in_worker)
    version = __import__("homeassistant.const").const.__version__
    return {
        "version": version,
        "apart": hass.data["example"] != threading.get_ident(),
        "said": said,
        **payload,
    }


def test_it_starts() -> None:
    try:
        result = run_in_core(__file__, {"given": 1})
    except NoHomeAssistantError as error:
        pytest.skip(str(error))
    assert result.pop("said").startswith("Detected code that calls hass.bus.async_fire from a thread other")
    assert result == {"version": VERSION, "apart": True, "given": 1}
