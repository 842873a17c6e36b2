"""The protocol with capable and incapable clients, on the stand-in checker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.clients import MINIMAL, NEOVIM, RELATED, VSCODE
from tests.lsp.conftest import SWITCH
from tests.lsp.wire import Message, Server, apply, serving, span

URI = "untitled:one.py"
TEXT = 'def turn_on(self):\n    self.hass.bus.async_fire("x")\n'


def pull(server: Server, uri: str, previous: str | None = None) -> Any:
    params: Message = {"textDocument": {"uri": uri}}
    if previous is not None:
        params["previousResultId"] = previous
    return server.request("textDocument/diagnostic", params)


# ---------------------------------------------------------------------- push or pull
def test_a_minimal_client_is_pushed_to_and_told_no_more_than_it_knows() -> None:
    with serving() as server:
        result = server.initialize(MINIMAL)
        assert "diagnosticProvider" not in result["capabilities"]
        assert result["capabilities"]["positionEncoding"] == "utf-16"
        server.open(URI, TEXT)
        (found,) = server.diagnostics(URI)
        assert found["range"] == span(1, 18, 1, 28)
        assert (found["code"], found["source"], found["severity"]) == ("HAT101", "offloop", 1)
        assert not {"relatedInformation", "codeDescription", "data"} & found.keys()
        assert "homeassistant/helpers/entity.py:10: runs it in the executor" in found["message"]
        server.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert server.diagnostics(URI) == []


def test_a_capable_client_pulls_and_is_never_pushed_to() -> None:
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        result = server.initialize(VSCODE)
        provider = result["capabilities"]["diagnosticProvider"]
        assert provider["interFileDependencies"] is True
        assert provider["workspaceDiagnostics"] is True
        server.open(URI, TEXT)
        report = pull(server, URI)
        (found,) = report["items"]
        assert found["codeDescription"]["href"] == "https://example.org/HAT101"
        assert [one["message"] for one in found["relatedInformation"]] == ["is called here"]
        assert found["relatedInformation"][0]["location"]["uri"] == URI
        assert found["data"]["fingerprint"]
        again = pull(server, URI, report["resultId"])
        assert again == {"kind": "unchanged", "resultId": report["resultId"]}
        server.change(URI, 2, {"range": span(0, 0, 0, 0), "text": "\n"})
        moved = pull(server, URI, report["resultId"])
        assert moved["items"][0]["range"] == span(2, 18, 2, 28)
        assert moved["items"][0]["data"] == found["data"]
        assert server.end() == 0
        assert not [one for one in server.seen if one.get("method") == "textDocument/publishDiagnostics"]


def test_a_client_that_cannot_be_told_to_pull_again_is_pushed_to(integration: Path) -> None:
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        assert "diagnosticProvider" not in server.initialize(NEOVIM)["capabilities"]
        one, two = (integration / "switch.py").as_uri(), (integration / "__init__.py").as_uri()
        server.open(one, SWITCH)
        assert len(server.diagnostics(one)) == 1
        server.open(two, "poison\n")
        assert len(server.diagnostics(one)) == 2


def test_an_edit_refreshes_the_other_files_of_the_integration(integration: Path) -> None:
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        server.initialize(VSCODE)
        one, two = (integration / "switch.py").as_uri(), (integration / "__init__.py").as_uri()
        server.open(one, SWITCH)
        server.open(two, "")
        first = pull(server, one)
        assert [item["code"] for item in first["items"]] == ["HAT101"]
        pull(server, two)
        server.change(two, 2, {"text": "poison\n"})
        assert server.wait(lambda message: message.get("method") == "workspace/diagnostic/refresh")
        second = pull(server, one, first["resultId"])
        assert [item["code"] for item in second["items"]] == ["HAT101", "HAT104"]


def test_related_documents_are_given_along_where_the_client_takes_them(integration: Path) -> None:
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        server.initialize(RELATED)
        one, two = (integration / "switch.py").as_uri(), (integration / "__init__.py").as_uri()
        server.open(one, SWITCH)
        server.open(two, "")
        pull(server, one)
        pull(server, two)
        server.change(two, 2, {"text": "poison\n"})
        related = pull(server, two)["relatedDocuments"]
        assert [item["code"] for item in related[one]["items"]] == ["HAT101", "HAT104"]
        assert "relatedDocuments" not in pull(server, two)


def test_a_pushed_edit_reaches_the_other_open_files_and_a_close_takes_it_back(integration: Path) -> None:
    with serving() as server:
        server.initialize({"textDocument": {"publishDiagnostics": {"versionSupport": True}}})
        one, two = (integration / "switch.py").as_uri(), (integration / "__init__.py").as_uri()
        server.open(one, SWITCH, 7)
        assert len(server.diagnostics(one, lambda params: params["version"] == 7)) == 1
        server.open(two, "poison\n")
        assert len(server.diagnostics(one, lambda params: len(params["diagnostics"]) == 2)) == 2
        server.notify("textDocument/didClose", {"textDocument": {"uri": two}})
        assert len(server.diagnostics(one, lambda params: len(params["diagnostics"]) == 1)) == 1


def test_files_that_change_on_the_disk_are_read_again(integration: Path) -> None:
    with serving() as server:
        server.initialize()
        one, two = (integration / "switch.py").as_uri(), integration / "__init__.py"
        server.open(one, SWITCH)
        assert len(server.diagnostics(one)) == 1
        two.write_text("poison, and longer than before\n")
        server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": two.as_uri(), "type": 2}]})
        assert len(server.diagnostics(one)) == 2
        two.unlink()
        server.notify("textDocument/didSave", {"textDocument": {"uri": one}})
        assert len(server.diagnostics(one)) == 1
        (integration / "manifest.json").unlink()
        changes = [{"uri": (integration / "manifest.json").as_uri(), "type": 3}]
        server.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        server.change(one, 2, {"text": ""})
        assert server.diagnostics(one, lambda params: not params["diagnostics"]) == []


def test_changes_on_the_disk_are_seen_by_clients_that_cannot_tell_of_them(integration: Path) -> None:
    one, two = (integration / "switch.py").as_uri(), integration / "__init__.py"
    with serving() as server:
        server.initialize(NEOVIM | {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": False}}})
        server.open(one, SWITCH)
        assert len(server.diagnostics(one)) == 1
        server.actions(one, span(0, 0, 0, 0))
        for change in (lambda: two.write_text("poison, and longer\n"), two.unlink):
            time.sleep(2.1)
            change()
            server.actions(one, span(0, 0, 0, 0))
            server.diagnostics(one)
        (integration / "late.py").write_text("poison\n")
        time.sleep(2.1)
        server.actions(one, span(0, 0, 0, 0))
        assert len(server.diagnostics(one)) == 2
        time.sleep(2.1)
        server.actions(one, span(0, 0, 0, 0))
        assert not [message for message in server.seen if one in str(message)], (
            "and nothing is done for nothing"
        )


def test_notebooks_are_no_integrations(integration: Path) -> None:
    cell = f"vscode-notebook-cell:{integration}/demo.ipynb#W0sZmlsZQ"
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        result = server.initialize(VSCODE)
        assert "notebookDocumentSync" not in result["capabilities"]
        server.notify("notebookDocument/didOpen", {"notebookDocument": {}, "cellTextDocuments": []})
        server.open(cell, "x.async_fire(1)\n")
        assert len(pull(server, cell)["items"]) == 1, "a cell is a text of its own"
        notebook = (integration / "demo.ipynb").as_uri()
        item = {"uri": notebook, "languageId": "json", "version": 1, "text": '{"cells": ["x.async_fire(1)"]}'}
        server.notify("textDocument/didOpen", {"textDocument": item})
        assert pull(server, notebook)["items"] == []
        assert server.end() == 0
        assert not [one for one in server.seen if one.get("method") == "window/logMessage"]


def test_what_a_start_does_not_need_is_loaded_later() -> None:
    """``initialize`` is to be answered within a second of CPU, half of which goes into the protocol's types."""
    later = ("facts", "library", "resolve", "inference", "catalog", "project", "proof")
    script = (
        "import sys, offloop.lsp.server\n"
        f"print([name for name in {later} if f'offloop.{{name}}' in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "[]"


def test_findings_of_a_stopgap_are_refreshed_when_the_catalog_is_there(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with serving(OFFLOOP_TEST_GATE=str(gate)) as server:
        server.initialize({"window": {"workDoneProgress": True}})
        server.open(URI, TEXT)
        (found,) = server.diagnostics(URI)
        assert "found by the stopgap" in found["message"]
        begun = server.notification("$/progress")
        assert begun["value"]["title"] == "offloop: Reading Home Assistant"
        since = time.monotonic()
        for version in range(2, 8):
            server.change(URI, version, {"range": span(0, 0, 0, 0), "text": "\n"})
            server.diagnostics(URI, lambda params, version=version: params.get("version", version) == version)
        assert time.monotonic() - since < 2.0, "the stopgap does not wait for the catalog with each edit"
        gate.touch()
        (found,) = server.diagnostics(URI)
        assert "found by version None" in found["message"]
        server.notification("$/progress", lambda params: params["value"]["kind"] == "end")


# ---------------------------------------------------------------------- settings
def test_settings_come_from_options_and_from_the_client_and_change_without_restart() -> None:
    with serving() as server:
        wanted: Message = {"homeAssistant": "2024.5.0", "trace": {"server": "off"}}
        server.answers["workspace/configuration"] = lambda message: [
            wanted for _ in message["params"]["items"]
        ]
        server.initialize(
            {"workspace": {"configuration": True}},
            initializationOptions={"settings": {"home-assistant": "2023.1.0"}},
        )
        server.open(URI, TEXT)
        assert "version 2024.5.0" in server.diagnostics(URI)[0]["message"]
        wanted["homeAssistant"] = "2025.4.4"
        server.notify("workspace/didChangeConfiguration", {"settings": None})
        server.diagnostics(URI, lambda params: "version 2025.4.4" in params["diagnostics"][0]["message"])


def test_settings_of_a_client_without_requests() -> None:
    with serving() as server:
        server.initialize(initializationOptions={"settings": {"homeAssistant": "2023.1.0"}})
        server.open(URI, TEXT)
        assert "version 2023.1.0" in server.diagnostics(URI)[0]["message"]
        server.notify(
            "workspace/didChangeConfiguration", {"settings": {"offloop": {"homeAssistant": "2024.1.0"}}}
        )
        server.diagnostics(URI, lambda params: "version 2024.1.0" in params["diagnostics"][0]["message"])


def test_watchers_are_registered_where_the_client_can() -> None:
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        server.initialize(VSCODE)
        asked = server.wait(lambda message: message.get("method") == "client/registerCapability")
        methods = {one["method"] for one in asked["params"]["registrations"]}
        assert methods == {"workspace/didChangeWatchedFiles", "workspace/didChangeConfiguration"}


def test_folders_have_their_own_settings(tmp_path: Path) -> None:
    names = ("first", "second")
    folders = [tmp_path / name for name in names]
    with serving() as server:

        def settings(message: Message) -> list[Message]:
            scopes = [item.get("scopeUri", "") for item in message["params"]["items"]]
            return [
                {"homeAssistant": "2024.1.1" if scope.endswith("first") else "2025.1.1"} for scope in scopes
            ]

        server.answers["workspace/configuration"] = settings
        server.initialize(
            {"workspace": {"configuration": True, "workspaceFolders": True}},
            workspaceFolders=[{"uri": folder.as_uri(), "name": folder.name} for folder in folders],
        )
        for folder, version in zip(folders, ("2024.1.1", "2025.1.1"), strict=True):
            folder.mkdir()
            uri = (folder / "one.py").as_uri()
            server.open(uri, TEXT)
            assert version in server.diagnostics(uri)[0]["message"]


# ---------------------------------------------------------------------- actions
@pytest.mark.parametrize("capabilities", [MINIMAL, VSCODE, NEOVIM], ids=["minimal", "vscode", "neovim"])
def test_quick_fixes_are_offered_the_preferred_one_first(capabilities: Message) -> None:
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        server.initialize(capabilities)
        server.open(URI, TEXT, 5)
        actions = server.actions(URI, span(1, 20, 1, 20), only=["quickfix"])
        assert [one["title"] for one in actions] == [
            "Use hass.bus.fire",
            "Delete it (unsafe)",
            "Suppress HAT101 on this line",
        ]
        capable = capabilities is not MINIMAL
        assert [one.get("isPreferred", False) for one in actions] == [capable, False, False]
        assert {one["kind"] for one in actions} == {"quickfix"}
        edit = server.edited(actions[0])["edit"]
        if capable:
            (change,) = edit["documentChanges"]
            assert change["textDocument"] == {"uri": URI, "version": 5}
            edits = change["edits"]
        else:
            edits = edit["changes"][URI]
        assert apply(TEXT, edits) == TEXT.replace("async_fire", "fire")


def test_the_preferred_fix_comes_alone_where_the_client_applies_the_only_one() -> None:
    with serving() as server:
        server.initialize(MINIMAL, initializationOptions={"ui": {"oneQuickFix": True}})
        server.open(URI, TEXT)
        at = span(1, 20, 1, 20)
        (action,) = server.actions(URI, at, only=["quickfix"])
        assert action["title"] == "Use hass.bus.fire"
        assert len(server.actions(URI, at, only=["quickfix", "source"])) == 4
        assert len(server.actions(URI, at)) == 5


@pytest.mark.parametrize("capabilities", [MINIMAL, NEOVIM], ids=["minimal", "neovim"])
def test_a_fix_that_does_not_help_is_not_offered(capabilities: Message) -> None:
    with serving() as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        server.initialize(capabilities)
        server.open(URI, TEXT + "# stubborn\n")
        at, only = span(1, 20, 1, 20), ["quickfix"]
        if capabilities is NEOVIM:
            # Nothing is tried before the user chooses; what was tried is known.
            first, *_others = server.actions(URI, at, only=only)
            assert first["title"] == "Use hass.bus.fire"
            assert "edit" not in first
            answer = server.answer(server.ask("codeAction/resolve", first))
            assert answer["error"]["code"] == -32803
            assert "This fix would not help: HAT101" in answer["error"]["message"]
        titles = [one["title"] for one in server.actions(URI, at, only=only)]
        assert titles == ["Delete it (unsafe)", "Suppress HAT101 on this line"]


def test_actions_are_filtered_by_kind_and_place() -> None:
    with serving() as server:
        server.initialize(MINIMAL)
        text = TEXT * 2
        server.open(URI, text)
        line = span(1, 20, 1, 20)
        assert server.actions(URI, line, only=["refactor"]) == []
        assert server.actions(URI, span(0, 0, 0, 0)) == []
        (every,) = server.actions(URI, span(0, 0, 0, 0), only=["source.fixAll.offloop"])
        assert every["kind"] == "source.fixAll.offloop"
        assert apply(text, server.edited(every)["edit"]["changes"][URI]) == text.replace("async_fire", "fire")
        assert server.actions(URI, line, only=["source"]) == [every]
        assert len(server.actions(URI, line, only=[""])) == 5
        kinds = [one["kind"] for one in server.actions(URI, line)]
        assert kinds == ["quickfix"] * 3 + ["offloop.showWhy", "source.fixAll.offloop"]
        assert server.actions("untitled:other", line) == []


def test_a_suppression_takes_the_finding_away() -> None:
    with serving() as server:
        server.initialize(MINIMAL)
        server.open(URI, TEXT)
        *_others, suppress = server.actions(URI, span(1, 20, 1, 20), only=["quickfix"])
        text = apply(TEXT, server.edited(suppress)["edit"]["changes"][URI])
        assert text.endswith('async_fire("x")  # offloop: ignore[HAT101] TODO: why is this safe?\n')
        server.change(URI, 2, {"text": text})
        assert server.diagnostics(URI, lambda params: not params["diagnostics"]) == []


def test_actions_are_those_of_the_newest_text() -> None:
    with serving() as server:
        server.initialize(MINIMAL)
        server.open(URI, TEXT)
        for number in range(20):
            server.change(URI, number + 2, {"range": span(0, 0, 0, 0), "text": "#\n"})
            actions = server.actions(URI, span(number + 2, 20, number + 2, 20), only=["quickfix"])
            edits = server.edited(actions[0])["edit"]["changes"][URI]
            assert edits[0]["range"] == span(number + 2, 18, number + 2, 28)


# ---------------------------------------------------------------------- places
@pytest.mark.parametrize(
    ("offered", "chosen", "first"),
    [
        (None, "utf-16", 8),
        (["utf-16"], "utf-16", 8),
        (["utf-8", "utf-16"], "utf-8", 14),
        (["utf-32", "utf-8", "utf-16"], "utf-32", 7),
        (["utf-7"], "utf-16", 8),
    ],
)
def test_columns_are_counted_as_the_client_does(offered: list[str] | None, chosen: str, first: int) -> None:
    with serving() as server:
        capabilities: Message = {"general": {"positionEncodings": offered}} if offered else {}
        assert server.initialize(capabilities)["capabilities"]["positionEncoding"] == chosen
        text = "\r\n\t\x0cé😀\u2028é.async_fire(1)\r"
        server.open(URI, text)
        (found,) = server.diagnostics(URI)
        width = len("async_fire")
        assert found["range"] == span(1, first, 1, first + width)
        server.change(
            URI, 2, {"range": found["range"], "text": "é"}, {"range": span(0, 0, 1, 1), "text": "😀"}
        )
        server.change(URI, 3, {"range": span(1, 0, 1, 0), "text": "x.async_fire("})
        (found,) = server.diagnostics(URI, lambda params: params["diagnostics"])
        assert found["range"] == span(1, 2, 1, 2 + width)


# ---------------------------------------------------------------------- hover and commands
def test_commands_are_named_after_us() -> None:
    with serving() as server:
        result = server.initialize(initializationOptions={"settings": {"logLevel": "info"}})
        commands = result["capabilities"]["executeCommandProvider"]["commands"]
        assert commands
        assert all(name.startswith("offloop.") for name in commands)
        server.open(URI, TEXT)
        server.diagnostics(URI)
        told = server.request("workspace/executeCommand", {"command": "offloop.debugInformation"})
        assert "1 findings" in told
        server.notification("window/logMessage", lambda params: "checking against" in params["message"])
        server.request("workspace/executeCommand", {"command": "offloop.restart"})
        server.notification("window/logMessage", lambda params: "checking against" in params["message"])
