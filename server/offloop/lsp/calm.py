"""What is to be done once nothing has happened for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Calm:
    """Calls the last thing that it was given, ``seconds`` after that; lives on the loop.

    One timer goes on for as long as more is given: to set and cancel one for each keystroke costs more.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = 0.0
        self._last: Callable[[], None] | None = None

    def call(self, job: Callable[[], None]) -> None:
        """Call a plain function when it is calm, unless another is given before."""
        loop = asyncio.get_running_loop()
        is_waiting = self._last is not None
        self._at, self._last = loop.time() + self._seconds, job
        if not is_waiting:
            loop.call_at(self._at, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._at:
            loop.call_at(self._at, self._look)
        elif self._last is not None:
            job, self._last = self._last, None
            job()
