"""Small integrations with one bug each: what sets it off, and what the function is for.

The integrations are in ``tests/assets/bug_shapes``; ``bug_driver`` drives them in a running Home Assistant.
"""

from __future__ import annotations

import json
from typing import NamedTuple

FIRE = "homeassistant.core:EventBus.async_fire"
WRITE = "homeassistant.helpers.entity:Entity.async_write_ha_state"
SEND = "homeassistant.helpers.dispatcher:async_dispatcher_send"
TASK = "homeassistant.core:HomeAssistant.async_create_task"
LATER = "homeassistant.helpers.event:async_call_later"


class Shape(NamedTuple):
    """A bug: the integration, the function that must run in the loop, what sets it off, and what then happens.

    ``trigger`` and ``effect`` are a kind and its arguments. ``unsafe`` says that its fix needs the user's leave.
    """

    domain: str
    api: str
    trigger: tuple[str, ...]
    effect: tuple[str, ...]
    unsafe: bool = False


def _entity(domain: str, api: str, effect: tuple[str, ...] | None = None, *, unsafe: bool = False) -> Shape:
    on = effect or ("state", f"switch.{domain}", "on")
    return Shape(domain, api, ("entity", "switch", "turn_on"), on, unsafe)


def _event(domain: str, api: str, trigger: tuple[str, ...] = ("start",), *, unsafe: bool = False) -> Shape:
    return Shape(domain, api, trigger, ("event", f"{domain}_done"), unsafe)


AREA = "homeassistant.helpers.area_registry:AreaRegistry.async_create"
SHAPES = (
    _entity("method_fires", FIRE, ("event", "method_fires_done")),
    _entity("method_writes_state", WRITE),
    _entity("method_in_two_steps", "homeassistant.helpers.entity:Entity.async_schedule_update_ha_state"),
    _entity("callback_called_directly", WRITE),
    _entity(
        "method_makes_issue",
        "homeassistant.helpers.issue_registry:async_create_issue",
        ("issue", "method_makes_issue", "bulb"),
    ),
    _entity(
        "method_notifies",
        "homeassistant.components.persistent_notification:async_create",
        ("notification", "method_notifies"),
    ),
    _entity("method_drops_argument", FIRE, ("event", "method_drops_argument_done"), unsafe=True),
    _event("update_makes_task", TASK, ("entity", "homeassistant", "update_entity")),
    Shape(
        "service_of_entities",
        WRITE,
        ("entity", "service_of_entities", "go"),
        ("state", "switch.service_of_entities", "on"),
    ),
    Shape(
        "platform_connects",
        "homeassistant.helpers.dispatcher:async_dispatcher_connect",
        ("platform", "then", "signal", "platform_connects"),
        ("event", "platform_connects_done"),
    ),
    Shape(
        "listener_adds_entities",
        "homeassistant.helpers.entity_platform:EntityPlatform._async_schedule_add_entities",
        ("platform", "then", "signal", "listener_adds_entities"),
        ("state", "switch.listener_adds_entities", "on"),
    ),
    _event(
        "setup_listens",
        "homeassistant.core:EventBus.async_listen",
        ("start", "then", "event", "setup_listens_go"),
    ),
    Shape(
        "setup_registers_service",
        "homeassistant.core:ServiceRegistry.async_register",
        ("start",),
        ("service", "setup_registers_service", "go"),
    ),
    _event("setup_loads_platform", TASK),
    _event("timer_without_callback", FIRE),
    _event("timer_with_lambda", FIRE),
    _event("timer_with_partial", FIRE),
    Shape(
        "interval_of_object",
        "homeassistant.core:StateMachine.async_set",
        ("start",),
        ("state", "interval_of_object.tick", "on"),
    ),
    _event("listener_without_callback", FIRE, ("start", "then", "event", "listener_without_callback_go")),
    Shape(
        "state_listener",
        "homeassistant.core:StateMachine.async_set",
        ("start", "then", "state", "state_listener.source"),
        ("state", "state_listener.copy", "on"),
    ),
    Shape(
        "dispatcher_listener",
        SEND,
        ("start", "then", "signal", "dispatcher_listener"),
        ("signal", "dispatcher_listener_done"),
    ),
    Shape(
        "service_handler",
        SEND,
        ("start", "then", "service", "service_handler"),
        ("signal", "service_handler_done"),
    ),
    _event("blocking_service_handler", FIRE, ("start", "then", "service", "blocking_service_handler")),
    _event("blocking_part", FIRE, ("start", "then", "event", "blocking_part_go"), unsafe=True),
    _event("executor_job", FIRE),
    Shape("executor_job_without_twin", AREA, ("start",), ("area", "executor_job_without_twin")),
    _event("executor_job_with_result", AREA, unsafe=True),
    _event("own_thread", FIRE),
    Shape("timer_thread", SEND, ("start",), ("signal", "timer_thread_done")),
    _event("task_from_thread", "asyncio.base_events:BaseEventLoop.create_task"),
    _event("call_soon_from_thread", "asyncio.base_events:BaseEventLoop.call_soon"),
    _event("job_without_callback", FIRE),
    _event("timer_from_thread", LATER),
)


def manifest(domain: str) -> str:
    """Return what Home Assistant wants to know of an integration."""
    return json.dumps(
        {"domain": domain, "name": domain, "version": "1.0", "requirements": [], "dependencies": []}
    )
