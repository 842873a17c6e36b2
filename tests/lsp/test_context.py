"""Where code runs, shown without a finding: hover, hints, lenses, symbols, hierarchy, completion, commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.clients import VSCODE
from tests.lsp.real_parts import home_assistant
from tests.lsp.wire import REAL, Message, Server, serving, span

TEXT = '''\
"""A switch of every kind of function."""
from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later


class DemoSwitch(SwitchEntity):
    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass

    async def async_added_to_hass(self) -> None:
        async_call_later(self.hass, 5, self._later)
        async_call_later(self.hass, 5, lambda now: self._notify())

    def _later(self, now) -> None:
        self._notify()

    def turn_on(self, **kwargs) -> None:
        self.hass.bus.async_fire("x")
        self._notify()

    @callback
    def _refresh(self) -> None:
        self.async_write_ha_state()

    def _notify(self) -> None:
        self._refresh()

    def nobody(self) -> None:
        pass
'''
LINES = TEXT.splitlines()
RUN_BY = "ToggleEntity.async_turn_on runs it in the executor"


class Room:
    """A server with TEXT open in an integration."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.uri = (folder / "switch.py").as_uri()
        self.document = {"textDocument": {"uri": self.uri}}
        self.version = 1

    def ask(self, method: str, **params: object) -> Any:
        return self.server.request(method, {**self.document, **params})

    def command(self, name: str, *arguments: object) -> Any:
        params = {"command": name, "arguments": list(arguments)}
        return self.server.request("workspace/executeCommand", params)

    def edit(self, text: str) -> None:
        self.version += 1
        self.server.change(self.uri, self.version, {"text": text})


def make_folder(root: Path) -> Path:
    folder = root / "custom_components" / "demo_switch"
    folder.mkdir(parents=True)
    manifest = {"domain": "demo_switch", "name": "Demo", "version": "1", "requirements": []}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "__init__.py").write_text('"""Demo."""\n')
    (folder / "switch.py").write_text(TEXT)
    return folder


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    settings: Message = {"logLevel": "info", "codeLens": True}
    if home_assistant():
        settings["homeAssistant"] = home_assistant()
    capabilities = json.loads(json.dumps(VSCODE))
    capabilities["textDocument"]["documentSymbol"] = {"hierarchicalDocumentSymbolSupport": True}
    capabilities["workspace"]["inlayHint"] = {"refreshSupport": True}
    capabilities["textDocument"]["completion"] = {"completionItem": {"labelDetailsSupport": True}}
    with serving(REAL) as server:
        server.answers["workspace/configuration"] = lambda message: [
            settings for _ in message["params"]["items"]
        ]
        server.answers["workspace/applyEdit"] = lambda _message: {"applied": True}
        server.initialize(capabilities, initializationOptions={"ui": {"status": True, "showWhy": True}})
        found = Room(server, make_folder(tmp_path_factory.mktemp("context")))
        server.open(found.uri, TEXT)
        server.notification("window/logMessage", lambda params: "checking against" in params["message"])
        yield found
        assert server.end() == 0
        assert server.stderr == b""
        assert not [message for message in server.seen if "internal error" in str(message)]


def at(text: str, column: int = 1, lines: list[str] = LINES) -> Message:
    """The place of the first occurrence of a text."""
    line = next(number for number, one in enumerate(lines) if text in one)
    return {"line": line, "character": lines[line].index(text) + column}


def hover(room: Room, text: str) -> str | None:
    found = room.ask("textDocument/hover", position=at(text))
    return None if found is None else str(found["contents"]["value"])


# ---------------------------------------------------------------------- hover
def test_hover_on_a_function_tells_the_way_from_home_assistant(room: Room) -> None:
    said = hover(room, "turn_on")
    assert said is not None
    assert "`turn_on` runs in a worker thread" in said
    assert "`turn_on` is run in the executor by ToggleEntity.async_turn_on here" in said
    sources = home_assistant()
    if sources:
        assert f"({Path(sources).as_uri()}/homeassistant/helpers/entity.py#L" in said


def test_hover_on_a_call_tells_what_it_needs_and_where_it_is_made(room: Room) -> None:
    said = hover(room, "async_fire")
    assert said is not None
    assert "`EventBus.async_fire` may be called in the event loop only; anywhere else it raises" in said
    assert "From a worker thread: `EventBus.fire`" in said
    assert "Here: `turn_on` runs in a worker thread" in said


def test_hover_on_what_is_handed_over_and_on_a_decorator(room: Room) -> None:
    handed = hover(room, "async_call_later(")
    assert handed is not None
    assert "`_later` is handed over here and runs in a worker thread" in handed
    decorated = hover(room, "@callback")
    assert decorated is not None
    assert "`@callback` tells Home Assistant to run `_refresh` in the event loop" in decorated
    assert "`_later` runs in a worker thread" in str(hover(room, "_later)"))
    assert "no caller found" in str(hover(room, "nobody"))


def test_hover_elsewhere_is_left_to_others(room: Room) -> None:
    assert hover(room, "SwitchEntity)") is None
    assert hover(room, "self._hass = hass") is None
    assert hover(room, "A switch of") is None


# ---------------------------------------------------------------------- beside the code
def test_inlay_hints_mark_what_the_header_does_not_say(room: Room) -> None:
    hints = room.ask("textDocument/inlayHint", range=span(0, 0, 99, 0))
    shown = {LINES[hint["position"]["line"]].strip(): hint["label"] for hint in hints}
    assert shown == {
        "def __init__(self, hass: HomeAssistant) -> None:": "unknown: no caller found",
        "async_call_later(self.hass, 5, lambda now: self._notify())": (
            "worker: handed to async_call_later without @callback:"
        ),
        "def _later(self, now) -> None:": "worker: handed to async_call_later without @callback",
        "def turn_on(self, **kwargs) -> None:": f"worker: {RUN_BY}",
        "def _notify(self) -> None:": "worker: called by turn_on",
        "def nobody(self) -> None:": "unknown: no caller found",
    }
    assert hints[0]["position"]["character"] == len("    def __init__(self, hass: HomeAssistant) -> None:")
    few = room.ask("textDocument/inlayHint", range=span(17, 0, 18, 0))
    assert [hint["label"] for hint in few] == [f"worker: {RUN_BY}"]


def test_inlay_hints_are_refreshed_when_another_file_changes_them(room: Room) -> None:
    def refreshed(message: Message) -> bool:
        return message.get("method") == "workspace/inlayHint/refresh"

    room.server.seen = [message for message in room.server.seen if not refreshed(message)]
    other = room.uri.replace("switch.py", "__init__.py")
    room.server.open(other, "")
    room.ask("textDocument/diagnostic")
    text = "from .switch import DemoSwitch\n\nasync def go(it: DemoSwitch):\n    it.nobody()\n"
    room.server.change(other, 2, {"text": text})
    room.server.wait(refreshed)
    hints = room.ask("textDocument/inlayHint", range=span(28, 0, 29, 0))
    assert [hint["label"] for hint in hints] == ["event loop"]
    room.server.notify("textDocument/didClose", {"textDocument": {"uri": other}})
    hints = room.ask("textDocument/inlayHint", range=span(28, 0, 29, 0))
    assert [hint["label"] for hint in hints] == ["unknown: no caller found"]


def test_code_lenses_mark_all_functions_and_show_why(room: Room) -> None:
    lenses = room.ask("textDocument/codeLens")
    titles = [lens["command"]["title"] for lens in lenses]
    assert titles[:3] == [
        "unknown: no caller found",
        "event loop",
        "worker: handed to async_call_later without @callback",
    ]
    command = lenses[3]["command"]
    shown = room.command(command["command"], *command["arguments"])
    assert shown["title"].startswith("`turn_on` runs in a worker thread")


def test_document_symbols_carry_the_context(room: Room) -> None:
    (cls,) = room.ask("textDocument/documentSymbol")
    assert (cls["name"], cls.get("detail")) == ("DemoSwitch", None)
    assert {one["name"]: one["detail"] for one in cls["children"]}["turn_on"] == f"worker: {RUN_BY}"


# ---------------------------------------------------------------------- hierarchy and evidence
def test_call_hierarchy_leads_up_to_home_assistant(room: Room) -> None:
    (item,) = room.ask("textDocument/prepareCallHierarchy", position=at("_notify()"))
    assert (item["name"], item["detail"]) == ("DemoSwitch._notify", "worker: called by turn_on")
    calls = room.server.request("callHierarchy/incomingCalls", {"item": item})
    assert [call["from"]["name"] for call in calls] == [
        "DemoSwitch.async_added_to_hass.<lambda>",
        "DemoSwitch._later",
        "DemoSwitch.turn_on",
    ]
    turn_on = calls[2]["from"]
    assert calls[2]["fromRanges"] == [span(19, 8, 19, 20)]
    above = room.server.request("callHierarchy/incomingCalls", {"item": turn_on})
    below = room.server.request("callHierarchy/outgoingCalls", {"item": turn_on})
    if home_assistant():
        assert [(call["from"]["name"], call["from"]["detail"]) for call in above] == [
            ("ToggleEntity.async_turn_on", "Home Assistant, worker")
        ]
        assert (below[0]["to"]["name"], below[0]["to"]["detail"]) == (
            "EventBus.async_fire",
            "event loop only: raises",
        )
    assert below[-1]["to"]["name"] == "DemoSwitch._notify"
    # A line of Home Assistant is not analysed here: it leads no further.
    for call in above:
        assert room.server.request("callHierarchy/incomingCalls", {"item": call["from"]}) == []


def test_implementation_leads_to_the_evidence(room: Room) -> None:
    places = room.ask("textDocument/implementation", position=at("turn_on"))
    if home_assistant():
        assert [place["uri"].rpartition("/")[2] for place in places] == ["entity.py"]
    assert room.ask("textDocument/implementation", position=at("A switch of")) is None


# ---------------------------------------------------------------------- completion
def test_completion_in_a_worker_ranks_what_fits_first_and_marks_the_rest(room: Room) -> None:
    text = TEXT.replace('self.hass.bus.async_fire("x")', "self.hass.bus.")
    room.edit(text)
    place = at("self.hass.bus.", len("self.hass.bus."), text.splitlines())
    found = room.ask("textDocument/completion", position=place)
    items = sorted(found["items"], key=lambda item: item["sortText"])
    assert items[0]["label"] == "fire"
    assert items[0]["preselect"] is True
    assert items[0]["labelDetails"] == {"description": "for worker threads, in place of async_fire"}
    marked = {item["label"]: item["detail"] for item in items if item["sortText"].startswith("~")}
    assert marked["async_fire"] == "offloop: raises in a worker thread"
    assert len({item["label"] for item in items}) == len(items)
    room.edit(TEXT.replace("self._notify()\n\n    @", "self._re\n\n    @"))
    found = room.ask("textDocument/completion", position={"line": 19, "character": 16})
    own = {item["label"]: item["detail"] for item in found["items"]}
    assert own["_refresh"] == "offloop: needs the event loop"
    assert found["items"][0]["textEdit"]["range"] == span(19, 13, 19, 16)
    in_loop = TEXT.replace("async_call_later(self.hass, 5, self._later)", "self.hass.bus.")
    room.edit(in_loop)
    place = at("self.hass.bus.", len("self.hass.bus."), in_loop.splitlines())
    found = room.ask("textDocument/completion", position=place)
    assert "async_fire" not in [item["label"] for item in (found or {"items": []})["items"]]
    assert room.ask("textDocument/completion", position=at("A switch", 3)) is None
    room.edit(TEXT)


# ---------------------------------------------------------------------- commands
def test_show_why_returns_the_trace_of_a_finding(room: Room) -> None:
    actions = room.server.actions(room.uri, {"start": at("async_fire"), "end": at("async_fire")})
    why = next(action for action in actions if action["kind"] == "offloop.showWhy")
    assert why["title"] == "Show why HAT101 is reported"
    shown = room.command(why["command"]["command"], *why["command"]["arguments"])
    assert shown["title"].startswith("HAT101: ")
    steps = shown["steps"]
    assert [step["isHomeAssistant"] for step in steps] == [True, False, True]
    assert (steps[1]["uri"], steps[1]["range"]["start"]["line"]) == (room.uri, 18)
    assert shown["text"].count("\n") == len(steps)
    only = room.server.actions(
        room.uri, {"start": at("async_fire"), "end": at("async_fire")}, only=["quickfix"]
    )
    assert "offloop.showWhy" not in {action["kind"] for action in only}
    assert room.command("offloop.showWhy", {"uri": room.uri, "fingerprint": "no such"}) is None


@pytest.mark.parametrize("can_show", [True, False])
def test_show_why_is_shown_by_any_client(tmp_path: Path, can_show: bool) -> None:
    settings = {"homeAssistant": home_assistant()} if home_assistant() else {}
    with serving(REAL) as server:
        server.answers["window/showDocument"] = lambda _message: {"success": True}
        window = {"window": {"showDocument": {"support": can_show}}}
        server.initialize(window, initializationOptions={"settings": {"logLevel": "info", **settings}})
        room = Room(server, make_folder(tmp_path))
        server.open(room.uri, TEXT)
        server.notification("window/logMessage", lambda params: "checking against" in params["message"])
        plain = room.ask("textDocument/hover", position=at("turn_on"))["contents"]
        assert plain["kind"] == "plaintext"
        assert plain["value"].startswith("turn_on runs in a worker thread\nhomeassistant/helpers/entity.py:")
        room.command("offloop.showWhy", {"uri": room.uri, "position": at("async_fire")})
        if can_show and home_assistant():
            shown = server.wait(lambda message: message.get("method") == "window/showDocument")["params"]
            assert shown["uri"].endswith("/homeassistant/helpers/entity.py")
            assert shown["takeFocus"] is True
        else:
            said = server.notification("window/showMessage")
            assert "1. `turn_on` is run in the executor by ToggleEntity.async_turn_on" in said["message"]


def test_fix_all_in_function_applies_what_is_safe_in_that_function(room: Room) -> None:
    done = room.command("offloop.fixAllInFunction", {"uri": room.uri, "position": at("turn_on")})
    assert done == {"applied": True, "count": 1, "edit": None}
    asked = room.server.wait(lambda message: message.get("method") == "workspace/applyEdit")
    (change,) = asked["params"]["edit"]["documentChanges"]
    assert [edit["newText"] for edit in change["edits"]] == ["fire"]
    none = room.command("offloop.fixAllInFunction", {"uri": room.uri, "position": at("__init__")})
    assert none["count"] == 0


def test_commands_about_the_server(room: Room) -> None:
    catalog = room.command("offloop.showCatalog")
    assert catalog["origin"] == ("sources" if home_assistant() else "bundled")
    assert catalog["version"] in catalog["text"]
    rule = room.command("offloop.explainRule", "hat101")
    assert (rule["code"], rule["name"]) == ("HAT101", "loop-api-in-worker")
    assert rule["markdown"].startswith("#")
    assert "checking against" in room.command("offloop.debugInformation")
    assert room.command("offloop.restart") is None
    assert len(room.ask("textDocument/diagnostic")["items"]) == 2


def test_a_command_with_wrong_arguments_is_refused_in_words(room: Room) -> None:
    for name, arguments in [
        ("offloop.showWhy", []),
        ("offloop.fixAllInFunction", [{"uri": room.uri, "position": {"line": "1"}}]),
        ("offloop.explainRule", ["HAT999"]),
    ]:
        number = room.server.ask("workspace/executeCommand", {"command": name, "arguments": arguments})
        assert room.server.answer(number)["error"]["code"] == -32602


def test_the_status_is_told_to_clients_that_ask_for_it(room: Room) -> None:
    room.ask("textDocument/hover", position=at("turn_on"))
    status = room.server.notification(
        "offloop/status", lambda params: params["state"] == "ready" and params["homeAssistant"]
    )
    assert status["homeAssistant"][0]["version"]
    assert set(status["findings"]) == {"error", "warning", "info", "hint"}
