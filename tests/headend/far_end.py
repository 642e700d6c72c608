"""A head-end that does as it is told, down to the bytes on the socket."""

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Behaviour = Callable[["Line", "Heard"], Awaitable[None]]
"""What the far end does with one request."""


@dataclass(frozen=True)
class Heard:
    """One request as it arrived; header names in lower case."""

    method: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Line:
    """The connection that a request came on."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    closing: asyncio.Event

    async def send(self, data: bytes) -> None:
        """Put bytes on the wire."""
        self.writer.write(data)
        await self.writer.drain()

    async def wait(self, seconds: float | None = None) -> None:
        """Do nothing until the test is over, or for some seconds."""
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return

    def reset(self) -> None:
        """Break the connection with RST instead of closing it."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.writer.transport.abort()


def respond(
    status: int, body: bytes = b"", *, headers: dict[str, str] | None = None
) -> Behaviour:
    """A plain HTTP answer."""

    async def behave(line: Line, _: Heard) -> None:
        await line.send(http(status, body, headers or {}))

    return behave


def answer(said: Callable[[bytes], bytes]) -> Behaviour:
    """A 200 whose body is made from the request's."""

    async def behave(line: Line, heard: Heard) -> None:
        await line.send(http(200, said(heard.body), {"Content-Type": "text/xml"}))

    return behave


def raw(data: bytes, *, then_reset: bool = False) -> Behaviour:
    """These bytes and no others."""

    async def behave(line: Line, _: Heard) -> None:
        await line.send(data)
        if then_reset:
            line.reset()
        else:
            line.writer.close()

    return behave


async def hang(line: Line, _: Heard) -> None:
    """Take the request and never answer (F04, F05)."""
    await line.wait()


async def reset(line: Line, _: Heard) -> None:
    """Take the request and break the connection."""
    line.reset()


async def drip(line: Line, _: Heard) -> None:
    """Answer a byte at a time, for ever (F08)."""
    await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not line.closing.is_set():
        await line.send(b"<")
        await line.wait(0.02)


def http(status: int, body: bytes, headers: dict[str, str]) -> bytes:
    """An HTTP/1.1 response as bytes."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class FarEnd:
    """A listening head-end. `behaviour` may be changed between calls."""

    behaviour: Behaviour = field(default_factory=lambda: respond(500))
    greeting: bytes = b""
    """Said at once to whoever connects."""
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    busiest: int = 0
    """The most requests that were under way at the same time."""
    _under_way: int = 0
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """The endpoint, for plain HTTP."""
        return f"http://127.0.0.1:{self.port}/aidon/soap"

    def wait_for(self, count: int, *, seconds: float = 20) -> list[Heard]:
        """The requests that have arrived, once there are so many."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.heard) >= count, seconds)
            assert arrived, f"{len(self.heard)} of {count} requests came"
            return list(self.heard)

    async def talk(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        closing: asyncio.Event,
    ) -> None:
        """Serve one connection until it ends."""
        self.connections += 1
        line = Line(reader, writer, closing)
        try:
            await line.send(self.greeting)
            while (heard := await _request(reader)) is not None:
                with self._arrived:
                    self.heard.append(heard)
                    self._arrived.notify_all()
                self._under_way += 1
                self.busiest = max(self.busiest, self._under_way)
                try:
                    await self.behaviour(line, heard)
                finally:
                    self._under_way -= 1
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> Heard | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Heard(method=first.split()[0], headers=headers, body=body)


@contextmanager
def listening(*, tls: ssl.SSLContext | None = None) -> Iterator[FarEnd]:
    """A far end on a free port, served by a thread until the block ends."""
    far_end = FarEnd()
    started = threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        closing = asyncio.Event()
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(
            lambda reader, writer: far_end.talk(reader, writer, closing),
            "127.0.0.1",
            0,
            ssl=tls,
        )
        far_end.port = server.sockets[0].getsockname()[1]
        stop.append(lambda: loop.call_soon_threadsafe(closing.set))
        started.set()
        await closing.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    started.wait(timeout=10)
    try:
        yield far_end
    finally:
        stop[0]()
        thread.join(timeout=10)
