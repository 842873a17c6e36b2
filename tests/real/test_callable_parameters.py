"""How many of Home Assistant's callable parameters have a hand-off, and why the others have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest
from tests.real.callable_parameters import callable_parameters

from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant

pytestmark = pytest.mark.real

HOMEASSISTANT = "homeassistant."
# Of 339 callable parameters of the framework and its base components, 285 are asked for.
LEAST = 285
SHARE = 285 / 339

# ``function(parameter)`` as patterns, by the reason why no hand-off is told.
WITHOUT: Mapping[str, tuple[str, ...]] = {
    "the primitive itself, whose hand-off is kept by hand": ("core.HassJob.__init__(target)",),
    "looked at, formatted, compared or wrapped, never called": (
        "auth.AuthManager._async_unregister(callback_)",
        "components.mqtt.client.MQTT._exception_message(msg_callback)",
        "components.websocket_api.connection.ActiveConnection._connect_closed_error(msg)",
        "core.get_hassjob_callable_job_type(target)",
        "core.is_callback*",
        "helpers.config_validation.not_async_friendly(validator)",
        "helpers.dispatcher._async_remove_dispatcher(target)",
        "helpers.dispatcher._format_err(target)",
        "helpers.template.extensions.base._pass_context(func)",
        "util.loop.*",
    ),
    "a decorator: where the decorated function runs is told by its own uses": (
        "components.cloud.http_api._require_cloud_login(handler)",
        "components.http.decorators.require_admin(_func)",
        "components.recorder.util._*_wrapper_func_or_meth(job)",
        "components.recorder.util._wrap_*(job)",
        "components.websocket_api.decorators.require_admin(func)",
        "helpers.condition.trace_condition_function(condition)",
        "util.Throttle.__call__(method)",
        "util.variance.ignore_variance(func)",
    ),
    "declared for others to implement: no body, or bodies that differ": (
        "components.backup.agent.*",
        "components.camera.*(send_message)",
        "components.device_automation.trigger.DeviceAutomationTriggerProtocol.*",
        "helpers.condition.*_async_track_changes(action)",
        "helpers.condition.*.async_track_changes(action)",
        "helpers.entity_platform.EntityPlatformModule.*",
        "helpers.trigger.TriggerProtocol.*",
    ),
    "given on to implementations that differ": (
        "components.*.trigger.*(did_not_trigger)",
        "components.*.trigger.*(report_not_triggered)",
        "components.device_automation.trigger.async_attach_trigger(action)",
        "components.device_tracker.device_trigger.async_attach_trigger(action)",
        "components.homeassistant.trigger.async_attach_trigger(action)",
        "helpers.trigger.*",
    ),
    "given on to a library, or called by one": (
        "components.backup.backup.CoreLocalBackupAgent.*",
        "components.cloud.*",
        "components.homeassistant_hardware.util.async_flash_silabs_firmware(progress_callback)",
        "components.lorawan.*",
        "components.modbus.services._write_service_schema(validator)",
        "components.recorder.filters.*",
    ),
    "a schema, a filter or a session maker: called in several threads, by objects that keep it": (
        "auth.permissions.util._gen_dict_test_func(lookup_func)",
        "components.logbook.*(entities_filter)",
        "components.recorder.*(entity_filter)",
        "components.recorder.migration.*(session_maker)",
        "helpers.config_validation.async_validate(validator)",
        "helpers.config_validation.*_schema*)",
    ),
    "kept in an object whose later use is not followed": (
        "components.frontend.UrlManager.__init__(on_change)",
        "helpers.deprecation.DeferredDeprecatedAlias.__init__(value_fn)",
        "helpers.schema_config_entry_flow.SchemaOptionsFlowHandler.__init__(async_setup_preview)",
        "helpers.template.*(log_fn)",
    ),
}


@pytest.mark.parametrize("version", ["2026.11.0"])
def test_callable_parameters_have_hand_offs(version: str, release: Callable[[str], Path]) -> None:
    catalog = load_catalog(HomeAssistant(release(version), version, "test"))
    parameters = set(callable_parameters(catalog))
    known = {(one.api, one.keyword) for handoffs in catalog.handoffs.values() for one in handoffs}
    missing = sorted(
        f"{one.api.removeprefix(HOMEASSISTANT)}({one.name})"
        for one in parameters
        if (one.api, one.name) not in known
    )
    told = len(parameters) - len(missing)
    print(f"\n{told} of {len(parameters)} callable parameters of {version} have a hand-off")
    assert told >= LEAST
    assert told >= SHARE * len(parameters)
    patterns = [pattern for patterns in WITHOUT.values() for pattern in patterns]
    assert [name for name in missing if not any(fnmatch(name, pattern) for pattern in patterns)] == []
    unused = [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in missing)]
    assert unused == [], "these have a hand-off by now"
