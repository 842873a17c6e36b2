"""What the extension's package says and holds, against the rest of the project."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

from offloop.config import OPTIONS

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "vscode-client"
MANIFEST: dict[str, Any] = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, CLIENT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_settings_are_those_of_the_table() -> None:
    known = MANIFEST["contributes"]["configuration"]["properties"]
    wanted = _script("settings").properties(OPTIONS)
    assert known == wanted, "run: python vscode-client/scripts/settings.py"
    for option in OPTIONS:
        setting = known[f"offloop.{option.camel_case}"]
        default = list(option.default) if option.type == "strings" else option.default
        assert setting["default"] == ({} if option.type == "severities" else default)
        assert setting["markdownDescription"] == option.doc
        assert setting.get("enum", ()) == (list(option.choices) if option.type == "choice" else ())


def test_versions_and_parser_are_the_projects() -> None:
    assert MANIFEST["version"] == PROJECT["version"]
    parser = next(one for one in PROJECT["dependencies"] if one.startswith("ast-serialize"))
    assert f'PARSER = "{parser}"' in (CLIENT / "src" / "parser.ts").read_text(encoding="utf-8")
    minimum = PROJECT["requires-python"].removeprefix(">=").replace(".", ", ")
    assert f"MINIMUM = ({minimum})" in (CLIENT / "bundled" / "start_server.py").read_text(encoding="utf-8")
    assert f"MINIMUM: Version = [{minimum}, 0]" in (CLIENT / "src" / "python" / "version.ts").read_text(
        encoding="utf-8"
    )


def test_locked_libraries_are_all_that_the_project_needs() -> None:
    locks = [CLIENT / "libraries" / name for name in ("pure.txt", "parser.txt")]
    text = "\n".join(lock.read_text(encoding="utf-8") for lock in locks)
    locked = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
    named = {re.split(r"[<>=~! ]", one)[0] for one in PROJECT["dependencies"]}
    assert named <= locked
    assert text.count("--hash=sha256:") >= len(locked)


def test_what_is_contributed_is_there() -> None:
    contributes = MANIFEST["contributes"]
    source = "\n".join(file.read_text(encoding="utf-8") for file in (CLIENT / "src").glob("*.ts"))
    for command in contributes["commands"]:
        assert f'"{command["command"]}":' in source, command
    pictures = [MANIFEST["icon"]]
    for step in contributes["walkthroughs"][0]["steps"]:
        pictures += [step["media"].get("image") or step["media"]["markdown"]]
    pictures += re.findall(r"!\[[^\]]+\]\((.+?)\)", (CLIENT / "README.md").read_text(encoding="utf-8"))
    assert len(pictures) == 8
    for picture in pictures:
        file = CLIENT / picture
        assert file.is_file(), picture
        assert file.stat().st_size <= 200_000, picture


def test_nothing_of_the_workspace_is_started_without_trust() -> None:
    limits = MANIFEST["capabilities"]["untrustedWorkspaces"]
    assert limits["supported"] == "limited"
    assert set(limits["restrictedConfigurations"]) == {"offloop.interpreter", "offloop.importStrategy"}
