"""The document of a catalog has the shape that others rely on; two of them make a migration guide."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from offloop.catalog.document import as_document, as_text
from offloop.catalog.migration import diff_as_text, difference
from offloop.library.model import (
    BlockingCall,
    Catalog,
    Dispatch,
    EntryPoint,
    HandOff,
    Kind,
    LoopApi,
    Origin,
    SyncApi,
    Tier,
    Twin,
)
from tests.mdtest.world import minihass_catalog

ORIGIN = Origin("homeassistant/core.py", 7)


def api(name: str, tier: Tier = Tier.CORRUPTS, twin: str | None = None) -> LoopApi:
    made = Twin(twin, ("extra",), (), returns_same=False, blocks=True) if twin else None
    return LoopApi(name, Kind.CALLBACK, tier, None, ORIGIN, None, made)


def catalog(*apis: LoopApi, version: str = "2026.11.0", **fields: Any) -> Catalog:
    empty: dict[str, Any] = {
        "modules": {},
        "entry_points": (),
        "handoffs": {},
        "sync_apis": {},
        "blocking": (),
    }
    return replace(
        minihass_catalog(),
        version=version,
        loop_apis={one.name: one for one in apis},
        **{**empty, **fields},
    )


def named(document: dict[str, Any], key: str, name: str = "name") -> list[str]:
    return [entry[name] for entry in document[key]]


# -------------------------------------------------------------------- shape
def test_the_shape_that_is_promised() -> None:
    document = json.loads(json.dumps(as_document(minihass_catalog())))
    assert list(document) == [
        "version",
        "digest",
        "loop_apis",
        "entry_points",
        "handoffs",
        "blocking",
        "sync_apis",
    ]
    for one in document["loop_apis"]:
        assert list(one) == ["name", "kind", "tier", "reported_name", "origin", "twin"]
        assert one["kind"] in ("coroutine", "callback", "plain")
        assert one["tier"] in ("raises", "raises-via", "corrupts", "read", "unknown", "coroutine")
        assert list(one["origin"]) == ["file", "line"]
        if one["twin"] is not None:
            assert list(one["twin"]) == ["name", "dropped", "added", "returns_same", "blocks"]
    for one in document["entry_points"]:
        assert list(one) == ["class", "method", "runs_in", "origin"]
    for one in document["handoffs"]:
        assert list(one) == ["api", "parameter", "dispatch", "origin"]
        assert list(one["parameter"]) == ["index", "keyword"]
        assert one["dispatch"] in {dispatch.value for dispatch in Dispatch}
    assert all(one["in_loop"] in ("raises", "deadlocks") for one in document["sync_apis"])


def test_what_the_stand_in_says() -> None:
    document = as_document(minihass_catalog())
    apis = {one["name"]: one for one in document["loop_apis"]}
    write = apis["homeassistant.helpers.entity.Entity.async_write_ha_state"]
    assert write["tier"] == "raises"
    assert write["twin"]["name"] == "homeassistant.helpers.entity.Entity.schedule_update_ha_state"
    entries = {(one["class"], one["method"]): one["runs_in"] for one in document["entry_points"]}
    assert entries["homeassistant.helpers.entity.Entity", "update"] == "worker"
    assert entries["", "setup_platform"] == "worker"
    sync = {one["name"]: one["in_loop"] for one in document["sync_apis"]}
    assert sync["homeassistant.core.ServiceRegistry.call"] == "deadlocks"
    assert sync["homeassistant.util.async_.run_callback_threadsafe"] == "raises"


def test_private_names_are_left_out() -> None:
    shown = as_document(
        catalog(
            api("homeassistant.core.async_one"),
            api("homeassistant.core._async_two"),
            api("homeassistant.core._Private.async_three"),
            api("homeassistant._private.async_four"),
            handoffs={
                name: (HandOff(name, 0, "f", Dispatch.LOOP, ORIGIN),) for name in ("a._hidden", "a.shown")
            },
            sync_apis={name: SyncApi(name, "raises", ORIGIN) for name in ("a._hidden", "a.shown")},
        )
    )
    assert named(shown, "loop_apis") == ["homeassistant.core.async_one"]
    assert named(shown, "handoffs", "api") == ["a.shown"]
    assert named(shown, "sync_apis") == ["a.shown"]


def test_entry_points_that_an_integration_can_be() -> None:
    modules = minihass_catalog().modules
    entity = "homeassistant.helpers.entity.Entity"
    entries = (
        EntryPoint("", "setup", "worker", ORIGIN, "x", in_package=True),
        EntryPoint("", "_hidden", "worker", ORIGIN, "x"),
        EntryPoint(entity, "update", "worker", ORIGIN, "x", ("async_update",)),
        EntryPoint(entity, "update", "worker", Origin("homeassistant/other.py", 1), "y", ("async_update",)),
        EntryPoint(entity, "write_file", "worker", ORIGIN, "x"),
        EntryPoint(entity, "_helper", "worker", ORIGIN, "x"),
        EntryPoint(entity, "state", "loop", ORIGIN, "x"),
        EntryPoint("homeassistant.core.EventBus", "listen", "loop", ORIGIN, "x"),
    )
    shown = as_document(catalog(modules=modules, entry_points=entries))["entry_points"]
    assert [(one["class"], one["method"]) for one in shown] == [
        ("", "setup"),
        (entity, "state"),
        (entity, "update"),
    ]


def test_text_names_every_line_of_home_assistant() -> None:
    text = as_text(
        as_document(
            catalog(
                api("homeassistant.core.async_one", Tier.RAISES, "homeassistant.core.one"),
                api("homeassistant.core.async_two", Tier.COROUTINE),
                blocking=(
                    BlockingCall("time.sleep", True, ORIGIN),
                    BlockingCall("os.walk", False, ORIGIN),
                ),
                sync_apis={"a.one": SyncApi("a.one", "deadlocks", ORIGIN)},
            )
        )
    )
    assert "homeassistant.core.async_one; from a worker: homeassistant.core.one (without extra;" in text
    assert "homeassistant/core.py:7" in text
    assert "to be awaited: 1" in text
    assert "time.sleep: refused" in text
    assert "os.walk: reported" in text
    assert "a.one: deadlocks" in text
    assert text.endswith("\n")


def test_another_error_and_what_the_constructor_decides_are_told() -> None:
    document = as_document(minihass_catalog(), detailed=True)
    (asked,) = [api for api in document["loop_apis"] if api["name"] == "homeassistant.core.async_get_hass"]
    assert asked["error"] == "HomeAssistantError"
    assert not any("error" in api for api in document["loop_apis"] if api is not asked)
    (saved,) = [one for one in document["handoffs"] if one["api"].endswith("Store.async_delay_save")]
    decides = {"parameter": "serialize_in_event_loop", "value": False, "dispatch": "EXECUTOR"}
    assert (saved["dispatch"], saved["made_with"]) == ("LOOP", [decides])
    text = as_text(document)
    assert "homeassistant.core.async_get_hass (HomeAssistantError)  homeassistant/core.py:" in text
    assert (
        "async_delay_save(data_func): LOOP, EXECUTOR where made with serialize_in_event_loop=False  " in text
    )


# -------------------------------------------------------------------- differences
BUS = "homeassistant.core.EventBus"


def changes(old: Catalog, new: Catalog) -> dict[str, Any]:
    found = difference(as_document(old), as_document(new))
    assert json.loads(json.dumps(found)) == found
    return found


def test_nothing_changed() -> None:
    found = changes(minihass_catalog(), minihass_catalog())
    assert not [key for key, value in found.items() if key not in ("old", "new") and value]
    assert diff_as_text(found) == "From Home Assistant 2026.11.0 to 2026.11.0\n\nNew loop APIs: 0\n"


def test_guards_come_and_go() -> None:
    old = catalog(api(f"{BUS}.async_fire"), api(f"{BUS}.async_old", Tier.RAISES), version="1")
    new = catalog(
        api(f"{BUS}.async_fire", Tier.RAISES, f"{BUS}.fire"),
        api(f"{BUS}.async_old"),
        api(f"{BUS}.async_new", Tier.RAISES_VIA),
        version="2",
    )
    found = changes(old, new)
    assert named(found, "guards_added") == [f"{BUS}.async_fire", f"{BUS}.async_new"]
    assert named(found, "guards_removed") == [f"{BUS}.async_old"]
    assert named(found, "added") == [f"{BUS}.async_new"]
    assert named(found, "twins_added") == [f"{BUS}.async_fire"]
    text = diff_as_text(found)
    assert "New guards: from a worker thread these raise RuntimeError now: 1" in text
    assert (
        f"New loop APIs that raise RuntimeError in a worker thread: 1\n  {BUS}.async_new (raises-via)" in text
    )
    assert "New loop APIs: 1 (1 raises-via)" in text


def test_removed_and_moved() -> None:
    old = catalog(
        api("homeassistant.components.note.async_create"),
        api("homeassistant.helpers.event.async_track"),
        api("homeassistant.helpers.sun.async_gone", twin="homeassistant.helpers.sun.gone"),
    )
    new = catalog(
        api("homeassistant.components.note.helpers.async_create", Tier.RAISES),
        api("homeassistant.helpers.other.async_track"),
    )
    found = changes(old, new)
    assert found["moved"] == [
        {
            "old": "homeassistant.components.note.async_create",
            "new": "homeassistant.components.note.helpers.async_create",
        }
    ]
    assert named(found, "guards_added") == ["homeassistant.components.note.helpers.async_create"]
    assert named(found, "removed") == [
        "homeassistant.helpers.event.async_track",
        "homeassistant.helpers.sun.async_gone",
    ]
    assert named(found, "added") == ["homeassistant.helpers.other.async_track"]


def test_a_class_that_moves_is_told_once() -> None:
    def at(module: str) -> Catalog:
        cls = f"homeassistant.components.{module}.LightEntity"
        entry = EntryPoint("", "get_engine", "worker", ORIGIN, "x")
        sync = {f"{cls}.call": SyncApi(f"{cls}.call", "raises", ORIGIN)}
        return catalog(
            api(f"{cls}.async_one"), api(f"{cls}.async_two"), entry_points=(entry,), sync_apis=sync
        )

    found = changes(at("light"), at("light.entity"))
    assert not found["sync_apis_added"]
    assert not found["entry_points_removed"]
    text = diff_as_text(found)
    assert "Moved classes and functions: 1\n" in text
    assert (
        "homeassistant.components.light.LightEntity -> homeassistant.components.light.entity.LightEntity\n"
        in text
    )


def test_twins_methods_and_dispatches() -> None:
    def handoff(dispatch: Dispatch) -> dict[str, tuple[HandOff, ...]]:
        return {"a.listen": (HandOff("a.listen", 0, "target", dispatch, ORIGIN),)}

    old = catalog(
        api(f"{BUS}.async_fire", twin=f"{BUS}.fire"),
        entry_points=(EntryPoint("", "get_handler", "worker", ORIGIN, "x"),),
        handoffs=handoff(Dispatch.LOOP),
        blocking=(BlockingCall("time.sleep", False, ORIGIN),),
    )
    new = catalog(
        api(f"{BUS}.async_fire"),
        entry_points=(EntryPoint("", "get_engine", "worker", ORIGIN, "x"),),
        handoffs=handoff(Dispatch.BY_TYPE),
        blocking=(BlockingCall("time.sleep", True, ORIGIN),),
        sync_apis={"a.call": SyncApi("a.call", "raises", ORIGIN)},
    )
    found = changes(old, new)
    assert named(found, "twins_removed") == [f"{BUS}.async_fire"]
    text = diff_as_text(found)
    for line in (
        f"{BUS}.async_fire: {BUS}.fire",
        "get_handler  homeassistant/core.py:7",
        "get_engine  homeassistant/core.py:7",
        "a.listen(target): LOOP -> BY_TYPE",
        "time.sleep: refused",
        "a.call: raises",
    ):
        assert line in text


def test_what_breaks_comes_first_and_the_core_before_components() -> None:
    names = ["homeassistant.components.a.async_one", f"{BUS}.async_fire", "homeassistant.helpers.b.async_two"]
    old = catalog(*(api(name) for name in names))
    new = catalog(api(names[0], Tier.RAISES), api(names[1], Tier.RAISES), api(names[2], Tier.RAISES_VIA))
    text = diff_as_text(changes(old, new))
    places = [text.index(name) for name in (names[1], names[0], names[2])]
    assert places == sorted(places)


def test_an_internal_version_is_no_news() -> None:
    new = catalog(api(f"{BUS}.async_fire_internal", twin=f"{BUS}.fire"))
    assert "New twins" not in diff_as_text(changes(catalog(), new))


def test_what_nobody_needs_to_change_is_not_told() -> None:
    found = changes(catalog(api("a.async_x", Tier.READ)), catalog(api("a.async_x", Tier.UNKNOWN)))
    assert found["tiers_changed"]
    assert "a.async_x" not in diff_as_text(found)


@pytest.mark.parametrize("tier", [Tier.READ, Tier.UNKNOWN])
def test_other_changes_of_judgement_are_told_apart(tier: Tier) -> None:
    found = changes(catalog(api("a.async_x")), catalog(api("a.async_x", tier)))
    assert found["tiers_changed"][0]["new"] == tier.value
    assert f"a.async_x: corrupts -> {tier.value}" in diff_as_text(found)
    assert not found["guards_added"]
