"""The derived catalog against a running Home Assistant: what is guarded raises, what is a twin works.

Every guarded API and every twin is called from a worker thread, and what refuses the loop is called there.
Objects and arguments are made by ``tests.real.calling``, from annotations and from what lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.real.home_assistant import VERSION, NoHomeAssistantError, run_in_core

from offloop.catalog.load import load_catalog
from offloop.catalog.locate import HomeAssistant
from offloop.library.model import Catalog, Tier

pytestmark = pytest.mark.real

JUDGE = str(Path(__file__).with_name("catalog_judge.py"))
HOMEASSISTANT = "homeassistant."
# Guarded, ways apart that return before the guard and have changed nothing: such a way was taken here.
NOTHING_TO_DO = {
    "components.backup.manager.BackupManager._async_add_backup_agent_platform": "a platform without agents",
    "components.cloud.google_config.CloudGoogleConfig._handle_entity_registry_updated": "another kind of event",
    "components.frontend.async_remove_panel": "no such panel",
    "components.group.sensor.SensorGroup._calculate_device_class": "an entity without a class",
    "components.group.sensor.SensorGroup._calculate_state_class": "an entity without a class",
    "components.group.sensor.SensorGroup._calculate_unit_of_measurement": "an entity without a unit",
    "components.group.sensor.SensorGroup.calculate_state_attributes": "as it calls the above",
    "components.mqtt.entity.ensure_via_device_exists": "no device on the way",
    "components.mqtt.entity.update_device": "no device described",
    "components.persistent_notification.async_dismiss": "no such notification",
    "components.sensor.SensorEntity._update_suggested_precision": "no precision",
    "components.sensor.SensorEntity.async_registry_entry_updated": "no precision",
    "helpers.entity.Entity._async_device_registry_updated": "another kind of event",
}
# What cannot be called, by the reason.
NOT_CALLED = {
    "auth.providers.homeassistant.Data._async_check_for_not_normalized_usernames": "wants users of a stored form",
    "components.bluetooth.passive_update_processor.PassiveBluetoothProcessorEntity._handle_processor_update": (
        "its library is not installed"
    ),
    "components.cloud.alexa_config.CloudAlexaConfig.should_expose": "wants a filter of its configuration",
    "components.cloud.google_config.CloudGoogleConfig._should_expose_entity_id": "as above",
    "components.cloud.google_config.CloudGoogleConfig.should_expose": "as above",
    "components.hassio.addon_manager.AddonManager._async_schedule_addon_operation": "wants a supervisor",
    "components.mqtt.binary_sensor.MqttBinarySensor._off_delay_listener": "wants a broker",
    "components.mqtt.binary_sensor.MqttBinarySensor._value_is_expired": "wants a broker",
    "components.mqtt.camera.MqttCamera.__init__": "wants a broker",
    "components.mqtt.client.MQTT._async_mqtt_on_disconnect": "wants a parameter annotated None",
    "components.mqtt.entity.MqttEntity.__init__": "a class for others to build on, with attributes of theirs",
    "components.mqtt.entity._handle_discovery_failure": "wants a payload that discovery has filled",
    "components.mqtt.image.MqttImage.__init__": "wants a broker",
    "components.mqtt.sensor.MqttSensor._value_is_expired": "wants a broker",
    "components.mqtt.vacuum.MqttStateVacuum.__init__": "wants a broker",
    "helpers.entity_registry.EntityRegistry.async_update_entity_platform": "wants an entity that is not loaded yet",
}
# What the runtime shows of twins only with something at hand that the judge has not.
NOT_SHOWN_TO_WAIT = {
    "helpers.template.Template.render": "a template without dynamic parts is rendered by the caller",
    "helpers.template.Template.render_with_possible_json_value": "as above",
}
# Ends the running Home Assistant.
ENDS_IT = {"homeassistant.core.HomeAssistant.stop"}


@pytest.fixture(scope="module")
def catalog(release: Callable[[str], Path]) -> Catalog:
    return load_catalog(HomeAssistant(release(VERSION), VERSION, "test"))


@cache
def called(**groups: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    try:
        return run_in_core(JUDGE, groups, seconds=240)
    except NoHomeAssistantError as error:
        pytest.skip(str(error))


def results(catalog: Catalog) -> dict[str, dict[str, Any]]:
    twins = {api.twin.name: api for api in catalog.loop_apis.values() if api.twin is not None}
    return called(
        guarded=tuple(sorted(guarded(catalog))),
        twins=tuple(sorted(twins.keys() - ENDS_IT)),
        signatures=tuple(
            sorted(twins.keys() | {api.name for api in catalog.loop_apis.values() if api.twin is not None})
        ),
        in_loop=tuple(sorted(name for name, api in catalog.sync_apis.items() if api.in_loop == "raises")),
    )


def guarded(catalog: Catalog) -> set[str]:
    tiers = (Tier.RAISES, Tier.RAISES_VIA)
    return {name for name, api in catalog.loop_apis.items() if api.tier in tiers}


def shown(names: Iterable[str]) -> list[str]:
    return sorted(name.removeprefix(HOMEASSISTANT) for name in names)


def test_guarded_apis_raise_in_a_worker(catalog: Catalog) -> None:
    found: dict[str, list[str]] = results(catalog)["guarded"]
    raised = {name for name, outcomes in found.items() if "guard" in outcomes}
    quiet = {name for name, outcomes in found.items() if "quiet" in outcomes} - raised
    not_called = found.keys() - raised - quiet
    print(
        f"\n{len(raised)} of {len(found)} guarded APIs raised in a worker, {len(not_called)} could not be called:"
    )
    for name in shown(not_called):
        print(f"  {name}: {NOT_CALLED.get(name)} ({found[HOMEASSISTANT + name][-1]})")
    print(f"{len(quiet)} had nothing to do:")
    for name in shown(quiet):
        print(f"  {name}: {NOTHING_TO_DO.get(name)}")
    assert set(shown(quiet)) <= NOTHING_TO_DO.keys()
    assert set(shown(not_called)) <= NOT_CALLED.keys()
    assert len(raised) >= 128


def test_twins_work_in_a_worker(catalog: Catalog) -> None:
    found: dict[str, Any] = results(catalog)["twins"]
    refused = [name for name, twin in found.items() if "guard" in twin["outcomes"]]
    not_called = {name for name, twin in found.items() if "quiet" not in twin["outcomes"]}
    print(f"\n{len(found) - len(not_called)} of {len(found)} twins worked in a worker; the others:")
    for name in sorted(not_called):
        print(f"  {name}: {found[name]['outcomes'][-1]}")
    assert not refused
    assert len(found) >= 50
    assert len(not_called) <= 3


def test_twins_wait_for_the_loop_as_derived(catalog: Catalog) -> None:
    blocks = {api.twin.name: api.twin.blocks for api in catalog.loop_apis.values() if api.twin is not None}
    found: dict[str, Any] = results(catalog)["twins"]
    differing = {name for name, twin in found.items() if twin["waits"] not in (None, blocks[name])}
    assert set(shown(differing)) <= NOT_SHOWN_TO_WAIT.keys()


def test_twins_have_the_derived_parameters(catalog: Catalog) -> None:
    found: dict[str, Any] = results(catalog)["signatures"]
    for api in catalog.loop_apis.values():
        if api.twin is not None:
            ours, theirs = (found[name]["parameters"] for name in (api.name, api.twin.name))
            assert api.twin.dropped == tuple(name for name in ours if name not in theirs), api
            assert api.twin.added == tuple(name for name in theirs if name not in ours), api
            assert api.twin.is_property == found[api.twin.name]["property"], api


def test_sync_apis_refuse_the_loop(catalog: Catalog) -> None:
    found: dict[str, str] = results(catalog)["in_loop"]
    refused = {name for name, outcome in found.items() if "within the event loop" in outcome}
    quiet = {name for name, outcome in found.items() if outcome == "quiet"}
    print(f"\n{len(refused)} of {len(found)} refused the loop; the others:")
    for name in sorted(found.keys() - refused):
        print(f"  {name}: {found[name]}")
    assert set(shown(quiet)) <= NOT_SHOWN_TO_WAIT.keys()
    assert len(refused) >= 20
