"""Small HTTP and SOCKS5 proxies on loopback; they forward, ask for a password, or refuse."""

from __future__ import annotations

import asyncio
import base64
import struct
import time
from collections.abc import Sequence

from servers import ThreadedServer


class Proxy(ThreadedServer):
    """Forwards what a subclass's `_greet` allows, wherever the client asks for, to `target` on 127.0.0.1.

    Args:
        target: the port that every connection is forwarded to.
        login: "user:password" that it asks for; ``""``: none.

    Attributes:
        asked: the host and port of every request, such as "asr.example:443".
        times: when the requests came.
    """

    scheme: str

    def __init__(self, target: int, *, login: str = "") -> None:
        super().__init__()
        self._target = target
        self._login = login
        self._tasks: set[asyncio.Task[None]] = set()
        self.asked: list[str] = []
        self.times: list[float] = []

    def address(self, login: str = "") -> str:
        """The proxy's URL, with the user and password that a person would write into it."""
        return f"{self.scheme}://{login + '@' if login else ''}127.0.0.1:{self.port}"

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        await self._until_end(server.sockets[0].getsockname()[1])
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if await self._greet(reader, writer):
                there, back = await asyncio.open_connection("127.0.0.1", self._target)
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client or the test has ended it
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    def _count(self, host: str) -> None:
        self.times.append(time.monotonic())
        self.asked.append(host)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        raise NotImplementedError


class HttpProxy(Proxy):
    """An HTTP proxy that answers its first requests with `refusals`: a status line's end, then headers."""

    scheme = "http"

    def __init__(self, target: int, *, login: str = "", refusals: Sequence[str] = ()) -> None:
        super().__init__(target, login=login)
        self._refusals = list(refusals)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self._count(head.split()[1])
        given = base64.b64encode(self._login.encode()).decode()
        if self._refusals:
            answer = self._refusals.pop(0)
        elif self._login and f"Basic {given}" not in head:
            answer = '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="office"'
        else:
            answer = "200 Connection established"
        writer.write(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        await writer.drain()
        return answer.startswith("200")


class SocksProxy(Proxy):
    """A SOCKS5 proxy (RFC 1928, RFC 1929) that replies with a code; 0: it connects."""

    scheme = "socks5h"

    def __init__(self, target: int, *, login: str = "", reply: int = 0) -> None:
        super().__init__(target, login=login)
        self._reply = reply

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = 2 if self._login else 0
        writer.write(bytes([5, wanted if wanted in methods else 255]))
        if wanted not in methods:
            await writer.drain()
            self._count("")
            return False
        if wanted and not await self._log_in(reader, writer):
            self._count("")
            return False
        _version, _connect, _reserved, kind = await reader.readexactly(4)
        assert kind == 3, "the host's name is the proxy's to resolve"
        host = await _read_text(reader)
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        self._count(f"{host}:{port}")
        writer.write(bytes([5, self._reply, 0, 1]) + bytes(6))
        await writer.drain()
        return self._reply == 0

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readexactly(1)
        user = await _read_text(reader)
        is_right = f"{user}:{await _read_text(reader)}" == self._login
        writer.write(bytes([1, not is_right]))
        await writer.drain()
        return is_right


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(8192):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def _read_text(reader: asyncio.StreamReader) -> str:
    """Read a byte with a length, and a text of that length."""
    return (await reader.readexactly((await reader.readexactly(1))[0])).decode()
