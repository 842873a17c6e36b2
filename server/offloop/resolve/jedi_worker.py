"""Ask jedi in a process of its own: started when needed, ended when it hangs, given up when it fails."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import BinaryIO, NamedTuple

from offloop.resolve.messages import read_message, write_message
from offloop.text import LineIndex

_CHILD = """\
import json, sys
order = json.loads(sys.argv[1])
sys.path[:] = order["path"]
from offloop.resolve.jedi_types import main
main(order["cache"])
"""
# A process that failed is started again after a pause, doubled each time, and at last not at all.
_MOST_FAILURES = 4
_MOST_ANSWERS = 20_000
# Where there is no such flag, the child lowers its priority itself.
_LOWEST_PRIORITY = int(getattr(subprocess, "IDLE_PRIORITY_CLASS", 0))


class Question(NamedTuple):
    """What class has the object that an expression stands for?

    ``offset`` is the 0-based code point offset at which the expression ends; ``digest`` identifies the text.
    """

    path: str
    digest: str
    text: str
    offset: int

    @property
    def key(self) -> Key:
        """The file, its text and the place: equal ones have equal answers."""
        return self.path, self.digest, self.offset


Key = tuple[str, str, int]
Answers = Mapping[Key, tuple[str, ...]]
_Folders = tuple[str, ...]


class _Process:
    """A running child with the thread that reads its answers: None stands for its end."""

    def __init__(self, cache: Path, command: Sequence[str]) -> None:
        own = str(Path(__file__).parents[2])
        path = [own, *(entry for entry in sys.path if entry and entry != own)]
        order = json.dumps({"path": path, "cache": str(cache)})
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [*command, order],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=own,
            creationflags=_LOWEST_PRIORITY,
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._requests: BinaryIO = self._child.stdin  # type: ignore[assignment]  # pipes without text are binary
        self.answers: SimpleQueue[list[str] | None] = SimpleQueue()
        self._unsent: SimpleQueue[Mapping[str, object] | None] = SimpleQueue()
        self._reader = Thread(target=self._read, args=(self._child.stdout,), daemon=True)
        self._reader.start()
        # A pipe takes little at a time: who asks must not wait until a busy child reads on.
        self._writer = Thread(target=self._write, daemon=True)
        self._writer.start()

    def _read(self, stream: BinaryIO) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (answer := read_message(stream)) is not None:
                self.answers.put(answer)
        self.answers.put(None)

    def _write(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (request := self._unsent.get()) is not None:
                write_message(self._requests, request)

    def send(self, request: Mapping[str, object]) -> None:
        """Queue a request; should the child be gone, the end of its answers says so."""
        self._unsent.put(request)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def end(self) -> None:
        """End the child at once and release what it holds."""
        with contextlib.suppress(OSError):
            self._child.kill()
        self._unsent.put(None)
        self._writer.join(timeout=5.0)
        with contextlib.suppress(OSError):
            self._requests.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=5.0)
        self._reader.join(timeout=5.0)
        if self._child.stdout is not None and not self._reader.is_alive():
            self._child.stdout.close()


class _Pending(NamedTuple):
    """A place that the child has been asked about."""

    question: Question
    folders: _Folders


class JediWorker:
    """Answers by content, from one child at a time; to be used by one thread at a time.

    ``cache`` is the folder for jedi's own cache. ``sys_path`` are the folders that modules are looked for in.
    ``patience`` is how many seconds jedi may think about one place before its process is ended.
    """

    def __init__(
        self,
        cache: Path,
        sys_path: Sequence[str],
        patience: float = 60.0,
        pause: float = 5.0,
        command: Sequence[str] = (sys.executable, "-P", "-c", _CHILD),
    ) -> None:
        self.sys_path = tuple(sys_path)
        self.fault: str | None = None
        """What went wrong first, in words for the user; None while nothing has."""
        self._cache = cache
        self._patience = patience
        self._pause = pause
        self._command = tuple(command)
        self._process: _Process | None = None
        self._known: dict[tuple[Key, _Folders], tuple[str, ...]] = {}
        self._pending: deque[_Pending] = deque()
        self._since = 0.0
        self._failures = 0
        self._not_before = 0.0

    def ask(self, questions: Iterable[Question], timeout: float, sys_path: Sequence[str] = ()) -> Answers:
        """Return what is answered within ``timeout`` seconds; an empty tuple says that jedi does not know.

        ``sys_path`` are folders to look into before those of the worker. Never raises. What is not answered
        in time is still worked on, for a later call; a place that made the child hang or end counts as
        one that jedi does not know.
        """
        folders = tuple(dict.fromkeys((*sys_path, *self.sys_path)))
        wanted = {(question.key, folders): question for question in questions}
        deadline = time.monotonic() + timeout
        self._send({key: one for key, one in wanted.items() if key not in self._known}, folders)
        while self._pending and any(key not in self._known for key in wanted):
            if not self._receive(deadline):
                break
        return {key[0]: self._known[key] for key in wanted if key in self._known}

    def close(self) -> None:
        """End the child; a later question starts a new one."""
        if self._process is not None:
            self._process.end()
            self._process = None
        self._pending.clear()

    @property
    def has_given_up(self) -> bool:
        """Whether the child has failed so often that none is started any more."""
        return self._process is None and self._failures >= _MOST_FAILURES

    @property
    def pid(self) -> int | None:
        """The child's process id, None where none runs."""
        return None if self._process is None else self._process.pid

    # ---------------------------------------------------------------- questions and answers
    def _send(self, wanted: Mapping[tuple[Key, _Folders], Question], folders: _Folders) -> None:
        waiting = {(pending.question.key, pending.folders) for pending in self._pending}
        by_text: dict[tuple[str, str], list[Question]] = {}
        for key, question in wanted.items():
            if key not in waiting:
                by_text.setdefault((question.path, question.digest), []).append(question)
        for asked in by_text.values():
            process = self._running()
            if process is None:
                return
            text = asked[0].text
            lines = LineIndex(text)
            ends = [lines.position(_end(text, question.offset)) for question in asked]
            if not self._pending:
                self._since = time.monotonic()
            self._pending.extend(_Pending(question, folders) for question in asked)
            process.send({"path": asked[0].path, "text": text, "sys_path": folders, "places": ends})

    def _receive(self, deadline: float) -> bool:
        """Take one answer; False where there is none in time, or no more to come."""
        process = self._process
        if process is None:
            return False
        hangs = self._since + self._patience
        try:
            answer = process.answers.get(timeout=max(min(deadline, hangs) - time.monotonic(), 0.001))
        except Empty:
            if time.monotonic() >= hangs:
                self._failed("jedi took too long")
            return False
        if answer is None:
            self._failed("the process that asks jedi has ended")
            return False
        self._since = time.monotonic()
        self._failures = 0
        self._remember(self._pending.popleft(), tuple(answer))
        return True

    def _remember(self, pending: _Pending, types: tuple[str, ...]) -> None:
        self._known[pending.question.key, pending.folders] = types
        while len(self._known) > _MOST_ANSWERS:
            del self._known[next(iter(self._known))]

    # ---------------------------------------------------------------- the child
    def _running(self) -> _Process | None:
        if self._process is None and self._failures < _MOST_FAILURES and time.monotonic() >= self._not_before:
            try:
                self._process = _Process(self._cache, self._command)
            except OSError as error:
                self._failed(f"no process to ask jedi could be started: {error}")
        return self._process

    def _failed(self, reason: str) -> None:
        if self._pending:
            # It is the first place that jedi failed on: it is not asked about again.
            self._remember(self._pending.popleft(), ())
        self.close()
        self._not_before = time.monotonic() + self._pause * 2**self._failures
        self._failures += 1
        self.fault = self.fault or f"{reason}: some types that only jedi can tell stay unknown"


def _end(text: str, offset: int) -> int:
    """Return where an expression ends, the brackets around it included."""
    end = offset
    for place in range(offset, len(text)):
        if text[place] == ")":
            end = place + 1
        elif not text[place].isspace():
            break
    return end
