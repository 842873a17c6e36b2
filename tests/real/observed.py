"""Drives a running Home Assistant and notes in which threads the functions of its integrations run.

``run_in_core`` imports this module over there. It listens to the interpreter (``sys.monitoring``: the start of
each function, in every thread) from before the core starts, configures integrations that need neither device nor
network, and calls every service of theirs.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from pathlib import Path
from types import CodeType
from typing import Any

_COMPONENTS = "/homeassistant/components/"
_ENOUGH = 40
_TOOL = 3
_SECONDS_A_CALL = 5
_WAIT_SECONDS = 6
# They end the run, or need the network.
_LEFT_ALONE = {
    "homeassistant": {"restart", "stop", "reload_all", "check_config"},
    "backup": None,
    "cloud": None,
    "hassio": None,
    "tts": None,
    "camera": {"record", "play_stream"},
    "recorder": {"disable"},
}
_COMMANDS = (
    {"type": "config/entity_registry/list"},
    {"type": "config/device_registry/list"},
    {"type": "config/area_registry/list"},
    {"type": "get_states"},
    {"type": "get_services"},
    {"type": "get_config"},
    {"type": "recorder/info"},
    {"type": "recorder/list_statistic_ids"},
    {"type": "recorder/validate_statistics"},
    {"type": "logbook/get_events", "start_time": "2020-01-01T00:00:00+00:00"},
    {"type": "trace/list", "domain": "automation"},
    {"type": "trace/contexts"},
    {"type": "system_log/list"},
    {"type": "persistent_notification/get"},
    {"type": "input_boolean/list"},
    {"type": "person/list"},
    {"type": "zone/list"},
    {"type": "timer/list"},
    {"type": "counter/list"},
    {"type": "schedule/list"},
    {"type": "repairs/list_issues"},
    {"type": "render_template", "template": "{{ states('sun.sun') }}"},
    {"type": "subscribe_events", "event_type": "state_changed"},
    {"type": "subscribe_entities"},
)

CONFIG: dict[str, Any] = {
    "demo": {},
    "recorder": {"commit_interval": 1},
    "history": {},
    "logbook": {},
    "sun": {},
    "system_log": {},
    "trace": {},
    "websocket_api": {},
    "config": {},
    "search": {},
    "repairs": {},
    "input_boolean": {"observed": {"name": "Observed"}},
    "input_button": {"observed": {"name": "Observed"}},
    "input_number": {"observed": {"min": 0, "max": 100, "step": 1}},
    "input_select": {"observed": {"options": ["one", "two"]}},
    "input_text": {"observed": {"initial": "one"}},
    "input_datetime": {"observed": {"has_date": True, "has_time": True}},
    "counter": {"observed": {"step": 1}},
    "timer": {"observed": {"duration": "00:00:02"}},
    "schedule": {"observed": {"name": "Observed", "monday": [{"from": "01:00:00", "to": "23:00:00"}]}},
    "person": [{"id": "observed", "name": "Observed", "device_trackers": ["device_tracker.demo_paulus"]}],
    "zone": [{"name": "Observed", "latitude": 52.3, "longitude": 4.8, "radius": 100}],
    "group": {"observed": {"entities": ["light.bed_light", "switch.decorative_lights"]}},
    "scene": [{"name": "Observed", "entities": {"light.bed_light": "on"}}],
    "script": {
        "observed": {
            "sequence": [
                {"action": "input_boolean.toggle", "target": {"entity_id": "input_boolean.observed"}},
                {"delay": {"milliseconds": 100}},
                {"wait_template": "{{ true }}"},
                {"event": "observed_script"},
            ]
        }
    },
    "automation": [
        {
            "alias": "Observed",
            "triggers": [
                {"trigger": "state", "entity_id": "input_boolean.observed"},
                {"trigger": "numeric_state", "entity_id": "input_number.observed", "above": 10},
                {"trigger": "template", "value_template": "{{ is_state('input_text.observed', 'two') }}"},
                {"trigger": "time_pattern", "seconds": "/2"},
                {"trigger": "event", "event_type": "observed_script"},
                {"trigger": "sun", "event": "sunset"},
                {"trigger": "zone", "entity_id": "person.observed", "zone": "zone.home", "event": "enter"},
            ],
            "conditions": [{"condition": "template", "value_template": "{{ true }}"}],
            "actions": [
                {"action": "counter.increment", "target": {"entity_id": "counter.observed"}},
                {"variables": {"seen": 1}},
            ],
        }
    ],
    "template": [
        {
            "sensor": [{"name": "Observed", "state": "{{ states('input_number.observed') }}"}],
            "binary_sensor": [
                {"name": "Observed", "state": "{{ is_state('input_boolean.observed', 'on') }}"}
            ],
        },
        {
            "triggers": [{"trigger": "time_pattern", "seconds": "/1"}],
            "sensor": [{"name": "Ticking", "state": "{{ now() }}"}],
        },
    ],
    "utility_meter": {"observed": {"source": "sensor.outside_temperature", "cycle": "hourly"}},
    "sensor": [
        {"platform": "derivative", "source": "input_number.observed", "name": "Derived"},
        {"platform": "integration", "source": "input_number.observed", "name": "Integrated"},
        {
            "platform": "statistics",
            "entity_id": "input_number.observed",
            "name": "Counted",
            "state_characteristic": "mean",
            "sampling_size": 10,
        },
        {
            "platform": "filter",
            "entity_id": "sensor.outside_temperature",
            "name": "Filtered",
            "filters": [{"filter": "lowpass", "time_constant": 10}],
        },
        {"platform": "min_max", "entity_ids": ["sensor.outside_temperature", "input_number.observed"]},
        {
            "platform": "history_stats",
            "entity_id": "input_boolean.observed",
            "name": "On",
            "state": "on",
            "type": "time",
            "start": "{{ today_at() }}",
            "end": "{{ now() }}",
        },
        {"platform": "random"},
        {"platform": "time_date", "display_options": ["time", "date"]},
        {"platform": "group", "type": "mean", "entities": ["sensor.outside_temperature"], "name": "Mean"},
    ],
    "binary_sensor": [
        {"platform": "threshold", "entity_id": "input_number.observed", "upper": 20, "name": "Above"},
        {"platform": "trend", "sensors": {"observed": {"entity_id": "input_number.observed"}}},
        {"platform": "tod", "name": "Day", "after": "06:00", "before": "22:00"},
        {"platform": "random"},
        {"platform": "workday", "country": "NL"},
        {"platform": "group", "entities": ["binary_sensor.movement_backyard"], "name": "Any"},
    ],
    "light": [
        {"platform": "group", "entities": ["light.bed_light"]},
        {"platform": "switch", "entity_id": "switch.ac"},
    ],
    "switch": [{"platform": "group", "entities": ["switch.ac"], "name": "All"}],
    "cover": [{"platform": "group", "entities": ["cover.kitchen_window"]}],
    "fan": [{"platform": "group", "entities": ["fan.living_room_fan"]}],
    "media_player": [{"platform": "universal", "name": "Observed", "children": ["media_player.bedroom"]}],
    "climate": [
        {
            "platform": "generic_thermostat",
            "name": "Observed",
            "heater": "switch.ac",
            "target_sensor": "sensor.outside_temperature",
        }
    ],
    "humidifier": [
        {
            "platform": "generic_hygrostat",
            "name": "Observed",
            "humidifier": "switch.ac",
            "target_sensor": "sensor.outside_humidity",
        }
    ],
    "alarm_control_panel": [{"platform": "manual", "name": "Observed", "arming_time": 0}],
    "notify": [{"platform": "file", "name": "observed", "filename": "observed.txt"}],
    "shell_command": {"observed": "true"},
    "command_line": [{"sensor": {"command": "echo 1", "name": "Commanded", "scan_interval": 2}}],
    "bayesian": {},
    "mold_indicator": {},
    "plant": {"observed": {"sensors": {"temperature": "sensor.outside_temperature"}}},
    "alert": {
        "observed": {
            "name": "Observed",
            "entity_id": "input_boolean.observed",
            "state": "on",
            "repeat": 1,
            "notifiers": ["persistent_notification"],
        }
    },
    "intent_script": {"Observed": {"speech": {"text": "yes"}}},
    "conversation": {},
}


class Observer:
    """Notes where functions of ``homeassistant.components`` start: in the loop's thread while it runs, or elsewhere."""

    def __init__(self) -> None:
        self.loop_thread = threading.get_ident()
        self.seen: dict[CodeType, dict[str, int]] = {}

    def start(self) -> None:
        """Listen from now on, in all threads."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "offloop")
        monitoring.register_callback(_TOOL, monitoring.events.PY_START, self._started)
        monitoring.set_events(_TOOL, monitoring.events.PY_START)

    def _started(self, code: CodeType, _offset: int) -> object:
        if _COMPONENTS not in code.co_filename.replace("\\", "/") or code.co_name == "<module>":
            return sys.monitoring.DISABLE
        counts = self.seen.setdefault(code, {})
        context = self._context()
        if context is None:
            return None
        counts[context] = counts.get(context, 0) + 1
        # A body that runs often is well known; what has been seen on both sides cannot tell more.
        return sys.monitoring.DISABLE if len(counts) > 1 or counts[context] > _ENOUGH else None

    def _context(self) -> str | None:
        frame = sys._getframe(2)
        while frame is not None:
            if frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") != "__main__":
                return None  # while a module is being imported: no context of run time
            frame = frame.f_back  # type: ignore[assignment]
        if threading.get_ident() != self.loop_thread:
            return "worker"
        return "loop" if asyncio._get_running_loop() is not None else None

    def found(self) -> list[tuple[str, str, int, str]]:
        """Return (file below the source root, qualified name, 1-based line, context) of what ran."""
        sys.monitoring.set_events(_TOOL, 0)
        return sorted(
            (
                _below_root(code.co_filename),
                code.co_qualname,
                code.co_firstlineno,
                "both" if len(counts) > 1 else next(iter(counts)),
            )
            for code, counts in list(self.seen.items())
            if counts
        )


def _below_root(path: str) -> str:
    path = path.replace("\\", "/")
    return path[path.index(_COMPONENTS) + 1 :]


_OBSERVER: list[Observer] = []


def prepare(_folder: Path, _payload: Any) -> None:
    """Begin to listen before the core starts."""
    observer = Observer()
    observer.start()
    _OBSERVER.append(observer)


async def drive(hass: Any, _payload: Any) -> Any:
    """Call what can be called, and return what was seen."""
    for _ in range(2):
        await _call_services(hass)
        await _ask(hass)
    for seconds in range(_WAIT_SECONDS):
        hass.states.async_set("sensor.outside_temperature", str(15 + seconds))
        await asyncio.sleep(1)
    await _compile_statistics(hass)
    return {"functions": _OBSERVER[0].found(), "components": sorted(hass.config.components)}


# -------------------------------------------------------------------- services
async def _call_services(hass: Any) -> None:
    """Call every service, on each entity of its domain, with values that its own description asks for."""
    from homeassistant.helpers.service import async_get_all_descriptions  # noqa: PLC0415

    for domain, services in (await async_get_all_descriptions(hass)).items():
        left_alone = _LEFT_ALONE.get(domain, set())
        for service, description in services.items():
            if left_alone is None or service in left_alone:
                continue
            data = {
                name: value
                for name, field in _fields(description.get("fields", {}))
                if (value := _value(field)) is not None
            }
            targets: list[dict[str, Any]] = [{}]
            if description.get("target") is not None:
                entities = hass.states.async_entity_ids(domain)[:6]
                targets = [{"entity_id": entity} for entity in entities]
            for target in targets:
                for given in (data, {}):
                    with contextlib.suppress(Exception):
                        async with asyncio.timeout(_SECONDS_A_CALL):
                            await hass.services.async_call(
                                domain, service, {**given, **target}, blocking=True
                            )
                    if not data:
                        break


def _fields(fields: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the fields of a service, those in sections too."""
    found = []
    for name, field in fields.items():
        if "fields" in field:
            found += _fields(field["fields"])
        else:
            found.append((name, field))
    return found


def _value(field: dict[str, Any]) -> Any:
    """Return a value that a field takes, None where none can be told."""
    if "example" in field:
        return field["example"]
    if "default" in field:
        return field["default"]
    for kind, options in (field.get("selector") or {}).items():
        match kind:
            case "number":
                return (options or {}).get("min", 1)
            case "boolean":
                return True
            case "text" | "template":
                return "observed"
            case "select":
                option = (options or {}).get("options", [None])[0]
                return option["value"] if isinstance(option, dict) else option
            case "time":
                return "10:00:00"
            case "date":
                return "2025-04-04"
            case "datetime":
                return "2025-04-04 10:00:00"
            case "duration":
                return {"seconds": 1}
            case "color_rgb":
                return [1, 2, 3]
            case "object":
                return {}
    return None


async def _compile_statistics(hass: Any) -> None:
    """Let the recorder do what it does every five minutes."""
    from homeassistant.components.recorder.tasks import StatisticsTask  # noqa: PLC0415
    from homeassistant.helpers.recorder import get_instance  # noqa: PLC0415
    from homeassistant.util import dt as dt_util  # noqa: PLC0415

    now = dt_util.utcnow()
    recorder = get_instance(hass)
    start = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    recorder.queue_task(StatisticsTask(start, True))
    await recorder.async_add_executor_job(lambda: None)
    await asyncio.sleep(2)


# -------------------------------------------------------------------- commands of the user interface
async def _ask(hass: Any) -> None:
    """Ask what the user interface asks, and open some of its addresses."""
    import aiohttp  # noqa: PLC0415

    user = await hass.auth.async_create_user(f"Observer {len(await hass.auth.async_get_users())}")
    token = hass.auth.async_create_access_token(
        await hass.auth.async_create_refresh_token(user, "https://observed.example/")
    )
    address = f"http://127.0.0.1:{hass.http.server_port}"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for path in (
            "/api/",
            "/api/states",
            "/api/services",
            "/api/config",
            "/api/error_log",
            "/manifest.json",
        ):
            with contextlib.suppress(Exception):
                async with session.get(address + path) as answer:
                    await answer.read()
        async with session.ws_connect(f"{address}/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": token})
            await socket.receive_json()
            for number, command in enumerate(_COMMANDS, 1):
                await socket.send_json({"id": number, **command})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(3):
                    while True:
                        await socket.receive()
