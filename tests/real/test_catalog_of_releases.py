"""The derived catalogs of real releases agree with a text search of the sources; differences are explained."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from tests.real import source_text
from tests.real.source_text import SourceText

from offloop.catalog.bundle import lean
from offloop.catalog.document import as_document, is_public
from offloop.catalog.load import load_bundled, load_catalog
from offloop.catalog.locate import HomeAssistant
from offloop.catalog.shelf import read_release, shelf
from offloop.config import Settings
from offloop.library.model import Catalog, Dispatch, Tier
from offloop.project import Project
from offloop.source import discover, load_integration

pytestmark = pytest.mark.real

# Release -> (functions with a guard, methods given to the executor that an integration may override).
RELEASES = {
    "2021.1.5": (0, 92),
    "2021.12.10": (0, 100),
    "2022.7.7": (0, 102),
    "2022.12.9": (0, 103),
    "2023.6.3": (0, 103),
    "2023.11.3": (0, 107),
    "2024.3.3": (0, 107),
    "2024.4.4": (0, 108),
    "2024.5.0": (15, 110),
    "2025.2.0": (28, 111),
    "2026.11.0": (43, 111),
}
MODULE_HOOKS = {"setup", "setup_platform", "get_scanner", "setup_scanner", "get_service", "get_engine"}

HOMEASSISTANT = "homeassistant."
# What belongs to the loop in every release, and what does the same from a worker.
TWINS_OF_ALL_AGES = {
    "core.EventBus.async_fire": "core.EventBus.fire",
    "core.EventBus.async_listen": "core.EventBus.listen",
    "core.ServiceRegistry.async_register": "core.ServiceRegistry.register",
    "core.StateMachine.async_set": "core.StateMachine.set",
    "core.StateMachine.async_remove": "core.StateMachine.remove",
    "helpers.dispatcher.async_dispatcher_connect": "helpers.dispatcher.dispatcher_connect",
    "helpers.dispatcher.async_dispatcher_send": "helpers.dispatcher.dispatcher_send",
    "helpers.entity.Entity.async_schedule_update_ha_state": "helpers.entity.Entity.schedule_update_ha_state",
    "helpers.entity.Entity.async_write_ha_state": "helpers.entity.Entity.schedule_update_ha_state",
    "helpers.event.async_call_later": "helpers.event.call_later",
    "helpers.event.async_track_time_interval": "helpers.event.track_time_interval",
    "components.persistent_notification.async_create": "components.persistent_notification.create",
}
RUN_BY_KIND = {
    "core.EventBus.async_listen",
    "core.HomeAssistant.add_job",
    "core.ServiceRegistry.async_register",
    "helpers.dispatcher.async_dispatcher_connect",
    "helpers.event.async_call_later",
    "helpers.event.async_track_state_change_event",
    "helpers.event.async_track_time_interval",
    "helpers.discovery.async_listen_platform",
}
# Functions that hold a guard which some way through them does not meet.
GUARD_NOT_ON_EVERY_WAY = {
    # Before the guard they return where there is nothing to change: a harmless way.
    "helpers.area_registry.AreaRegistry._async_update": "returns first where nothing changes",
    "helpers.category_registry.CategoryRegistry.async_update": "returns first where nothing changes",
    "helpers.entity_registry.EntityRegistry.async_get_or_create": "returns first where the entity exists",
    "helpers.entity_registry.EntityRegistry._async_update_entity": "returns first where nothing changes",
    "helpers.floor_registry.FloorRegistry.async_update": "returns first where nothing changes",
    "helpers.label_registry.LabelRegistry.async_update": "returns first where nothing changes",
    # The guard itself stands under a condition.
    "helpers.dispatcher.async_dispatcher_send": "2024.5: with hass.config.debug only",
    "helpers.template.Template.async_render_to_info": "with hass.config.debug only",
}
# Functions whose text holds the bridge but that may be called in the loop all the same.
BRIDGE_IS_NOT_ALWAYS_CROSSED = {
    "helpers.event.threaded_listener_factory": "the bridge is in the functions that it makes",
    "helpers.frame.report_usage": "crossed by other threads only",
    "components.recorder.statistics._get_custom_equivalent_units": "under a condition",
    # It waits for a coroutine, which is worse in the loop; the bridge is in the remover that it returns.
    "components.mqtt.subscribe": "until 2021: deadlocks",
    "components.mqtt.client.subscribe": "until 2023: deadlocks",
    "helpers.template.Template.async_render_will_timeout": "the bridge is in the thread that it starts",
}
# Attributes of self that are passed to the executor, or stand where its job does, and are no methods.
NO_METHODS = {
    ("auth.providers.homeassistant.HassAuthProvider", "data"): "an object whose method is the job",
    ("components.assist_pipeline.pipeline.PipelineRun", "debug_recording_thread"): "a thread to join",
    ("components.assist_pipeline.run.PipelineRun", "debug_recording_thread"): "a thread to join",
    (
        "components.device_tracker.legacy.DeviceTrackerPlatform",
        "platform",
    ): "a module whose function is the job",
    ("components.http.server.HomeAssistantHTTP", "supervisor_unix_socket_path"): "a path",
    ("components.frontend.IndexView", "get_template"): "defined conditionally by a cached property",
    ("core.HomeAssistant", "import_executor"): "the executor itself",
}
# Methods given to the executor that no integration overrides.
OTHER_EXECUTORS = {
    ("loader.Integration", "get_component"): "handed to the executor of imports (async_get_component)",
}
NOT_FOR_INTEGRATIONS = {
    ("components.recorder.core.Recorder", "join"): "threading.Thread's own",
    ("components.frontend.IndexView", "get_template"): "the frontend's own view",
}
# What the text takes for a hook of an integration's module.
NO_MODULE_HOOKS = {"mac_ver": "of the standard library's platform"}
# Hooks of a few releases, and those of platforms that one component knows.
OTHER_MODULE_HOOKS = {
    "get_handler": "mailbox, until 2024.8",
    "compile_statistics": "called in the recorder's thread, as those below",
    "exclude_attributes": "recorder",
    "list_statistic_ids": "recorder",
    "update_statistics_issues": "recorder",
    "validate_statistics": "recorder",
}


def home(version: str) -> Path:
    folder = os.environ.get("OFFLOOP_HA_SOURCES")
    if not folder or not (Path(folder) / version / "homeassistant").is_dir():
        pytest.skip(f"OFFLOOP_HA_SOURCES names no folder with {version}")
    return Path(folder) / version


@cache
def catalog_of(version: str) -> Catalog:
    return load_catalog(HomeAssistant(home(version), version, "test"))


@cache
def texts_of(version: str) -> list[SourceText]:
    return source_text.sources(home(version), set(catalog_of(version).modules))


def shown(names: Iterable[str]) -> set[str]:
    return {name.removeprefix(HOMEASSISTANT) for name in names}


BEFORE_GUARDS = [version for version in RELEASES if version < "2024.5"]


@pytest.mark.parametrize("version", BEFORE_GUARDS)
def test_releases_before_the_guards(version: str) -> None:
    """Knowledge rests on the convention and on twins; nothing is said to raise by a check of the thread."""
    catalog = catalog_of(version)
    assert catalog.notices == ()
    assert not any(api.reported_name for api in catalog.loop_apis.values())
    for name, twin in TWINS_OF_ALL_AGES.items():
        api = catalog.loop_apis[HOMEASSISTANT + name]
        assert api.tier is Tier.CORRUPTS, name
        assert api.twin is not None, name
        assert api.twin.name == HOMEASSISTANT + twin
    run_by_kind = {
        handoff.api.removeprefix(HOMEASSISTANT)
        for handoffs in catalog.handoffs.values()
        for handoff in handoffs
        if handoff.dispatch is Dispatch.BY_TYPE
    }
    assert run_by_kind >= RUN_BY_KIND
    (saved,) = catalog.handoffs["homeassistant.helpers.storage.Store.async_delay_save"]
    assert saved.dispatch is (Dispatch.LOOP if version < "2024.4" else Dispatch.EXECUTOR)
    update = next(
        entry
        for entry in catalog.entry_points
        if (entry.class_name, entry.method) == ("homeassistant.helpers.entity.Entity", "update")
    )
    assert (update.runs_in, update.unless) == ("worker", ("async_update",))


@pytest.mark.parametrize("version", RELEASES)
def test_guards(version: str) -> None:
    catalog = catalog_of(version)
    sites = source_text.guard_sites(texts_of(version))
    for name in ("core.verify_event_loop_thread", "core.HomeAssistant.verify_event_loop_thread"):
        sites.pop(HOMEASSISTANT + name, None)  # the guard's own definition
    assert len(sites) == RELEASES[version][0]
    raising = {
        name: api
        for name, api in catalog.loop_apis.items()
        # else asyncio raises, or something is not there
        if api.tier is Tier.RAISES and not (api.via or "").startswith(("asyncio.", "what it needs"))
    }
    assert shown(sites.keys() - raising.keys()) <= GUARD_NOT_ON_EVERY_WAY.keys()
    lines = {(file, line - above) for file, line in sites.values() for above in range(4)}
    for name in (
        raising.keys() - sites.keys() - {f"{HOMEASSISTANT}core.HomeAssistant.verify_event_loop_thread"}
    ):
        assert raising[name].origin[:2] in lines, name  # by a private delegate of its own


@pytest.mark.parametrize("version", RELEASES)
def test_reported_names_are_those_of_the_text(version: str) -> None:
    by_file = {text.path: text.lines() for text in texts_of(version)}
    for api in catalog_of(version).loop_apis.values():
        if api.tier is Tier.RAISES and api.reported_name is not None:
            near = by_file[api.origin.file][api.origin.line - 1 : api.origin.line + 4]
            assert any(f'"{api.reported_name}"' in line for line in near), api


@pytest.mark.parametrize("version", RELEASES)
def test_twins_made_by_the_factory(version: str) -> None:
    catalog = catalog_of(version)
    made = source_text.factory_twins(texts_of(version))
    assert len(made) in (10, 11)
    for name, twin in made.items():
        found = catalog.loop_apis[name].twin
        assert found is not None, name
        assert (found.name, found.blocks) == (twin, True)
        assert catalog.sync_apis[twin].in_loop == "raises"
    twins = sum(api.twin is not None for api in catalog.loop_apis.values())
    assert twins >= (57 if version > "2024.5" else 56)


@pytest.mark.parametrize("version", RELEASES)
def test_bridges_refuse_the_loop(version: str) -> None:
    catalog = catalog_of(version)
    bridges = source_text.bridges(texts_of(version))
    assert len(bridges) > 15
    refused = {name for name, api in catalog.sync_apis.items() if api.in_loop == "raises"}
    assert shown(bridges - refused) <= BRIDGE_IS_NOT_ALWAYS_CROSSED.keys()


@pytest.mark.parametrize("version", RELEASES)
def test_executor_methods(version: str) -> None:
    catalog = catalog_of(version)
    found = set(source_text.executor_methods(texts_of(version)))
    derived = {
        (entry.class_name, entry.method) for entry in catalog.entry_points if entry.runs_in == "worker"
    }
    missing = {(cls.removeprefix(HOMEASSISTANT), name) for cls, name in found - derived}
    assert missing <= NO_METHODS.keys()
    document = as_document(catalog)
    offered = {
        (entry["class"], entry["method"])
        for entry in document["entry_points"]
        if entry["runs_in"] == "worker" and entry["class"]
    }
    assert len(offered) == RELEASES[version][1]
    # Those of a private class are offered under the names of the public ones that build on it.
    inherited = {name for cls, name in found if not is_public(cls)}
    unseen = {
        (cls.removeprefix(HOMEASSISTANT), name) for cls, name in offered - found if name not in inherited
    }
    assert unseen <= OTHER_EXECUTORS.keys()
    others = {
        (cls.removeprefix(HOMEASSISTANT), name) for cls, name in (found & derived) - offered if is_public(cls)
    }
    assert others <= NOT_FOR_INTEGRATIONS.keys()


@pytest.mark.parametrize("version", RELEASES)
def test_module_hooks(version: str) -> None:
    entries = catalog_of(version).entry_points
    derived = {entry.method for entry in entries if not entry.class_name and entry.runs_in == "worker"}
    # Of variables and modules whose names end like those of an integration's module.
    assert not {entry.method for entry in entries if not entry.class_name} & {"get", "set", "EntityComponent"}
    found = source_text.module_hooks(texts_of(version))
    assert found - NO_MODULE_HOOKS.keys() <= derived
    assert derived - found <= OTHER_MODULE_HOOKS.keys()
    assert derived - OTHER_MODULE_HOOKS.keys() == MODULE_HOOKS


# Components with entities, services, threads of their own, listeners and libraries' callbacks.
COMPONENTS = (
    "file",
    "wemo",
    "abode",
    "cast",
    "minio",
    "rachio",
    "zabbix",
    "wilight",
    "rflink",
    "sonos",
    "fritz",
)


@pytest.mark.parametrize("version", ["2024.5.0", "2026.11.0"])
def test_the_bundled_form_finds_the_same(version: str, tmp_path: Path) -> None:
    catalog = catalog_of(version)
    file = tmp_path / "some.catalogs"
    file.write_bytes(shelf([lean(catalog)]))
    bundled = read_release(file, version)
    assert as_document(bundled) == as_document(catalog)
    components = home(version) / "homeassistant" / "components"
    for folder in discover([components / name for name in COMPONENTS]).folders:
        integration = load_integration(folder)
        expected = Project(catalog, Settings()).check(integration)
        assert expected.functions
        assert Project(bundled, Settings()).check(integration) == expected, folder


def test_a_store_runs_what_it_is_given_as_its_constructor_is_told() -> None:
    (saved,) = catalog_of("2026.11.0").handoffs["homeassistant.helpers.storage.Store.async_delay_save"]
    assert saved.dispatch is Dispatch.LOOP
    assert saved.made_with == (("serialize_in_event_loop", False, "EXECUTOR"),)


@pytest.mark.parametrize("version", ["2024.5.0", "2026.11.0"])
def test_the_bundle_is_not_stale(version: str) -> None:
    """Where this fails: ``python -m offloop.catalog.bundle VERSION... --sources DIR``."""
    assert as_document(load_bundled(version)) == as_document(catalog_of(version))


@pytest.mark.parametrize(("version", "calls"), [("2024.4.4", 2), ("2024.5.0", 3), ("2026.11.0", 18)])
def test_blocking_calls(version: str, calls: int) -> None:
    blocking = catalog_of(version).blocking
    assert len(blocking) == calls
    assert [call.strict for call in blocking if call.name == "http.client.HTTPConnection.putrequest"] == [
        True
    ]
