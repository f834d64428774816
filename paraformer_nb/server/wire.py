"""A connection's socket as the service uses it: receive messages, send texts, close. Faults wrap it."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConcurrencyError, ConnectionClosed

from .limits import Limits
from .posts import METHOD, Api, PostReader

_MAX_READ = 8 * 1024  # bytes; a larger read can contain so many frames that parsing them delays other connections


class Wire(Protocol):
    """A socket with messages. `receive` and `send` raise ConnectionClosed once it is closed."""

    async def receive(self, timeout: float) -> str | bytes | None:
        """Return the next message; None if none arrives within `timeout` seconds."""

    async def send(self, text: str) -> None:
        """Send an event; return when there is room for the next one."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with the protocol's closing handshake."""

    async def wait_closed(self) -> None:
        """Wait until it is closed."""

    def abort(self, *, with_reset: bool = False) -> None:
        """Drop the connection without a closing handshake, as after a power cut; optionally with a TCP reset."""

    def freeze(self) -> None:
        """Stop reading, pings included, without informing the client."""


class Census:
    """The connections of a service, from the first packet on: a client may connect and never send a handshake."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._handshaking: set[LimitedConnection] = set()
        self._accepted: set[LimitedConnection] = set()

    @property
    def handshaking(self) -> int:
        """Connections that have not completed their handshake."""
        return len(self._handshaking)

    @property
    def accepted(self) -> int:
        """Connections whose handshake was accepted."""
        return len(self._accepted)

    def add(self, connection: LimitedConnection) -> bool:
        """Count a new connection. Returns False if there are too many, and it must be dropped."""
        if len(self._handshaking) >= self.limits.handshakes:
            return False
        self._handshaking.add(connection)
        return True

    def accept(self, connection: ServerConnection) -> int:
        """Count an accepted handshake. Returns how many connections were accepted before it."""
        before = len(self._accepted)
        assert isinstance(connection, LimitedConnection)
        self._handshaking.discard(connection)
        self._accepted.add(connection)
        return before

    def remove(self, connection: LimitedConnection) -> None:
        """Count a connection no more."""
        self._handshaking.discard(connection)
        self._accepted.discard(connection)


class LimitedConnection(ServerConnection, asyncio.BufferedProtocol):
    """A server connection that limits what one client can cost: handshakes that never come, frames parsed at once, and
    unread answers to pings.

    It gives asyncio a small buffer to read into. uvloop does not ask a `Protocol` for one: there the listening
    socket's receive buffer is the limit.
    """

    def __init__(self, *args: Any, census: Census, api: Api, **options: Any) -> None:
        super().__init__(*args, **options)
        self._census = census
        self._api = api
        self._begin = b""  # what was read, until it is known whether it is a POST
        self._post: PostReader | None = None
        self._is_handshake = False
        self._read = bytearray(_MAX_READ)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Drop a connection beyond `Limits.handshakes`."""
        super().connection_made(transport)
        if not self._census.add(self):
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._census.remove(self)
        super().connection_lost(exc)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Give the buffer that the next read fills."""
        return self._read

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what was read."""
        self.data_received(bytes(memoryview(self._read)[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Answer a POST request; pass on everything else, a WebSocket's handshake and frames."""
        if self._is_handshake:
            self._receive(data)
            return
        if self._post is None:
            self._begin += data
            data = self._begin
            if len(data) < len(METHOD) and METHOD.startswith(data):
                return  # not known yet
            if not data.startswith(METHOD):
                self._is_handshake = True
                self._receive(data)
                return
            self._post = PostReader(self._api)
        if (answer := self._post.feed(data)) is not None:
            self.transport.write(answer)
            # The client closes, or `Limits.handshake` ends it. To close while it still sends would be a reset, which
            # makes its system drop an answer that it has not read.
            self.transport.write_eof()

    def _receive(self, data: bytes) -> None:
        """Parse the data; drop a client that sends pings and does not read the answers."""
        super().data_received(data)
        if self.transport.get_write_buffer_size() > self._census.limits.pongs:
            self.transport.abort()


class SocketWire:
    """The wire of a real connection."""

    def __init__(self, socket: ServerConnection, limits: Limits) -> None:
        self._socket = socket
        self._limits = limits

    async def receive(self, timeout: float) -> str | bytes | None:
        """Return the next message, or None."""
        await asyncio.sleep(0)  # thousands of messages may be buffered: let other connections run in between
        try:
            async with asyncio.timeout(timeout):
                return await self._socket.recv()
        except TimeoutError:
            return None

    async def send(self, text: str) -> None:
        """Send a text; drop a client that reads nothing for too long."""
        try:
            async with asyncio.timeout(self._limits.unread):
                await self._socket.send(text)
        except TimeoutError:
            self.abort()
            await self._socket.wait_closed()
            await self._socket.send(text)  # raises ConnectionClosed

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close, and wait for the client's answer, also if this task is cancelled meanwhile."""
        closing = asyncio.create_task(self._close(code, reason))
        try:
            await asyncio.shield(closing)
        finally:
            await closing

    async def wait_closed(self) -> None:
        """Wait until it is closed."""
        await self._socket.wait_closed()

    async def _close(self, code: int, reason: str) -> None:
        """Close, and discard the messages that the client sent before its answer: the answer comes after them."""
        closing = asyncio.create_task(self._socket.close(code, reason))
        with suppress(ConnectionClosed, ConcurrencyError):  # it is closed, or another task is reading
            while not closing.done():
                with suppress(AssertionError):  # the library's, for the rest of a message of too many fragments
                    await self._socket.recv()
                await asyncio.sleep(0)
        await closing

    def abort(self, *, with_reset: bool = False) -> None:
        """Drop the connection."""
        transport = self._socket.transport
        if with_reset and not transport.is_closing():
            raw = transport.get_extra_info("socket")
            raw.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    def freeze(self) -> None:
        """Stop reading."""
        if not self._socket.transport.is_closing():
            self._socket.transport.pause_reading()
