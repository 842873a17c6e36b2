"""Write the server's options into package.json, or with --check say where the two differ.

python scripts/settings.py [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "vscode-client" / "package.json"
sys.path.insert(0, str(ROOT / "server"))

from offloop.config import OPTIONS, Option  # noqa: E402 - the checkout's own

OWN: dict[str, dict[str, Any]] = {
    "offloop.enable": {
        "type": "boolean",
        "default": True,
        "scope": "window",
        "markdownDescription": "Run offloop in this window.",
    },
    "offloop.interpreter": {
        "type": "string",
        "default": "",
        "scope": "machine-overridable",
        "markdownDescription": "The Python (3.11 or newer) that runs the server. Empty: the active environment's, "
        "else `python3`, `python` or `py` on the search path. `~`, `${workspaceFolder}`, `${userHome}` and "
        "`${env:NAME}` are replaced. It need not be the one with Home Assistant: that is `#offloop.python#`.",
    },
    "offloop.importStrategy": {
        "type": "string",
        "enum": ["useBundled", "fromEnvironment"],
        "enumDescriptions": [
            "The offloop that comes with the extension.",
            "The offloop that is installed in the interpreter, where there is one.",
        ],
        "default": "useBundled",
        "scope": "window",
        "markdownDescription": "Which offloop runs.",
    },
    "offloop.trace.server": {
        "type": "string",
        "enum": ["messages", "verbose"],
        "default": "messages",
        "scope": "window",
        "markdownDescription": "What is traced of the conversation with the server, once the level of the output "
        "channel *offloop Trace* is set to *Trace*.",
    },
}
"""Settings of the extension alone, in the order in which they are shown before the server's."""


def properties(options: Iterable[Option]) -> dict[str, dict[str, Any]]:
    """Return the settings of package.json for a table of options."""
    server = {
        f"offloop.{option.camel_case}": {
            **_schema(option),
            "scope": "resource" if option.scope == "check" else "window",
            "markdownDescription": option.doc,
        }
        for option in options
    }
    return {**OWN, **server}


def _schema(option: Option) -> dict[str, Any]:
    match option.type:
        case "boolean" | "integer":
            extra = {"minimum": 1} if option.type == "integer" else {}
            return {"type": option.type, "default": option.default, **extra}
        case "string" | "path":
            return {"type": ["string", "null"], "default": option.default}
        case "strings":
            return {"type": "array", "items": {"type": "string"}, "default": list(option.default)}
        case "severities":
            values = {"type": "string", "enum": list(option.choices)}
            return {"type": "object", "additionalProperties": values, "default": {}}
        case "choice":
            return {"type": "string", "enum": list(option.choices), "default": option.default}
    raise ValueError(f"{option.key} is of a type that package.json does not know yet: {option.type}")


def main(arguments: list[str]) -> int:
    """Run the script; 1 where --check finds a difference."""
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    configuration = manifest["contributes"]["configuration"]
    wanted = properties(OPTIONS)
    if "--check" in arguments:
        known = configuration["properties"]
        differing = [key for key in {**wanted, **known} if wanted.get(key) != known.get(key)]
        for key in differing:
            sys.stderr.write(f"{key}: the table says {wanted.get(key)}, package.json {known.get(key)}\n")
        return 1 if differing else 0
    configuration["properties"] = wanted
    MANIFEST.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
