"""One socket as the service uses it: messages in, texts out, an end. Faults wrap it."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConcurrencyError, ConnectionClosed

from .limits import Limits

_AT_ONCE = 8 * 1024  # bytes: more could hold so many frames that taking them apart would keep others waiting
_MOST_UNREAD = 1024 * 1024  # bytes of answers to pings


class Wire(Protocol):
    """What a connection needs of a socket. `receive` and `send` raise ConnectionClosed when it is over."""

    async def receive(self, timeout: float) -> str | bytes | None:
        """The next message; None when none came within so many seconds."""

    async def send(self, text: str) -> None:
        """Send an event; return when there is room for the next one."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End it as the protocol has it."""

    async def wait_closed(self) -> None:
        """Return when it is over."""

    def abort(self, *, with_reset: bool = False) -> None:
        """End it as a power cut does, or as a dying router."""

    def freeze(self) -> None:
        """Read nothing more, not even pings, and let nobody know."""


class Socket(ServerConnection):
    """A socket that a client cannot make a burden: neither with thousands of frames at once, nor with pings whose
    answers it does not read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with little read at a time."""
        super().connection_made(transport)
        self.transport.max_size = _AT_ONCE  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take what came; drop a client that only sends."""
        super().data_received(data)
        if self.transport.get_write_buffer_size() > _MOST_UNREAD:
            self.transport.abort()


class SocketWire:
    """A real socket."""

    def __init__(self, socket: ServerConnection, limits: Limits) -> None:
        self._socket = socket
        self._limits = limits

    async def receive(self, timeout: float) -> str | bytes | None:
        """The next message, or None."""
        await asyncio.sleep(0)  # thousands may be here already, and others must have their turn
        try:
            async with asyncio.timeout(timeout):
                return await self._socket.recv()
        except TimeoutError:
            return None

    async def send(self, text: str) -> None:
        """Send; a client that reads nothing for too long is dropped."""
        try:
            async with asyncio.timeout(self._limits.unread):
                await self._socket.send(text)
        except TimeoutError:
            self.abort()
            await self._socket.wait_closed()
            await self._socket.send(text)  # raises ConnectionClosed

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye, and wait a moment for the answer, which stands behind all that the client had sent before."""
        closing = asyncio.create_task(self._close(code, reason))
        try:
            await asyncio.shield(closing)
        finally:
            await closing

    async def wait_closed(self) -> None:
        """Return when it is over."""
        await self._socket.wait_closed()

    async def _close(self, code: int, reason: str) -> None:
        closing = asyncio.create_task(self._socket.close(code, reason))
        with suppress(ConnectionClosed, ConcurrencyError):  # it is over, or somebody reads already
            while not closing.done():
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
        """Read nothing more."""
        if not self._socket.transport.is_closing():
            self._socket.transport.pause_reading()
