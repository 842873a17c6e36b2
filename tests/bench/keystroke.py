"""How long the server's loop is kept from its client while somebody types.

``python -m tests.bench.keystroke [--edits 200] [--pause 0.1]``: the whole server within this process, on a
real file of a Home Assistant release below OFFLOOP_HA_SOURCES. A heartbeat on the loop notices how late it is; on
Linux, what the threads waited for a processor that others had is taken off.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from offloop.lsp.connection import Conversation
from offloop.lsp.features import register
from offloop.lsp.host import Host
from offloop.lsp.server import share_the_interpreter
from offloop.lsp.workshop import LocalWorkshop
from tests.lsp.real_parts import home_assistant
from tests.lsp.wire import frame

FILE = "homeassistant/components/mqtt/client.py"
LINE = "    value = self.hass.states.get(name)\n"
BEAT = 0.002


class Client:
    """Says what an editor says, and notes when findings come."""

    def __init__(self, host: Host) -> None:
        self.published = asyncio.Event()
        self.version = 0
        self.arrived: dict[int, float] = {}
        host.protocol.set_writer(self)
        self._conversation = Conversation(host.protocol)
        self._number = 0

    def write(self, data: bytes) -> None:
        for line in data.split(b"\r\n"):
            if line.startswith(b"{"):
                self._told(json.loads(line))

    def close(self) -> None:
        pass

    def _told(self, message: dict[str, Any]) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self.version = message["params"].get("version") or 0
            self.arrived.setdefault(self.version, time.perf_counter())
            self.published.set()

    def say(self, method: str, params: object, *, ask: bool = False) -> None:
        message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
        if ask:
            self._number += 1
            message["id"] = self._number
        self._conversation.feed(frame(json.dumps(message).encode()))

    async def shown(self, version: int) -> None:
        while self.version < version:
            self.published.clear()
            await asyncio.wait_for(self.published.wait(), 120)


async def beat(late: list[tuple[float, float]]) -> None:
    """Note each time when the loop came back later than it should, and by how much."""
    before, kept = time.perf_counter(), kept_waiting()
    while True:
        await asyncio.sleep(BEAT)
        now, waited = time.perf_counter(), kept_waiting()
        late.append((now, max(0.0, now - before - BEAT - (waited - kept))))
        before, kept = time.perf_counter(), waited


def kept_waiting() -> float:
    """Seconds that our threads have waited for a processor; 0 where the system does not tell."""
    nanoseconds = 0
    for thread in threading.enumerate():
        try:
            told = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text(encoding="ascii")
        except OSError:
            continue
        nanoseconds += int(told.split()[1])
    return nanoseconds / 1e9


async def measure(sources: str, edits: int, pause: float) -> None:
    host = Host("bench", LocalWorkshop())
    register(host)
    client = Client(host)
    path = Path(sources, FILE)
    text = path.read_text(encoding="utf-8")
    uri = path.as_uri()
    capabilities = {"textDocument": {"publishDiagnostics": {"versionSupport": True}}}
    options = {"settings": {"homeAssistant": sources}}
    say = client.say
    say(
        "initialize",
        {"processId": None, "rootUri": None, "capabilities": capabilities, "initializationOptions": options},
        ask=True,
    )
    await asyncio.sleep(0)
    say("initialized", {})
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    say("textDocument/didOpen", {"textDocument": document})
    started = time.perf_counter()
    await client.shown(1)
    print(f"first findings after {time.perf_counter() - started:.2f} s")
    await asyncio.sleep(3)
    late: list[tuple[float, float]] = []
    collections: list[tuple[int, float]] = []
    gc.callbacks.append(_watch_collections(collections))
    heart = asyncio.create_task(beat(late))
    said: dict[int, float] = {}
    row = text.count("\n", 0, text.index("    async def async_start(")) if "async_start(" in text else 50
    for number in range(edits):
        letter = LINE[number % len(LINE)]
        place = {"line": row, "character": number % len(LINE)}
        change = {"range": {"start": place, "end": place}, "text": letter}
        said[number + 2] = time.perf_counter()
        say(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": number + 2}, "contentChanges": [change]},
        )
        if letter == "\n":
            row += 1
        await asyncio.sleep(pause)
    await client.shown(edits + 1)
    heart.cancel()
    _tell("loop blocked", [seconds for _when, seconds in late])
    _tell(
        "edit to findings",
        [client.arrived[one] - when for one, when in said.items() if one in client.arrived],
    )
    slow = [seconds for _generation, seconds in collections]
    _tell("collections", slow or [0.0])
    over = sum(seconds > 0.02 for _when, seconds in late)
    print(
        f"{over} blocks over 20 ms; {len(slow)} collections, {sum(one == 2 for one, _ in collections)} full"
    )


def _watch_collections(found: list[tuple[int, float]]) -> Callable[[str, dict[str, int]], None]:
    since = 0.0

    def watch(phase: str, info: dict[str, int]) -> None:
        nonlocal since
        if phase == "start":
            since = time.perf_counter()
        else:
            found.append((info["generation"], time.perf_counter() - since))

    return watch


def _tell(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p99 = ordered[int(len(ordered) * 0.99)]
    print(
        f"{what}: longest {ordered[-1] * 1000:.1f} ms, 99% {p99 * 1000:.1f} ms, "
        f"median {statistics.median(ordered) * 1000:.1f} ms ({len(ordered)})"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.keystroke", description=__doc__)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between two edits")
    options = parser.parse_args()
    sources = home_assistant()
    if sources is None:
        print("OFFLOOP_HA_SOURCES names no Home Assistant to measure on", file=sys.stderr)
        return 2
    share_the_interpreter()
    asyncio.run(measure(sources, options.edits, options.pause))
    return 0


if __name__ == "__main__":
    sys.exit(main())
