"""A client that speaks raw bytes: for what well-behaved clients never send."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

PATIENCE = float(os.environ.get("OFFLOOP_TEST_TIMEOUT", "60"))
ROOT = Path(__file__).parents[2]
STAND_IN = [sys.executable, "-m", "tests.lsp.standin"]
REAL = [sys.executable, "-m", "offloop", "server"]
Message = dict[str, Any]


def environment(**more: str) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT / "server"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **more}


class Server:
    """A server process; messages that nobody waited for are kept in ``seen``."""

    def __init__(self, command: list[str], **more: str) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment(**more),
        )
        self.seen: list[Message] = []
        self.stray = b""
        self.stderr = b""
        self.answers: dict[str, Callable[[Message], object]] = {}
        self._queue: Queue[Message | None] = Queue()
        self._next = 0
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._read, self._drain)]
        for thread in self._threads:
            thread.start()

    # ------------------------------------------------------------------ sending
    def raw(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message: Message) -> None:
        self.raw(frame(json.dumps({"jsonrpc": "2.0", **message}).encode()))

    def notify(self, method: str, params: object = None) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: object = None) -> int:
        self._next += 1
        self.send({"id": self._next, "method": method, "params": params})
        return self._next

    def request(self, method: str, params: object = None) -> Any:
        answer = self.answer(self.ask(method, params))
        assert "error" not in answer, answer
        return answer["result"]

    # ------------------------------------------------------------------ receiving
    def answer(self, number: object) -> Message:
        return self.wait(lambda message: message.get("id") == number and "method" not in message)

    def notification(self, method: str, fits: Callable[[Any], bool] = lambda _params: True) -> Any:
        found = self.wait(lambda message: message.get("method") == method and fits(message["params"]))
        return found["params"]

    def diagnostics(
        self, uri: str, fits: Callable[[Any], bool] = lambda _params: True, patience: float = PATIENCE
    ) -> list[Message]:
        def meant(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            return bool(message["params"]["uri"] == uri and fits(message["params"]))

        return list(self.wait(meant, patience)["params"]["diagnostics"])

    def wait(self, fits: Callable[[Message], bool], patience: float = PATIENCE) -> Message:
        for index, message in enumerate(self.seen):
            if fits(message):
                return self.seen.pop(index)
        while True:
            try:
                message_or_end = self._queue.get(timeout=patience)
            except Empty:
                raise AssertionError(
                    f"no such message; seen: {self.seen!r}; stderr: {self.stderr!r}"
                ) from None
            assert message_or_end is not None, f"the server ended: {self.stderr!r}"
            self._answer(message_or_end)
            if fits(message_or_end):
                return message_or_end
            self.seen.append(message_or_end)

    def _answer(self, message: Message) -> None:
        if "method" in message and "id" in message:
            make = self.answers.get(message["method"], lambda _message: None)
            self.send({"id": message["id"], "result": make(message)})

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            if not line.lower().startswith(b"content-length:"):
                self.stray += line
                continue
            length = int(line.split(b":")[1])
            while stream.readline().strip():
                pass
            self._queue.put(json.loads(stream.read(length)))
        self._queue.put(None)

    def _drain(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.stderr += line

    # ------------------------------------------------------------------ life
    def initialize(self, capabilities: Message | None = None, **more: object) -> Message:
        params = {"processId": os.getpid(), "rootUri": None, "capabilities": capabilities or {}, **more}
        result = self.request("initialize", params)
        self.notify("initialized", {})
        return dict(result)

    def open(self, uri: str, text: str, version: int = 1) -> None:
        item = {"uri": uri, "languageId": "python", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: Message) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def actions(self, uri: str, place: Message, **context: object) -> list[Message]:
        asked = {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": [], **context}}
        return list(self.request("textDocument/codeAction", asked))

    def edited(self, action: Message) -> Message:
        """Return an action with its edit, as a client does when the user chooses it."""
        if "edit" in action or "data" not in action:
            return action
        resolved: Message = self.request("codeAction/resolve", action)
        return resolved

    def end(self) -> int:
        """Shut the server down as the protocol says and return its exit code."""
        self.request("shutdown")
        self.notify("exit")
        return self.finished()

    def finished(self) -> int:
        code = self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        return code


@contextmanager
def serving(command: list[str] | None = None, **more: str) -> Iterator[Server]:
    server = Server(command or STAND_IN, **more)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        for stream in (server.process.stdin, server.process.stdout, server.process.stderr):
            assert stream is not None
            with suppress(OSError):
                stream.close()


def frame(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def span(first_line: int, first: int, last_line: int, last: int) -> Message:
    return {"start": {"line": first_line, "character": first}, "end": {"line": last_line, "character": last}}


def apply(text: str, edits: list[Message]) -> str:
    """Apply text edits whose columns are code points of a text that has only plain line ends."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]

    def offset(place: Message) -> int:
        return starts[place["line"]] + int(place["character"])

    for edit in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        text = text[: offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]) :]
    return text
