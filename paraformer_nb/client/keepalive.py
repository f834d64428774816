"""Whether the other side is still there: a ping now and then, which must be answered while somebody listens.

The socket's own keepalive will not do. Its ping waits, with no end, behind audio that a dead link does not take; and it
blames the link for what a slow consumer leaves unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .response_timeout import ResponseTimeout


class Keepalive:
    """Calls `overdue` within `timeout` seconds of a connection's falling silent.

    The time runs only between `resume` and `pause`, as a `Deadline`'s does.
    """

    def __init__(self, socket: ClientConnection, timeout: float, overdue: Callable[[], None]) -> None:
        self._socket = socket
        self._share = 0.4 * timeout  # so long between pings, as long for the answer, and the rest to give it up
        self._deadline = ResponseTimeout()
        self._deadline.overdue = overdue

    def resume(self) -> None:
        """Somebody listens."""
        self._deadline.resume()

    def pause(self) -> None:
        """Nobody listens."""
        self._deadline.pause()

    async def watch(self) -> None:
        """Ping until the connection is over."""
        try:
            while True:
                await asyncio.sleep(self._share)
                self._deadline.set(self._share)  # before the ping, which may have to wait for room
                await (await self._socket.ping())
                self._deadline.set(None)
        except ConnectionClosed:
            pass  # the receiver sees it too, and tells of it
        finally:
            self._deadline.set(None)
