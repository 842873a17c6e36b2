"""A keystroke in offloop, ty and ruff: the same edits of the same files in the same run.

``python -m tests.bench.servers [--edits 60] [--ty COMMAND] [--ruff COMMAND] [--only offloop]``: each server is a
process of its own with one file of Home Assistant open, below OFFLOOP_HA_SOURCES. A statement is typed into the
middle of the file, character by character, and taken back. After each edit the findings are pulled; the next edit
follows the answer. CPU is that of the server and all processes it has started, jedi's too. Linux only. Prints a
Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lsp.clients import VSCODE
from tests.lsp.wire import REAL, Server, serving, span

VERSION = "2026.11.0"
FILES = ("demo/light.py", "hue/bridge.py", "mqtt/client.py", "mqtt/config_flow.py")
STATEMENT = "        value = self.hass.states.get(name)"
WARM = 10
LONGEST_REST = 180


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children have used: CPU seconds, resident MiB, and how many they are."""

    cpu: float
    resident: float
    processes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds a keystroke, and memory at the end."""

    server: str
    file: str
    size: int
    cpu: float
    median: float
    p95: float
    resident: float
    processes: int
    findings: int


def usage(process_id: int) -> Usage:
    cpu, resident, processes = 0.0, 0.0, 0
    for one in family(process_id):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        # Its own in user and system mode, and those of children that have ended.
        cpu += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        resident += sum(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmRSS:")) / 1024
        processes += 1
    return Usage(cpu, resident, processes)


def family(process_id: int) -> Iterator[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            children.setdefault(int(parent), []).append(int(entry.name))
    waiting = [process_id]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children.get(one, [])


def measure(name: str, command: list[str], sources: Path, file: str, edits: int) -> Measured:
    path = sources / "homeassistant" / "components" / file
    text = path.read_text(encoding="utf-8")
    uri = path.as_uri()
    settings = {"homeAssistant": str(sources)} if name == "offloop" else {}
    with serving(command) as server:
        server.answers["workspace/configuration"] = lambda message: (
            [settings] * len(message["params"]["items"])
        )
        server.initialize(
            VSCODE,
            rootUri=sources.as_uri(),
            workspaceFolders=[{"uri": sources.as_uri(), "name": "core"}],
            initializationOptions={"settings": settings},
        )
        server.open(uri, text)
        _pull(server, uri)
        _come_to_rest(server)
        row = _place(text)
        version, column = 1, 0
        walls: list[float] = []
        server.change(uri, 2, {"range": span(row, 0, row, 0), "text": "\n"})
        version = 2
        before = usage(server.process.pid)
        for number in range(WARM + edits):
            if number == WARM:
                before = usage(server.process.pid)
            version += 1
            if column < len(STATEMENT):
                change: dict[str, Any] = {
                    "range": span(row, column, row, column),
                    "text": STATEMENT[column],
                }
                column += 1
            else:
                change = {"range": span(row, 0, row, column), "text": ""}
                column = 0
            started = time.perf_counter()
            server.change(uri, version, change)
            found = _pull(server, uri)
            if number >= WARM:
                walls.append((time.perf_counter() - started) * 1000)
        after = usage(server.process.pid)
        server.seen.clear()
    walls.sort()
    return Measured(
        name,
        file,
        len(text.encode()),
        (after.cpu - before.cpu) / edits * 1000,
        statistics.median(walls),
        walls[min(len(walls) - 1, int(len(walls) * 0.95))],
        after.resident,
        after.processes,
        len(found),
    )


def _come_to_rest(server: Server) -> None:
    """Wait for what a server does after its first answer: deriving a catalog, indexing, collecting, asking jedi."""
    until = time.monotonic() + LONGEST_REST
    calm = 0
    while calm < 3 and time.monotonic() < until:
        before = usage(server.process.pid).cpu
        time.sleep(1)
        calm = calm + 1 if usage(server.process.pid).cpu - before < 0.05 else 0


def _pull(server: Server, uri: str) -> list[object]:
    return list(server.request("textDocument/diagnostic", {"textDocument": {"uri": uri}}).get("items", []))


def _place(text: str) -> int:
    """The line behind a statement of a method, near the middle of the file, that another one follows."""
    lines = text.splitlines()
    middle = len(lines) // 2
    for number in (*range(middle, len(lines)), *range(middle, 1, -1)):
        if all(_is_in_method(line) for line in lines[number - 1 : number + 1]):
            return number
    return middle


def _is_in_method(line: str) -> bool:
    return re.fullmatch(r" {8}(?:self|await|[a-z_]+ = ).*[\w)]", line) is not None


def table(measured: list[Measured]) -> str:
    rows = [
        "| file | server | CPU ms a keystroke | wall median, p95 ms | resident MiB (processes) |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows += [
        f"| {one.file} ({one.size // 1000} kB) | {one.server} | {one.cpu:.1f} | {one.median:.1f}, {one.p95:.1f} "
        f"| {one.resident:.0f} ({one.processes}) |"
        for one in measured
    ]
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.servers", description=__doc__)
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--ty", default=shutil.which("ty", path=_path()))
    parser.add_argument("--ruff", default=shutil.which("ruff", path=_path()))
    parser.add_argument("--only", choices=("offloop", "ty", "ruff"))
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    sources = Path(os.environ.get("OFFLOOP_HA_SOURCES", "")) / VERSION
    if not (sources / "homeassistant").is_dir():
        print(f"OFFLOOP_HA_SOURCES names no folder with {VERSION}", file=sys.stderr)
        return 2
    commands = {"offloop": REAL}
    for name, command in (("ty", options.ty), ("ruff", options.ruff)):
        if command:
            commands[name] = [*shlex.split(command), "server"]
        else:
            print(f"{name} is not here: not measured", file=sys.stderr)
    measured = []
    for file in FILES:
        for name, command in commands.items():
            if options.only in (None, name):
                measured.append(measure(name, command, sources, file, options.edits))
                print(measured[-1], file=sys.stderr)
    print(table(measured))
    if options.json:
        fields = Measured.__dataclass_fields__
        found = [{field: getattr(one, field) for field in fields} for one in measured]
        options.json.write_text(json.dumps(found, indent=1))
    return 0


def _path() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


if __name__ == "__main__":
    sys.exit(main())
