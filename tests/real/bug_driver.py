"""Drives the integrations of ``bug_shapes``: what shows of their bugs, and whether they work.

Imported by the interpreter of Home Assistant (``home_assistant.run_in_core``); nothing of offloop is there.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any, Self

from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from homeassistant.helpers import area_registry, issue_registry
from homeassistant.helpers.discovery import async_load_platform
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.setup import async_setup_component
from tests.real.bug_shapes import SHAPES, Shape

_TOOL = 4
_PATIENCE = 3.0


def prepare(folder: Path, payload: Any) -> None:
    """Write the integrations: by domain, the text of each file by its name."""
    for domain, files in payload["files"].items():
        target = folder / "custom_components" / domain
        target.mkdir(parents=True)
        for name, text in files.items():
            (target / name).write_text(text, encoding="utf-8")


async def drive(hass: Any, payload: Any) -> dict[str, Any]:
    """Set each shape off, one after the other; tell what was seen of it."""

    for component in ("homeassistant", "switch", "persistent_notification"):
        if not await async_setup_component(hass, component, {}):
            raise RuntimeError(f"{component} is not set up")
    seen = {}
    for shape in SHAPES:
        with _Watch(shape.api) as watch:
            effect = _Effect(hass, shape.effect)
            await _set_off(hass, shape)
            works = await effect.within(_PATIENCE if payload["mended"] else 0)
            if not works and not payload["mended"]:
                await watch.within(_PATIENCE)
            await asyncio.sleep(0.05)
        seen[shape.domain] = {
            "in_worker": watch.in_worker,
            "in_loop": watch.in_loop,
            "errors": watch.errors,
            "works": works,
        }
    return seen


class _Watch(logging.Handler):
    """Sees in which threads a function starts, and what is logged."""

    def __init__(self, api: str) -> None:
        super().__init__()
        self.api = api
        self.in_worker = 0
        self.in_loop = 0
        self.errors: list[str] = []
        self._loop_thread = threading.get_ident()

    def __enter__(self) -> Self:
        code = _code_of(self.api)
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "bug shapes")
        monitoring.register_callback(_TOOL, monitoring.events.PY_START, self._started)
        monitoring.set_local_events(_TOOL, code, monitoring.events.PY_START)
        self._code = code
        self._hook, threading.excepthook = threading.excepthook, self._died
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.monitoring.set_local_events(_TOOL, self._code, 0)
        sys.monitoring.free_tool_id(_TOOL)
        threading.excepthook = self._hook
        logging.getLogger().removeHandler(self)

    def _started(self, code: CodeType, _offset: int) -> None:
        if threading.get_ident() == self._loop_thread:
            self.in_loop += 1
        else:
            self.in_worker += 1

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            raised = f" {record.exc_info[1]!r}" if record.exc_info and record.exc_info[1] else ""
            self.errors.append(f"{record.getMessage()}{raised}")

    def _died(self, args: Any) -> None:
        self.errors.append(repr(args.exc_value))

    async def within(self, seconds: float) -> None:
        """Wait until something was seen."""
        await _until(lambda: bool(self.in_worker or self.errors), seconds)


def _code_of(api: str) -> CodeType:
    module, _, path = api.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    code = found.__code__
    assert isinstance(code, CodeType)
    return code


async def _until(holds: Callable[[], bool], seconds: float) -> bool:
    for _ in range(max(int(seconds / 0.02), 1)):
        if holds():
            return True
        await asyncio.sleep(0.02)
    return holds()


class _Effect:
    """What the function is for, watched from before it is set off."""

    def __init__(self, hass: Any, effect: tuple[str, ...]) -> None:

        self._hass = hass
        self._kind, *self._rest = effect
        self._heard = False
        if self._kind == "event":
            hass.bus.async_listen(self._rest[0], self._hear)
        elif self._kind == "signal":
            async_dispatcher_connect(hass, self._rest[0], self._hear)

    async def within(self, seconds: float) -> bool:
        """Wait until it has happened; tell whether it has."""
        return await _until(self._is_there, seconds)

    def _is_there(self) -> bool:

        hass, rest = self._hass, self._rest
        match self._kind:
            case "state":
                state = hass.states.get(rest[0])
                return state is not None and state.state == rest[1]
            case "service":
                return bool(hass.services.has_service(*rest))
            case "issue":
                return issue_registry.async_get(hass).async_get_issue(*rest) is not None
            case "notification":
                return rest[0] in _async_get_or_create_notifications(hass)
            case "area":
                return area_registry.async_get(hass).async_get_area_by_name(rest[0]) is not None
        return self._heard

    async def _hear(self, *_: object) -> None:
        self._heard = True


async def _set_off(hass: Any, shape: Shape) -> None:

    for kind, *rest in _steps(shape.trigger):
        try:
            if kind == "start":
                await async_setup_component(hass, shape.domain, {shape.domain: {}})
            elif kind in ("entity", "platform"):
                await async_load_platform(hass, "switch", shape.domain, {}, {shape.domain: {}})
                await _until(lambda: hass.states.get(f"switch.{shape.domain}") is not None, 1)
            if kind == "entity":
                target = {"entity_id": f"switch.{shape.domain}"}
                await hass.services.async_call(rest[0], rest[1], target, blocking=True)
            elif kind == "event":
                hass.bus.async_fire(rest[0])
            elif kind == "signal":
                async_dispatcher_send(hass, rest[0])
            elif kind == "state":
                hass.states.async_set(rest[0], "on")
            elif kind == "service":
                await hass.services.async_call(rest[0], "go", {}, blocking=True)
        except RuntimeError as error:
            logging.getLogger(__name__).error("%s: %s", shape.domain, error)


def _steps(trigger: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if "then" in trigger:
        place = trigger.index("then")
        yield trigger[:place]
        yield from _steps(trigger[place + 1 :])
    else:
        yield trigger
