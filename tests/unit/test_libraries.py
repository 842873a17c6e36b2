"""What a library's own source tells about the functions that it is given."""

from __future__ import annotations

import textwrap
from pathlib import Path

from offloop.catalog.libraries import (
    Libraries,
    derive_library,
    imported_libraries,
    libraries_of,
    read_library,
)
from offloop.catalog.library_shelf import bundled_labels
from offloop.facts.extract import extract
from offloop.library.model import Catalog, Dispatch
from offloop.source import discover, load_integration

HUB = """
    import threading

    class Hub(threading.Thread):
        def __init__(self, on_connect):
            super().__init__(daemon=True)
            self._listeners = []
            self._on_connect = on_connect

        def subscribe(self, listener, topic="all"):
            self._listeners.append((listener, topic))

        def run(self):
            self._on_connect()
            while True:
                self._tell(read())

        def _tell(self, message):
            for listener, topic in self._listeners:
                listener(message)

    class Client:
        async def listen(self, handler):
            async for message in self:
                handler(message)

    def later(hub, work):
        hub.do(work)
"""


def a_library(folder: Path, name: str, text: str) -> Path:
    (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def handed(library: Catalog) -> dict[tuple[str, str], set[Dispatch]]:
    """Return where callables run, by API and keyword, apart from where others call what is kept."""
    found: dict[tuple[str, str], set[Dispatch]] = {}
    for handoffs in library.handoffs.values():
        for handoff in handoffs:
            if handoff.dispatch is not Dispatch.KEPT:
                found.setdefault((handoff.api, handoff.keyword), set()).add(handoff.dispatch)
    return found


def test_a_listener_runs_in_the_thread_that_calls_it(tmp_path: Path) -> None:
    found = handed(derive_library("hublib", read_library([a_library(tmp_path, "hublib", HUB)], "hublib")))
    assert found["hublib.Hub.subscribe", "listener"] == {Dispatch.THREAD}
    assert found["hublib.Hub.__init__", "on_connect"] == {Dispatch.THREAD}


def test_an_asyncio_library_calls_in_the_loop(tmp_path: Path) -> None:
    found = handed(derive_library("hublib", read_library([a_library(tmp_path, "hublib", HUB)], "hublib")))
    assert found["hublib.Client.listen", "handler"] == {Dispatch.LOOP}


def test_what_cannot_be_followed_says_nothing(tmp_path: Path) -> None:
    found = handed(derive_library("hublib", read_library([a_library(tmp_path, "hublib", HUB)], "hublib")))
    assert ("hublib.later", "work") not in found


def test_a_library_is_read_with_those_it_builds_on(tmp_path: Path) -> None:
    a_library(tmp_path, "hublib", HUB)
    a_library(tmp_path, "wrapper", "import hublib\n\nclass Wrapped(hublib.Hub):\n    pass\n")
    assert {module.name for module in read_library([tmp_path], "wrapper")} == {"wrapper", "hublib"}


def test_what_a_library_builds_on_and_is_not_there_is_told_by_a_bundled_summary(tmp_path: Path) -> None:
    text = """
        import paho.mqtt.client

        class Link:
            def __init__(self, listener):
                self._client = paho.mqtt.client.Client()
                self._client.on_message = self._on_message
                self._client.loop_start()
                self._listener = listener

            def _on_message(self, client, userdata, message):
                self._listener(message)
    """
    packages = a_library(tmp_path, "linklib", text)
    base, texts = derive_library("empty", []), [extract("import linklib\n")]
    completed = Libraries([packages], use_cache=False).extend(base, texts)
    assert handed(completed)["linklib.Link.__init__", "listener"] == {Dispatch.THREAD}
    alone = Libraries([packages], use_cache=False, bundle=False).extend(base, texts)
    assert ("linklib.Link.__init__", "listener") not in handed(alone)


def test_a_thread_that_a_library_beneath_does_not_start_is_none(tmp_path: Path) -> None:
    text = """
        import paho.mqtt.client

        class Link:
            def __init__(self, listener):
                self._client = paho.mqtt.client.Client()
                self._client.on_message = self._on_message
                self._listener = listener

            def _on_message(self, client, userdata, message):
                self._listener(message)
    """
    packages = a_library(tmp_path, "linklib", text)
    library = Libraries([packages], use_cache=False).extend(
        derive_library("empty", []), [extract("import linklib\n")]
    )
    assert ("linklib.Link.__init__", "listener") not in handed(library)


def test_imports_of_home_assistant_and_the_standard_library_are_no_libraries() -> None:
    facts = extract(
        "import threading\nimport hublib.client\nfrom homeassistant import core\nfrom . import x\n"
    )
    assert imported_libraries([facts]) == {"hublib"}


def test_an_absent_library_leaves_the_catalog_as_it_is(tmp_path: Path) -> None:
    catalog = derive_library("empty", [])
    assert Libraries([tmp_path], use_cache=False).extend(catalog, [extract("import hublib\n")]) is catalog


def test_a_broken_library_is_no_error(tmp_path: Path) -> None:
    a_library(tmp_path, "hublib", "class Hub(\n    def run(self:\n\x00")
    (tmp_path / "hublib.py").write_bytes(b"\xff\xfe broken \x00")
    assert handed(derive_library("hublib", read_library([tmp_path], "hublib"))) == {}


def test_the_cache_answers_the_second_time(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OFFLOOP_CACHE_DIR", str(tmp_path / "cache"))
    packages = tmp_path / "packages"
    packages.mkdir()
    a_library(packages, "hublib", HUB)
    base = derive_library("empty", [])
    texts = [extract("import hublib\n")]
    first = Libraries([packages]).extend(base, texts)
    second = Libraries([packages]).extend(base, texts)
    assert handed(first) == handed(second)
    assert list((tmp_path / "cache").glob("library-hublib-*.catalog"))


def test_folders_come_from_the_setting_and_from_home_assistants_environment(tmp_path: Path) -> None:
    assert libraries_of(None, None).folders == []
    assert libraries_of(None, str(tmp_path / "site-packages")).folders == [tmp_path / "site-packages"]
    assert tmp_path in libraries_of(str(tmp_path), None).folders


def test_a_library_beyond_the_limit_is_not_read_and_that_is_said_once(tmp_path: Path, monkeypatch) -> None:
    a_library(tmp_path, "hublib", HUB)
    base = derive_library("empty", [])
    libraries = Libraries([tmp_path], use_cache=False)
    monkeypatch.setattr("offloop.catalog.libraries._MAX_TEXT", 10)
    assert handed(libraries.extend(base, [extract("import hublib\n")])) == {}
    (notice,) = libraries.new_notices()
    assert notice.startswith("hublib: ")
    libraries.extend(base, [extract("import hublib\nimport other\n")])
    assert libraries.new_notices() == []


def test_all_libraries_together_have_a_limit(tmp_path: Path, monkeypatch) -> None:
    a_library(tmp_path, "hublib", HUB)
    a_library(tmp_path, "otherlib", HUB)
    monkeypatch.setattr("offloop.catalog.libraries._MAX_TEXT_IN_ALL", len(HUB) + 10)
    libraries = Libraries([tmp_path], use_cache=False)
    found = handed(libraries.extend(derive_library("empty", []), [extract("import hublib, otherlib\n")]))
    assert len({api.partition(".")[0] for api, _ in found}) == 1
    assert len(libraries.new_notices()) == 1


def test_a_bundled_summary_of_another_version_than_is_required_is_told(tmp_path: Path) -> None:
    libraries = Libraries([tmp_path], use_cache=False)
    texts = [extract("import paho.mqtt.client\n")]
    version = bundled_labels()["paho"].version
    (notice,) = libraries.of_other_versions(texts, ("other==1.0", "Paho_MQTT[proxy] == 1.2.3"))
    assert notice.startswith("paho-mqtt 1.2.3 is required")
    assert f"summary of {version} " in notice
    assert libraries.of_other_versions(texts, (f"paho-mqtt=={version}",)) == ()
    assert libraries.of_other_versions(texts, ("paho-mqtt>=1.0",)) == ()
    assert libraries.of_other_versions([extract("import asyncio\n")], ("paho-mqtt==1.2.3",)) == ()


def test_the_librarys_own_source_needs_no_notice(tmp_path: Path) -> None:
    a_library(tmp_path, "paho", HUB)
    texts = [extract("import paho\n")]
    assert Libraries([tmp_path], use_cache=False).of_other_versions(texts, ("paho-mqtt==1.2.3",)) == ()


def test_what_a_manifest_requires_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "custom_components" / "demo"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("import paho.mqtt.client\n")
    required: dict[str, tuple[str, ...]] = {
        '{"domain": "demo", "requirements": ["paho-mqtt==1.2.3", 4]}': ("paho-mqtt==1.2.3",),
        '{"domain": "demo", "requirements": "paho"}': (),
        '{"domain": "demo"}': (),
        '{"domain": ': (),
        "[]": (),
    }
    for text, expected in required.items():
        (folder / "manifest.json").write_text(text)
        integration = load_integration(discover([folder]).folders[0])
        assert integration.requirements == expected
