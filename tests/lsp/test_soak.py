"""Hours of typing: memory stays, every request is answered, no result of an old text is shown.

``OFFLOOP_TEST_SOAK`` says how many edits (2,000; the long form is 20,000). Memory is that of the server's process.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lsp.wire import REAL, Message, Server, serving, span

EDITS = int(os.environ.get("OFFLOOP_TEST_SOAK", "2000"))
SETTLED = max(EDITS // 10, 1000)
FILES = ("demo/light.py", "demo/media_player.py", "hue/bridge.py", "demo/climate.py")
MOST_GROWTH = 0.10
PIECES = (
    "x",
    "self.",
    "self.hass.bus.async_fire('x')",
    '"""',
    "(",
    "async def turn_on(self):",
    "# a comment",
)


def memory(process_id: int) -> int:
    """Resident memory of a process in KiB."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="no /proc to read memory from")
def test_typing_for_hours(release: Callable[[str], Path]) -> None:
    components = release("2026.11.0") / "homeassistant" / "components"
    chooser = random.Random(EDITS)
    with serving(REAL) as server:
        options = {"settings": {"homeAssistant": "2026.11", "jedi": False}}
        publish = {"versionSupport": True, "relatedInformation": True, "dataSupport": True}
        server.initialize({"textDocument": {"publishDiagnostics": publish}}, initializationOptions=options)
        typists = [Typist(server, components / name, chooser) for name in FILES]
        sizes: list[tuple[int, int]] = []
        done = 0
        while done < EDITS:
            typist = chooser.choice(typists)
            done += typist.burst()
            if done >= SETTLED and (not sizes or done - sizes[-1][0] >= EDITS // 20):
                sizes.append((done, memory(server.process.pid)))
        sizes.append((done, memory(server.process.pid)))
        growth = sizes[-1][1] / sizes[0][1] - 1
        print(f"\n{done} edits; KiB after edits: {sizes}; growth {growth:.1%}")
        assert server.end() == 0
        assert growth <= MOST_GROWTH, sizes


class Typist:
    """Somebody who writes into one file, undoes it all now and then, and looks at what the server says."""

    def __init__(self, server: Server, path: Path, chooser: random.Random) -> None:
        self.server = server
        self.uri = path.as_uri()
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.count("\n")
        self.version = 1
        self.shown = 0
        self.chooser = chooser
        server.open(self.uri, self.text)
        self._wait()

    def burst(self) -> int:
        """Type some characters at one place, look, take them back; returns the number of edits."""
        line = self.chooser.randrange(self.lines)
        typed = self.chooser.choice(PIECES) * self.chooser.choice([1, 1, 3])
        for number, character in enumerate(typed):
            self._change({"range": span(line, number, line, number), "text": character})
        asked = [self._ask(method, line) for method in ("hover", "codeAction", "inlayHint", "documentSymbol")]
        if self.chooser.random() < 0.2:
            self.server.notify("$/cancelRequest", {"id": asked[0]})
        self._wait()
        self._change({"range": span(line, 0, line, len(typed)), "text": ""})
        self._wait()
        for number in asked:
            answer = self.server.answer(number)
            assert "result" in answer or answer["error"]["code"] == -32800, answer
        return len(typed) + 1

    def _change(self, change: Message) -> None:
        self.version += 1
        self.server.change(self.uri, self.version, change)

    def _ask(self, method: str, line: int) -> int:
        place = span(line, 0, line + 1, 0)
        params: Message = {"textDocument": {"uri": self.uri}, "position": place["start"], "range": place}
        return self.server.ask(f"textDocument/{method}", {**params, "context": {"diagnostics": []}})

    def _wait(self) -> None:
        """Wait for the findings of the newest text; none of an older text than one shown before may come."""

        def newest(params: Message) -> bool:
            if params["uri"] != self.uri:
                return False
            assert params["version"] >= self.shown, "a result of an old text"
            self.shown = params["version"]
            return bool(params["version"] == self.version)

        self.server.notification("textDocument/publishDiagnostics", newest)
        self.server.seen = [one for one in self.server.seen if "id" in one]
