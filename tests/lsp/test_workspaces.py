"""The server on the real checker in workspaces as they are: several folders, kinds of folders, texts without a file."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.lsp.clients import VSCODE
from tests.lsp.conftest import SWITCH
from tests.lsp.sequences import LOOSE
from tests.lsp.test_context import LINES, TEXT, at, make_folder
from tests.lsp.wire import REAL, Message, Server, serving

BUNDLED = {"settings": {"homeAssistant": "2026.11.0"}}


def pull(server: Server, uri: str) -> list[Message]:
    return list(server.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})["items"])


def codes(server: Server, uri: str) -> list[str]:
    return [one["code"] for one in pull(server, uri)]


def version(server: Server, uri: str) -> str:
    params = {"command": "offloop.showCatalog", "arguments": [{"uri": uri}]}
    return str(server.request("workspace/executeCommand", params)["version"])


def begin(server: Server, *folders: Path, options: Message | None = None) -> None:
    server.answers["workspace/configuration"] = lambda message: [{}] * len(message["params"]["items"])
    names = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
    server.initialize(VSCODE, workspaceFolders=names, initializationOptions=options or {})


def logged(server: Server) -> list[str]:
    return [
        message["params"]["message"]
        for message in server.seen
        if message.get("method") == "window/logMessage"
    ]


def configure(folder: Path, *lines: str) -> str:
    file = folder / "pyproject.toml"
    file.write_text("\n".join(["[tool.offloop]", *lines, ""]))
    return file.as_uri()


# ---------------------------------------------------------------------- folders
def test_folders_are_checked_against_releases_of_their_own(tmp_path: Path) -> None:
    with serving(REAL) as server:
        roots = {"old": "2024.4.4", "new": "2026.11.0"}
        for name, release in roots.items():
            make_folder(tmp_path / name)
            configure(tmp_path / name, f'home-assistant = "{release}"')
        begin(server, *(tmp_path / name for name in roots))
        found = {}
        for name, release in roots.items():
            uri = (tmp_path / name / "custom_components" / "demo_switch" / "switch.py").as_uri()
            server.open(uri, TEXT)
            found[name] = codes(server, uri)
            assert version(server, uri) == release
        # Before 2024.5, Home Assistant did not look at the thread: what corrupts its data is a warning there.
        assert found == {"old": ["HAT102", "HAT104"], "new": ["HAT101", "HAT104"]}
        told = configure(tmp_path / "old", 'home-assistant = "2026.11.0"', 'ignore = ["HAT104"]')
        server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": told, "type": 2}]})
        uri = (tmp_path / "old" / "custom_components" / "demo_switch" / "switch.py").as_uri()
        assert codes(server, uri) == ["HAT101"]
        assert version(server, uri) == "2026.11.0"
        assert server.end() == 0
        assert server.stderr == b""


def _component(root: Path) -> Path:
    """A checkout of Home Assistant, as far as it is looked at, with the integration in its place."""
    (root / "homeassistant" / "components").mkdir(parents=True)
    folder = root / "homeassistant" / "components" / "loose_hub"
    shutil.copytree(LOOSE, folder)
    (folder / "manifest.json").write_text(json.dumps({"domain": "loose_hub", "name": "Loose hub"}))
    return folder


def _custom(root: Path) -> Path:
    folder = root / "custom_components" / "loose_hub"
    shutil.copytree(LOOSE, folder)
    (folder / "manifest.json").write_text(
        json.dumps({"domain": "loose_hub", "name": "Loose hub", "version": "1"})
    )
    return folder


@pytest.mark.parametrize("kind", ["custom_components", "one integration", "core", "several"])
def test_kinds_of_workspaces(kind: str, tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    if kind == "several":
        folders = [_custom(root / "first"), _custom(root / "second")]
    else:
        folders = [_component(root) if kind == "core" else _custom(root)]
    opened = folders[0] if kind == "one integration" else root
    options = {"settings": {"homeAssistant": "2026.11.0", "diagnosticMode": "workspace"}}
    with serving(REAL) as server:
        begin(server, opened, options=options)
        items = server.request("workspace/diagnostic", {"previousResultIds": []})["items"]
        found = {one["uri"]: [finding["code"] for finding in one["items"]] for one in items if one["items"]}
        expected = {"helper.py": ["HAT101", "HAT101"], "switch.py": ["HAT104"]}
        assert found == {
            (folder / name).as_uri(): codes for folder in folders for name, codes in expected.items()
        }
        # Nothing vanishes, and nothing else comes, when a file is opened and closed.
        uri = (folders[0] / "helper.py").as_uri()
        server.open(uri, (folders[0] / "helper.py").read_text())
        assert codes(server, uri) == expected["helper.py"]
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        items = server.request("workspace/diagnostic", {"previousResultIds": []})["items"]
        again = {one["uri"]: [finding["code"] for finding in one["items"]] for one in items if one["items"]}
        assert again == found
        assert server.end() == 0


# ---------------------------------------------------------------------- texts without a file
def test_untitled_texts_and_cells_are_checked_alone() -> None:
    with serving(REAL) as server:
        begin(server, options=BUNDLED)
        untitled, cell = "untitled:Untitled-1", "vscode-notebook-cell:/notes/demo.ipynb#W0sZmlsZQ"
        server.open(untitled, TEXT)
        assert codes(server, untitled) == ["HAT101", "HAT104"]
        (found, _) = pull(server, untitled)
        titles = [action["title"] for action in server.actions(untitled, found["range"])]
        assert titles[0].startswith("Use self.hass.bus.fire")
        asked = {"textDocument": {"uri": untitled}, "position": at("turn_on", lines=LINES)}
        assert "runs in a worker thread" in server.request("textDocument/hover", asked)["contents"]["value"]
        server.notify("notebookDocument/didOpen", {"notebookDocument": {}, "cellTextDocuments": []})
        server.open(cell, "%matplotlib inline\nawait thing\n")
        assert pull(server, cell) == []
        server.notify("textDocument/didClose", {"textDocument": {"uri": untitled}})
        assert server.end() == 0
        assert server.stderr == b""
        assert logged(server) == []


# ---------------------------------------------------------------------- faults
def test_a_crashing_rule_is_told_once_and_the_others_go_on(integration: Path) -> None:
    code = """
from dataclasses import replace
import offloop.project as project

def crash(analysis):
    raise ZeroDivisionError("the rule crashes")

project.RULES = tuple(replace(one, check=crash) if one.code == "HAT104" else one for one in project.RULES)
from offloop.lsp.server import main
raise SystemExit(main([]))
"""
    with serving([sys.executable, "-c", code]) as server:
        begin(server, options=BUNDLED)
        uri = (integration / "switch.py").as_uri()
        server.open(uri, SWITCH)
        for number in range(2, 6):
            assert codes(server, uri) == ["HAT101"]
            server.change(uri, number, {"text": SWITCH + "\n" * number})
        assert server.end() == 0
        assert [one for one in logged(server) if "internal error in HAT104" in one] == logged(server)
        assert len(logged(server)) == 1
