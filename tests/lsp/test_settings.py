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
    "wish",
    [
        options(jedi=False),
        {"trusted": False},
        {"untrustedWorkspace": True},
        options(jedi=True) | {"untrustedWorkspace": True},
    ],
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
        (change,) = server.edited(every)["edit"]["documentChanges"]
        assert apply(RISKY, change["edits"]) == RISKY.replace("async_fire", "stop")


def test_a_safe_fix_goes_before_an_allowed_unsafe_one() -> None:
    with serving() as server:
        first, *_others, every = actions(server, TEXT, unsafeFixes=True)
        assert first["title"] == "Use hass.bus.fire"
        (change,) = server.edited(every)["edit"]["documentChanges"]
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
        if capabilities is VSCODE:
            server.diagnostics(one, is_empty)
            assert (
                len(server.request("textDocument/diagnostic", {"textDocument": {"uri": one}})["items"]) == 1
            )
        else:
            assert codes(server.diagnostics(one)) == ["HAT101"]
        server.notify("textDocument/didClose", {"textDocument": {"uri": one}})
        if capabilities is VSCODE:
            assert codes(server.diagnostics(one)) == ["HAT101"]
        server.actions(two, span(0, 0, 0, 0))
        assert not [message for message in server.seen if one in str(message)], "nothing vanishes"
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


# ---------------------------------------------------------------------- the whole workspace
MANIFEST = '{"domain": "%s", "name": "x", "version": "1", "requirements": []}'


def workspace(root: Path, *domains: str) -> list[Path]:
    """Integrations with one finding each, below custom_components of a folder."""
    files = []
    for domain in domains:
        folder = root / "custom_components" / domain
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(MANIFEST % domain)
        (folder / "__init__.py").write_text("")
        (folder / "switch.py").write_text(SWITCH)
        files.append(folder / "switch.py")
    return files


def test_the_workspace_is_pulled_with_result_ids_and_waits_for_news(tmp_path: Path) -> None:
    one, two = workspace(tmp_path, "one", "two")
    settings = {"diagnosticMode": "workspace"}
    with serving() as server:
        server.answers["workspace/configuration"] = lambda message: (
            [settings] * len(message["params"]["items"])
        )
        result = server.initialize(
            VSCODE, rootUri=tmp_path.as_uri(), initializationOptions={"settings": settings}
        )
        assert result["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"] is True
        report = server.request("workspace/diagnostic", {"previousResultIds": []})
        found = {item["uri"]: item for item in report["items"] if item["items"]}
        assert sorted(found) == [one.as_uri(), two.as_uri()]
        previous = [{"uri": uri, "value": item["resultId"]} for uri, item in found.items()]
        waiting = server.ask("workspace/diagnostic", {"previousResultIds": previous})
        one.write_text(SWITCH + SWITCH.replace("DemoSwitch", "Other"))
        server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": one.as_uri(), "type": 2}]})
        (item,) = server.answer(waiting)["result"]["items"]
        assert (item["uri"], codes(item["items"])) == (one.as_uri(), ["HAT101", "HAT101"])
        previous = [{"uri": one.as_uri(), "value": item["resultId"]}, previous[1]]
        # A file that is edited: with the version that the findings are of, and the same id as its own pull.
        server.open(two.as_uri(), "pass\n", 3)
        (item,) = server.request("workspace/diagnostic", {"previousResultIds": previous})["items"]
        assert (item["uri"], item["items"], item["version"]) == (two.as_uri(), [], 3)
        own = server.request("textDocument/diagnostic", {"textDocument": {"uri": two.as_uri()}})
        assert own["resultId"] == item["resultId"]
        server.notify("textDocument/didClose", {"textDocument": {"uri": two.as_uri()}})
        previous[1]["value"] = item["resultId"]
        (item,) = server.request("workspace/diagnostic", {"previousResultIds": previous})["items"]
        assert (item["uri"], codes(item["items"])) == (two.as_uri(), ["HAT101"])
        # The settings take all back.
        previous[1]["value"] = item["resultId"]
        waiting = server.ask("workspace/diagnostic", {"previousResultIds": previous})
        settings["diagnosticMode"] = "openFilesOnly"
        server.notify("workspace/didChangeConfiguration", {"settings": {"offloop": settings}})
        gone = server.answer(waiting)["result"]["items"]
        assert gone
        assert all(item["items"] == [] for item in gone)
        waiting = server.ask("workspace/diagnostic", {"previousResultIds": []})
        server.answer(waiting)
        assert server.end() == 0


def test_a_waiting_pull_of_the_workspace_can_be_cancelled_and_ends_with_the_server(tmp_path: Path) -> None:
    with serving() as server:
        server.initialize(VSCODE)
        previous = [{"uri": (tmp_path / "x.py").as_uri(), "value": "clean"}]
        first = server.ask("workspace/diagnostic", {"previousResultIds": previous})
        server.notify("$/cancelRequest", {"id": first})
        assert server.answer(first)["error"]["code"] == -32800
        server.ask("workspace/diagnostic", {"previousResultIds": previous})
        assert server.end() == 0


def test_the_workspace_is_pushed_to_clients_that_do_not_pull_it(tmp_path: Path) -> None:
    one, two = workspace(tmp_path, "one", "two")
    settings = {"diagnosticMode": "workspace"}
    with serving() as server:
        server.initialize(MINIMAL, rootUri=tmp_path.as_uri(), initializationOptions={"settings": settings})
        assert codes(server.diagnostics(one.as_uri())) == ["HAT101"]
        assert codes(server.diagnostics(two.as_uri())) == ["HAT101"]
        server.open(one.as_uri(), SWITCH)
        assert codes(server.diagnostics(one.as_uri())) == ["HAT101"]
        server.change(one.as_uri(), 2, {"text": ""})
        assert server.diagnostics(one.as_uri()) == []
        server.notify("textDocument/didClose", {"textDocument": {"uri": one.as_uri()}})
        assert codes(server.diagnostics(one.as_uri())) == ["HAT101"]


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
