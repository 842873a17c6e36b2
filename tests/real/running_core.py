"""The other side of ``home_assistant.run_in_core``: starts Home Assistant and lets a module drive it.

Run by Home Assistant's own interpreter: ``python -m tests.real.running_core MODULE FOLDER``. Nothing of
offloop is imported here.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from homeassistant import bootstrap, core, loader, runner

_START_SECONDS = 120
_SETTLE_SECONDS = 10


def main(module: str, folder: str) -> None:
    """Drive; end the process at once: threads of integrations must not keep it."""
    work = Path(folder)
    code = 1
    try:
        payload = json.loads((work / "payload.json").read_text(encoding="utf-8"))
        driver = importlib.import_module(module)
        config = work / "config"
        config.mkdir()
        if hasattr(driver, "prepare"):
            driver.prepare(config, payload)
        result = _loop().run_until_complete(_driven(driver, config, payload))
        (work / "result.json").write_text(json.dumps(result), encoding="utf-8")
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def _driven(driver: Any, config: Path, payload: Any) -> Any:
    async with asyncio.timeout(_START_SECONDS):
        hass = await started(config, getattr(driver, "CONFIG", {}))
    try:
        return await driver.drive(hass, payload)
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_SETTLE_SECONDS):
                await hass.async_stop(force=True)


async def started(config: Path, others: dict[str, Any]) -> Any:
    """Return a running core whose configuration lies in a folder, without network and package installs."""
    hass = core.HomeAssistant(str(config))
    loader.async_setup(hass)
    hass.config.skip_pip = True
    sys.path.insert(0, str(config))  # custom_components
    own = {
        "homeassistant": {
            "name": "Home",
            "latitude": 52.4,
            "longitude": 4.9,
            "elevation": 1,
            "unit_system": "metric",
            "time_zone": "Europe/Amsterdam",
            "country": "NL",
            "currency": "EUR",
        },
        "http": {"server_host": ["127.0.0.1"], "server_port": _free_port()},
    }
    if await bootstrap.async_from_config_dict({**own, **others}, hass) is None:
        raise RuntimeError("Home Assistant did not start")
    await hass.async_start()
    await settled(hass)
    return hass


async def settled(hass: Any) -> None:
    """Wait until nothing is left to do, some seconds at most."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SETTLE_SECONDS):
            await hass.async_block_till_done()


def _loop() -> asyncio.AbstractEventLoop:
    asyncio.set_event_loop_policy(runner.HassEventLoopPolicy(False))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
