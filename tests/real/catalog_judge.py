"""Drives a Home Assistant for ``test_catalog_of_running_home_assistant``: calls what the catalog names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
from tests.real.calling import (
    GUARD,
    QUIET,
    Builder,
    CannotBuildError,
    Target,
    calm,
    outcome_of,
    outcomes,
    waits_for_loop,
)

# Components that need neither network nor device, so that objects of many classes live.
CONFIG: dict[str, Any] = {
    "assist_pipeline": {},
    "config": {},
    "demo": {},
    "energy": {},
    "history": {},
    "kitchen_sink": {},
    "logbook": {},
    "person": [{"id": "one", "name": "One"}],
    "recorder": {},
    "sun": {},
    "system_health": {},
    "tag": {},
    "websocket_api": {},
    "input_boolean": {"flag": {}},
    "group": {"everything": {"entities": ["input_boolean.flag", "sensor.outside_temperature"]}},
    "script": {"one": {"sequence": [{"event": "some_event"}]}},
    "timer": {"one": {"duration": "00:00:01"}},
    "media_player": [{"platform": "group", "entities": ["media_player.walkman"]}],
    "sensor": [{"platform": "group", "type": "sum", "entities": ["sensor.outside_temperature"]}],
    "cover": [{"platform": "group", "entities": ["cover.hall_window"]}],
}
_NO_CALL = (CannotBuildError, AttributeError, ImportError, NameError, StopIteration, TypeError, ValueError)


async def drive(hass: HomeAssistant, payload: dict[str, list[str]]) -> Any:
    """Return, by group and name, what calls came to; see the functions below for the groups."""
    calm()
    await hass.auth.async_create_user("Admin", group_ids=["system-admin"])
    builder = Builder(hass)
    for dotted in payload.get("guarded", ()):
        if {"create", "add"}.intersection(dotted.rpartition(".")[2].split("_")):
            known = len(builder.made)
            if _call_here(builder, dotted) == QUIET:  # so that there is something to change and to delete
                del builder.made[known:]  # Home Assistant knows these from now on
    builder.refresh()
    return {
        group: {name: await judged(builder, name) for name in names}
        for group, names in payload.items()
        for judged in (_GROUPS[group],)
    }


def _call_here(builder: Builder, dotted: str) -> str:
    """Call a function in the loop."""
    try:
        return outcome_of(next(iter(Target(builder, dotted).calls(optional=False))))
    except _NO_CALL as error:
        return f"cannot: {error!r}"


async def _guarded(builder: Builder, dotted: str) -> list[str]:
    return await outcomes(builder, dotted, GUARD)


async def _twin(builder: Builder, dotted: str) -> Any:
    """Return what calls come to, and whether they wait for the loop."""
    found = await outcomes(builder, dotted, QUIET)
    waits = None
    if QUIET in found:
        call = next(iter(Target(builder, dotted).calls(optional=False)))
        waits = await waits_for_loop(call)
    return {"outcomes": found, "waits": waits}


async def _in_loop(builder: Builder, dotted: str) -> str:
    return _call_here(builder, dotted)


async def _signature(builder: Builder, dotted: str) -> Any:
    target = Target(builder, dotted)
    return {"parameters": list(target.parameters), "property": target.is_property}


_GROUPS: dict[str, Callable[[Builder, str], Awaitable[Any]]] = {
    "signatures": _signature,
    "in_loop": _in_loop,
    "guarded": _guarded,
    "twins": _twin,
}
