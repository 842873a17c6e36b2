"""The summaries of libraries that come with offloop: what is kept of one, and where it stands in for sources."""

from __future__ import annotations

import textwrap
from pathlib import Path

from offloop.catalog.libraries import Libraries, derive_library, read_library
from offloop.catalog.library_bundle import installed, lean_library, summaries
from offloop.catalog.library_shelf import BUNDLE, Label, bundled_labels, bundled_library, labels
from offloop.catalog.load import load_bundled
from offloop.catalog.shelf import read_release, shelf
from offloop.facts.extract import extract
from offloop.library.model import Catalog, ClassSignature, Dispatch

MAX_SIZE = 250_000
HUB = """
    import threading

    class Unrelated:
        def nothing(self): ...

    class Hub:
        def __init__(self):
            self.listeners = []

        def start(self):
            threading.Thread(target=self._run).start()

        def _run(self):
            self.poll()

        def poll(self):
            for listener in self.listeners:
                listener(receive())
"""


def packages(folder: Path) -> Path:
    """Return a folder of packages with one distribution, as an environment has them."""
    (folder / "hublib").mkdir()
    (folder / "hublib" / "__init__.py").write_text("from .hub import Hub\n", encoding="utf-8")
    (folder / "hublib" / "hub.py").write_text(textwrap.dedent(HUB), encoding="utf-8")
    info = folder / "Hub_Lib-1.2.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: Hub-Lib\nVersion: 1.2.3\n\nVersion: 9\n", encoding="utf-8")
    (info / "RECORD").write_text("hublib/__init__.py,,\nhublib/hub.py,,\n", encoding="utf-8")
    return folder


def test_distributions_are_known_by_their_metadata(tmp_path: Path) -> None:
    assert list(installed([packages(tmp_path)])) == [Label("hublib", "Hub-Lib", "1.2.3")]


def test_a_summary_keeps_what_leads_to_its_hand_offs(tmp_path: Path) -> None:
    (library,) = summaries([packages(tmp_path)], ["hub_lib"])
    (thread,) = [
        handoff
        for handoff in library.handoffs["hublib.hub.Hub.listeners"]
        if handoff.dispatch is Dispatch.THREAD
    ]
    assert thread.needs == ("hublib.hub.Hub.start",)
    assert thread.origin.file == "Hub-Lib 1.2.3/hublib/hub.py"
    assert set(library.modules["hublib.hub"].names) == {"Hub"}
    hub = library.modules["hublib.hub"].names["Hub"]
    assert isinstance(hub, ClassSignature)
    assert "start" in hub.methods, "who starts the thread cannot be seen otherwise"
    assert "Hub" in library.modules["hublib"].names


def test_a_library_that_hands_nothing_over_is_left_out(tmp_path: Path) -> None:
    packages(tmp_path)
    (tmp_path / "hublib" / "hub.py").write_text("class Hub: ...\n", encoding="utf-8")
    assert not list(summaries([tmp_path], ["hub-lib"]))


def test_a_bundle_is_read_back(tmp_path: Path) -> None:
    (library,) = summaries([packages(tmp_path)], ["hub-lib"])
    path = tmp_path / "some.summaries"
    path.write_bytes(shelf([library]))
    assert labels(path) == {"hublib": Label("hublib", "Hub-Lib", "1.2.3")}
    again = read_release(path, library.version)
    assert again.handoffs == library.handoffs
    assert again.callers == library.callers
    assert again.entry_points == library.entry_points


def test_a_damaged_bundle_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "some.summaries").write_bytes(b"\x00 no bundle")
    assert labels(tmp_path / "some.summaries") == {}
    assert labels(tmp_path / "absent") == {}


# ------------------------------------------------------------------ what comes with offloop
def test_the_bundle_is_small_and_holds_fifty_distributions() -> None:
    assert BUNDLE.stat().st_size <= MAX_SIZE
    assert len({label.distribution for label in bundled_labels().values()}) >= 50


def test_every_bundled_summary_can_be_read_and_tells_something() -> None:
    for root in bundled_labels():
        library = bundled_library(root)
        assert library is not None
        assert library.handoffs or library.entry_points, root


def speaks_of_paho(catalog: Catalog) -> list[str]:
    return sorted(
        {
            handoff.origin.file
            for handoff in catalog.handoffs.get("paho.mqtt.client.Client.on_message", ())
            if handoff.dispatch is Dispatch.THREAD
        }
    )


def test_a_library_that_is_not_there_is_told_of_by_the_bundle_with_its_version() -> None:
    catalog = Libraries([]).extend(load_bundled(None), [extract("from paho.mqtt.client import Client\n")])
    (origin,) = speaks_of_paho(catalog)
    assert origin == f"paho-mqtt {bundled_labels()['paho'].version}/paho/mqtt/client.py"


def test_the_librarys_own_source_wins(tmp_path: Path) -> None:
    folder = tmp_path / "paho" / "mqtt"
    folder.mkdir(parents=True)
    (tmp_path / "paho" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "client.py").write_text("class Client:\n    on_message = None\n", encoding="utf-8")
    catalog = Libraries([tmp_path], use_cache=False).extend(
        load_bundled(None), [extract("from paho.mqtt.client import Client\n")]
    )
    assert speaks_of_paho(catalog) == []


def test_lean_is_not_less_than_the_source_says_of_its_own(tmp_path: Path) -> None:
    root = "hublib"
    folder = packages(tmp_path)
    library = derive_library(root, read_library([folder], root))
    lean = lean_library(library, Label(root, "Hub-Lib", "1.2.3"))
    assert {api: len(found) for api, found in lean.handoffs.items()} == {
        api: len(found) for api, found in library.handoffs.items()
    }
