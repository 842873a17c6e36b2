"""Real libraries: in which threads they call what they are given; the bundle agrees with their sources.

``OFFLOOP_LIBRARIES`` names a folder of packages as an environment has them; what is not in it is skipped.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from offloop.catalog.libraries import derive_library, library_files, read_library
from offloop.catalog.library_bundle import installed, summaries
from offloop.catalog.library_shelf import bundled_labels, bundled_library
from offloop.catalog.store import dump
from offloop.library.model import Catalog, Dispatch

pytestmark = pytest.mark.real

# Package -> where a callable is put, and the contexts that its source gives it. Read in the sources.
# WebSocketApp and the gateway start no thread: they call where they are called themselves (KEPT).
CALLBACKS: dict[str, dict[str, set[str]]] = {
    "paho": {
        "paho.mqtt.client.Client.on_message": {"THREAD", "KEPT"},
        "paho.mqtt.client.Client.on_connect": {"THREAD", "KEPT"},
    },
    "websocket": {"websocket._app.WebSocketApp.on_message": {"KEPT"}},
    "zeroconf": {"zeroconf._services.browser.ServiceBrowser.__init__": {"THREAD", "KEPT"}},
    "roonapi": {"roonapi.roonapi.RoonApi.register_state_callback": {"THREAD", "KEPT"}},
    "pylutron": {"pylutron.LutronEntity.subscribe": {"THREAD", "KEPT"}},
    "xiaomi_gateway": {"xiaomi_gateway.XiaomiGateway.callbacks": {"KEPT"}},
    "pyisy": {"pyisy.helpers.EventEmitter.subscribe": {"LOOP", "THREAD", "KEPT"}},
    "hatasmota": {"hatasmota.discovery.TasmotaDiscovery.start_discovery": {"LOOP"}},
    "aiohue": {"aiohue.v2.controllers.events.EventStream.subscribe": {"LOOP", "KEPT"}},
}
# Package -> where an object is put, the ways to its methods, and where these are called for everybody.
OBJECTS: dict[str, dict[str, dict[str, set[str]]]] = {
    "zeroconf": {
        "zeroconf._services.browser.ServiceBrowser.__init__": {
            ".add_service": {"THREAD"},
            ".remove_service": {"THREAD"},
            ".update_service": {"THREAD"},
        },
    },
    "pychromecast": {
        "pychromecast.controllers.media.MediaController.register_status_listener": {
            ".new_media_status": {"THREAD"},
            ".load_media_failed": {"THREAD"},
        },
        "pychromecast.socket_client.SocketClient.register_connection_listener": {
            ".new_connection_status": {"THREAD"},
        },
    },
    "watchdog": {"watchdog.observers.api.BaseObserver.schedule": {".dispatch": {"THREAD"}}},
    "serial": {
        "serial.threaded.ReaderThread.__init__": {
            "().connection_made": {"THREAD"},
            "().data_received": {"THREAD"},
            "().connection_lost": {"THREAD"},
        },
    },
    "serial_asyncio": {
        "serial_asyncio.create_serial_connection": {
            "().connection_made": {"LOOP"},
            "().data_received": {"LOOP"},
            "().connection_lost": {"LOOP"},
        },
    },
}
# Package -> methods that it calls in a thread of its own where integrations override them.
METHODS: dict[str, set[tuple[str, str]]] = {
    "watchdog": {
        ("watchdog.events.FileSystemEventHandler", "dispatch"),
        ("watchdog.events.FileSystemEventHandler", "on_modified"),
    },
    "pychromecast": {("pychromecast.controllers.media.MediaStatusListener", "new_media_status")},
}


def folder() -> Path:
    """Return the folder of packages, or skip."""
    named = os.environ.get("OFFLOOP_LIBRARIES")
    if not named:
        pytest.skip("OFFLOOP_LIBRARIES names no folder of packages")
    return Path(named)


@cache
def derived(packages: Path, root: str) -> Catalog:
    """Return what the source of a package tells, or skip."""
    if not library_files([packages], root):
        pytest.skip(f"{root} is not in {packages}")
    return derive_library(root, read_library([packages], root))


@pytest.mark.parametrize("root", CALLBACKS)
def test_where_a_library_calls_what_it_is_given(root: str) -> None:
    library = derived(folder(), root)
    for api, expected in CALLBACKS[root].items():
        found = {handoff.dispatch.value for handoff in library.handoffs.get(api, ())}
        assert found == expected, api


@pytest.mark.parametrize("root", OBJECTS)
def test_where_a_library_calls_methods_of_the_objects_it_is_given(root: str) -> None:
    library = derived(folder(), root)
    for api, expected in OBJECTS[root].items():
        found: dict[str, set[str]] = {}
        for handoff in library.handoffs.get(api, ()):
            if handoff.way and not handoff.within and handoff.dispatch is not Dispatch.KEPT:
                found.setdefault(handoff.way, set()).add(handoff.dispatch.value)
        assert {way: found.get(way) for way in expected} == expected, api


@pytest.mark.parametrize("root", METHODS)
def test_which_methods_a_library_calls_in_its_thread(root: str) -> None:
    library = derived(folder(), root)
    found = {(entry.class_name, entry.method) for entry in library.entry_points}
    assert found >= METHODS[root]


def test_the_bundle_is_not_stale() -> None:
    """Two of the bundled libraries, derived anew, are what is bundled; sources of that very version are needed."""
    known = set(bundled_labels().values())
    compared = 0
    for label in installed([folder()]):
        if label in known and label.root in ("paho", "pylutron", "roonapi", "amcrest") and compared < 2:
            (fresh,) = summaries([folder()], [label.distribution])
            bundled = bundled_library(label.root)
            assert bundled is not None
            assert dump(fresh) == dump(bundled), label.text
            compared += 1
    if compared < 2:
        pytest.skip(f"{folder()} does not hold two of the versions that are bundled")
