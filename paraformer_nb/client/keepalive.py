"""Detect a dead connection: pings that must be answered while the consumer is reading.

The socket's own keepalive is not enough: its ping waits without a timeout behind audio that a dead connection does not
accept, and it blames the connection for what a slow consumer leaves unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .response_timeout import ResponseTimeout


class Keepalive:
    """Calls `on_timeout` within `timeout` seconds after a connection stops answering.

    The time runs only between `resume` and `pause`, as a `ResponseTimeout`'s does.
    """

    def __init__(self, socket: ClientConnection, timeout: float, on_timeout: Callable[[], None]) -> None:
        self._socket = socket
        self._interval = 0.4 * timeout  # between pings, and as long for the answer; the rest is for closing
        self._response = ResponseTimeout(on_timeout)

    def resume(self) -> None:
        """The consumer is waiting for the next event."""
        self._response.resume()

    def pause(self) -> None:
        """The consumer is busy."""
        self._response.pause()

    async def run(self) -> None:
        """Ping until the connection ends."""
        try:
            while True:
                await asyncio.sleep(self._interval)
                self._response.set(self._interval)  # before the ping, which may have to wait for room to be sent
                await (await self._socket.ping())
                self._response.set(None)
        except ConnectionClosed:
            pass  # the receiver sees it too, and reports it
        finally:
            self._response.set(None)
