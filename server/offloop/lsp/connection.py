"""The byte streams: the loop reads and writes what is there at once, threads do where that cannot be known."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

from offloop.lsp.framing import Frame, Framer, later_frame
from offloop.lsp.protocol import OffloopProtocol

_CHUNK = 1 << 16
_FLUSH_SECONDS = 5.0
_PARENT_SECONDS = 2.0


class Outlet:
    """Write what it is given, in order, to a file descriptor; ``write`` never blocks and is called in one thread.

    What a pipe takes at once is written at once, all else by a thread of its own.
    """

    def __init__(self, descriptor: int, on_broken: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._on_broken = on_broken
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        # Each is changed by one thread only.
        self._queued = self._written = 0
        self._takes = _waiting_room(descriptor)
        self._thread = threading.Thread(target=self._serve, name="offloop-write", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Write bytes, or queue them."""
        if self._queued == self._written and len(data) <= self._takes():
            with contextlib.suppress(OSError):  # the thread will tell
                data = data[os.write(self._descriptor, data) :]
        if data:
            self._queued += 1
            self._queue.put(data)

    def close(self) -> None:
        """Wait, for some seconds at most, until all is written."""
        self._queue.put(None)
        self._thread.join(_FLUSH_SECONDS)

    def _serve(self) -> None:
        while (data := self._queue.get()) is not None:
            view = memoryview(data)
            try:
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError:
                self._on_broken()
                return
            self._written += 1


def _waiting_room(descriptor: int) -> Callable[[], int]:
    """Return a function that tells how many bytes can be written without waiting, as far as that can be known."""
    if sys.platform == "win32":
        return lambda: 0
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return lambda: select.PIPE_BUF if poll.poll(0) == [(descriptor, select.POLLOUT)] else 0


class Conversation:
    """One client's stream: bytes in, messages to the protocol, until it ends."""

    def __init__(self, protocol: OffloopProtocol) -> None:
        self._protocol = protocol
        self._framer = Framer()
        self._lost = False
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        protocol.on_exit = self.end

    def end(self, code: int) -> None:
        """End the session with an exit code; the first one counts."""
        if not self._ended.done():
            self._ended.set_result(code)

    def feed(self, data: bytes) -> None:
        """Handle all messages that these bytes complete; no bytes are the end of the stream."""
        if not data:
            self.end(self._protocol.exit_code)
            return
        for piece in self._framer.feed(data):
            if self._ended.done():
                return
            if isinstance(piece, Frame):
                self._message(piece.body)
            else:
                self._garbage(piece.data)

    async def wait(self) -> int:
        """Return the exit code once the session has ended."""
        return await self._ended

    def _message(self, body: bytes) -> None:
        if self._protocol.receive(body):
            self._lost = False
            return
        start = later_frame(body)
        if start is not None:
            self._framer.push_back(body[start:])
        self._garbage(body[:start])

    def _garbage(self, data: bytes) -> None:
        if not self._lost:
            self._protocol.on_fault(f"input that is no message is skipped: {data[:60]!r}")
        self._lost = True


async def converse_stdio(protocol: OffloopProtocol, source: int, sink: int) -> int:
    """Serve one client on two file descriptors and return the exit code."""
    loop = asyncio.get_running_loop()
    conversation = Conversation(protocol)
    outlet = Outlet(sink, lambda: _soon(loop, lambda: conversation.end(1)))
    protocol.set_writer(outlet)

    stop = _reading(loop, source, conversation.feed)
    code = await conversation.wait()
    stop()
    outlet.close()
    return code


def _reading(
    loop: asyncio.AbstractEventLoop, source: int, feed: Callable[[bytes], None]
) -> Callable[[], object]:
    """Feed what arrives at a file descriptor, no bytes at its end; returns a function that stops that."""

    def read() -> None:
        data = _read(source)
        if not data:
            loop.remove_reader(source)
        feed(data)

    try:
        loop.add_reader(source, read)
    except (NotImplementedError, OSError):  # on Windows; a file

        def read_all() -> None:
            data = b"start"
            while data:
                data = _read(source)
                _soon(loop, partial(feed, data))

        threading.Thread(target=read_all, name="offloop-read", daemon=True).start()
        return lambda: None
    return lambda: loop.remove_reader(source)


def _read(source: int) -> bytes:
    try:
        return os.read(source, _CHUNK)
    except OSError:
        return b""


async def converse_tcp(
    protocol: OffloopProtocol, host: str, port: int, announce: Callable[[str], None]
) -> int:
    """Wait for one client on a port (0: any, announced), serve it and return the exit code."""
    accepted: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    accepted = asyncio.get_running_loop().create_future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if accepted.done():
            writer.close()
        else:
            accepted.set_result((reader, writer))

    listener = await asyncio.start_server(accept, host, port)
    announce(f"offloop server listens on {host}:{listener.sockets[0].getsockname()[1]}")
    reader, writer = await accepted
    listener.close()
    protocol.set_writer(_Stream(writer))
    conversation = Conversation(protocol)
    reading = asyncio.create_task(_pump(reader, conversation))
    code = await conversation.wait()
    reading.cancel()
    with contextlib.suppress(OSError):
        await writer.drain()
        writer.close()
    return code


class _Stream:
    """A StreamWriter as pygls wants it: its own ``write`` would be awaited."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    def close(self) -> None:
        self._writer.close()


async def _pump(reader: asyncio.StreamReader, conversation: Conversation) -> None:
    data = b"start"
    while data:
        try:
            data = await reader.read(_CHUNK)
        except OSError:
            data = b""
        conversation.feed(data)


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop was closed in between
        loop.call_soon_threadsafe(call)


async def parent_death(process_id: int, end: Callable[[int], None], code: Callable[[], int]) -> None:
    """End the session when the process that started us is gone."""
    while process_alive(process_id):
        await asyncio.sleep(_PARENT_SECONDS)
    end(code())


def process_alive(process_id: int) -> bool:
    """Return whether a process of this id exists; True when that cannot be told."""
    if sys.platform == "win32":
        return _alive_windows(process_id)
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _alive_windows(process_id: int) -> bool:
    import ctypes  # noqa: PLC0415 - only there

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - unknown to type checkers elsewhere
    handle = kernel.OpenProcess(0x00100000, False, process_id)
    if not handle:
        return False
    alive = kernel.WaitForSingleObject(handle, 0) == 0x102
    kernel.CloseHandle(handle)
    return bool(alive)
