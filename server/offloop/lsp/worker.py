"""Threads of our own: work off the loop that dies with the process and never borrows pygls's pool."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

_T = TypeVar("_T")
_CALM_SECONDS = 1.5
_MOST_JOBS = 500


class Worker:
    """One daemon thread that runs jobs one after the other.

    ``rest`` is done there too: when there was nothing to do for a while, or after very many jobs.
    """

    def __init__(self, name: str, rest: Callable[[], object] | None = None) -> None:
        self._name = name
        self._rest = rest
        self._unrested = 0
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    def run(self, job: Callable[[], _T]) -> asyncio.Future[_T]:
        """Queue a job; the future belongs to the running loop and carries its result or exception."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                result = job()
            except Exception as error:  # noqa: BLE001 - whatever a job raises belongs to its future
                _tell(loop, future, future.set_exception, error)
            else:
                _tell(loop, future, future.set_result, result)

        self._start()
        self._jobs.put(work)
        return future

    def stop(self, timeout: float) -> None:
        """Let the thread end after the job that it is at, and wait for that some seconds."""
        self._is_stopped = True
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join(timeout)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while (job := self._next()) is not None and not self._is_stopped:
            job()
            del job
            self._unrested += 1

    def _next(self) -> Callable[[], None] | None:
        if self._rest is None or not self._unrested:
            return self._jobs.get()
        if self._unrested < _MOST_JOBS:
            try:
                return self._jobs.get(timeout=_CALM_SECONDS)
            except Empty:
                pass
        self._rest()
        self._unrested = 0
        return self._jobs.get()


def _tell(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Any],
    settle: Callable[[Any], None],
    value: object,
) -> None:
    def settle_once() -> None:
        if not future.done():
            settle(value)

    if not loop.is_closed():
        loop.call_soon_threadsafe(settle_once)
