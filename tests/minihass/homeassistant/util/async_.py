"""Hops between threads."""

import concurrent.futures
import threading
from asyncio import AbstractEventLoop, Task, get_running_loop
from collections.abc import Callable, Coroutine
from typing import Any


def create_eager_task[_T](
    coro: Coroutine[Any, Any, _T], *, name: str | None = None, loop: AbstractEventLoop | None = None
) -> Task[_T]:
    """Make a task of a coroutine and start it at once."""
    if not loop:
        try:
            loop = get_running_loop()
        except RuntimeError:
            from homeassistant.helpers import frame  # noqa: PLC0415

            frame.report_usage("attempted to create an asyncio task from a thread")
            raise

    return Task(coro, loop=loop, name=name, eager_start=True)


def run_callback_threadsafe[_T, *_Ts](
    loop: AbstractEventLoop, callback: Callable[[*_Ts], _T], *args: *_Ts
) -> concurrent.futures.Future[_T]:
    """Run a function in the loop from another thread; the future holds its result."""
    if (ident := loop.__dict__.get("_thread_id")) and ident == threading.get_ident():
        raise RuntimeError("Cannot be called from within the event loop")

    future: concurrent.futures.Future[_T] = concurrent.futures.Future()

    def run_callback() -> None:
        """Run the function and keep its result."""
        try:
            future.set_result(callback(*args))
        except Exception as exc:
            future.set_exception(exc)
            raise

    loop.call_soon_threadsafe(run_callback)
    return future
