"""What the settings of the server change, and what is asked elsewhere between edits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lsp.clients import MINIMAL, VSCODE
from tests.lsp.conftest import SWITCH
from tests.lsp.wire import Message, Server, apply, serving, span

URI = "untitled:one.py"
TEXT = 'def turn_on(self):\n    self.hass.bus.async_fire("x")\n'


def options(**settings: object) -> Message:
    return {"settings": settings}


def codes(found: list[Message]) -> list[str]:
    return [one["code"] for one in found]


# ---------------------------------------------------------------------- asking elsewhere
def test_what_asking_elsewhere_tells_is_pushed_without_an_edit() -> None:
    with serving() as server:
        server.initialize(MINIMAL)
        server.open(URI, TEXT + "# doubt\n")
        assert codes(server.diagnostics(URI)) == ["HAT101"]
        assert codes(server.diagnostics(URI)) == ["HAT101", "HAT105"]
        server.change(URI, 2, {"range": span(0, 0, 0, 0), "text": "\n"})
        assert codes(server.diagnostics(URI)) == ["HAT101", "HAT105"]
        assert server.end() == 0


def test_a_client_that_pulls_is_asked_to_pull_again() -> None:
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        server.initialize(VSCODE)
        server.open(URI, TEXT + "# doubt\n")
        asked = {"textDocument": {"uri": URI}}
        first = server.request("textDocument/diagnostic", asked)
        assert codes(first["items"]) == ["HAT101"]
        assert server.wait(lambda message: message.get("method") == "workspace/diagnostic/refresh")
        second = server.request("textDocument/diagnostic", {**asked, "previousResultId": first["resultId"]})
        assert codes(second["items"]) == ["HAT101", "HAT105"]


@pytest.mark.parametrize(
    "wish", [options(jedi=False), {"trusted": False}, options(jedi=True) | {"trusted": False}]
)
def test_nobody_is_asked_without_leave(wish: Message) -> None:
    with serving() as server:
        server.initialize(MINIMAL, initializationOptions=wish)
        server.open(URI, TEXT + "# doubt\n")
        assert codes(server.diagnostics(URI)) == ["HAT101"]
        with pytest.raises(AssertionError, match="no such message"):
            server.diagnostics(URI, patience=1.5)


def test_edits_are_not_kept_waiting_by_the_asking() -> None:
    with serving() as server:
        server.initialize({"textDocument": {"publishDiagnostics": {"versionSupport": True}}})
        server.open(URI, TEXT + "# doubt\n")
        for version in range(2, 12):
            server.change(URI, version, {"range": span(0, 0, 0, 0), "text": "\n"})
            server.diagnostics(URI, lambda params, version=version: params["version"] == version)


def test_what_was_started_is_ended_with_the_session(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    with serving(OFFLOOP_TEST_CLOSED=str(closed)) as server:
        server.initialize(MINIMAL)
        server.open(URI, TEXT)
        server.diagnostics(URI)
        assert not closed.exists()
        assert server.end() == 0
        assert closed.exists()


# ---------------------------------------------------------------------- unsafe fixes
RISKY = TEXT + "# only unsafe\n"


def actions(server: Server, text: str, **settings: object) -> list[Message]:
    server.answers["workspace/configuration"] = lambda _message: [settings]
    server.initialize(VSCODE)
    server.open(URI, text)
    return server.actions(URI, span(1, 20, 1, 20))


def test_unsafe_fixes_are_named_and_never_applied_unasked() -> None:
    with serving() as server:
        found = actions(server, RISKY)
        assert [one["title"] for one in found] == [
            "Delete it (unsafe)",
            "Suppress HAT101 on this line",
            "Show why HAT101 is reported",
        ]
        assert not any(one.get("isPreferred") for one in found)
        assert server.actions(URI, span(1, 20, 1, 20), only=["source.fixAll"]) == []


def test_allowed_unsafe_fixes_count_as_others_do() -> None:
    with serving() as server:
        first, _suppress, _why, every = actions(server, RISKY, unsafeFixes=True)
        assert (first["title"], first["isPreferred"]) == ("Delete it (unsafe)", True)
        assert every["title"] == "Fix all 1 fixable offloop findings"
        (change,) = every["edit"]["documentChanges"]
        assert apply(RISKY, change["edits"]) == RISKY.replace("async_fire", "")


def test_a_safe_fix_goes_before_an_allowed_unsafe_one() -> None:
    with serving() as server:
        first, *_others, every = actions(server, TEXT, unsafeFixes=True)
        assert first["title"] == "Use hass.bus.fire"
        (change,) = every["edit"]["documentChanges"]
        assert apply(TEXT, change["edits"]) == TEXT.replace("async_fire", "fire")


# ---------------------------------------------------------------------- closed files
def is_empty(params: Any) -> bool:
    return not params["diagnostics"]


@pytest.mark.parametrize("capabilities", [MINIMAL, VSCODE], ids=["push", "pull"])
def test_findings_of_closed_files_are_shown_where_wanted(capabilities: Message, integration: Path) -> None:
    settings: Message = {"diagnosticMode": "workspace"}
    one, two = (integration / "switch.py").as_uri(), (integration / "__init__.py").as_uri()
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [settings]
        server.initialize(capabilities, initializationOptions={"settings": settings})
        server.open(two, "")
        assert codes(server.diagnostics(one)) == ["HAT101"]
        server.open(one, SWITCH)
        server.diagnostics(one, is_empty)
        if capabilities is MINIMAL:
            assert codes(server.diagnostics(one)) == ["HAT101"]
        server.notify("textDocument/didClose", {"textDocument": {"uri": one}})
        if capabilities is MINIMAL:
            server.diagnostics(one, is_empty)
        assert codes(server.diagnostics(one)) == ["HAT101"]
        settings["diagnosticMode"] = "openFilesOnly"
        server.notify("workspace/didChangeConfiguration", {"settings": {"offloop": settings}})
        server.diagnostics(one, is_empty)
        settings["diagnosticMode"] = "workspace"
        server.notify("workspace/didChangeConfiguration", {"settings": {"offloop": settings}})
        assert codes(server.diagnostics(one)) == ["HAT101"]
        server.notify("textDocument/didClose", {"textDocument": {"uri": two}})
        server.diagnostics(one, is_empty)
        assert server.end() == 0


def test_closed_files_are_nobody_s_business_by_default(integration: Path) -> None:
    one, two = (integration / "switch.py").as_uri(), (integration / "__init__.py").as_uri()
    with serving() as server:
        server.initialize(MINIMAL)
        server.open(two, "")
        server.diagnostics(two)
        assert server.end() == 0
        assert one not in [message.get("params", {}).get("uri") for message in server.seen]


# ---------------------------------------------------------------------- log
@pytest.mark.parametrize(
    ("level", "kinds"),
    [("error", {1}), ("warning", {1, 2}), ("info", {1, 2, 3}), ("debug", {1, 2, 3, 4})],
)
def test_the_log_says_as_much_as_is_wanted(level: str, kinds: set[int]) -> None:
    with serving() as server:
        server.initialize(MINIMAL, initializationOptions=options(logLevel=level))
        server.open(URI, TEXT)
        server.diagnostics(URI)
        server.change("untitled:unknown", 2, {"text": ""})
        server.change(URI, 2, {"text": "crash"})
        server.wait(lambda message: message.get("params", {}).get("type") == 1)
        server.change(URI, 3, {"text": ""})
        assert server.end() == 0
        told = {one["params"]["type"] for one in server.seen if one.get("method") == "window/logMessage"}
        assert told | {1} == kinds
