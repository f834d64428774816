"""Detect a dead connection by what shows that it is alive, not by the answer to one ping.

The socket's own keepalive is not enough: its ping waits without a timeout behind audio that a dead connection does not
accept, it is answered late behind audio that a slow one has not accepted, and it blames the connection for what a slow
consumer leaves unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from websockets.exceptions import ConnectionClosed

from .connection import ObservedConnection

_TICKS = 20  # in which a timeout is counted
# Seconds of audio from a ping to the next, × the timeout. Little at first: a service that reads slowly answers often. A
# twentieth of what was answered promptly in a row, up to half the timeout: a service may become slow at any moment, and
# one that reads slowly answers promptly until its buffers are full.
_LEAST_AUDIO = 0.1
_MOST_AUDIO = 0.5
_SHARE = 0.05
_PROMPT = 0.05  # × the timeout; an answer within that is prompt


class Keepalive:
    """Calls `on_timeout` within `timeout` seconds after the last sign of life of a connection.

    A ping follows every two to ten seconds or so of audio, and half a timeout without a sign. The time runs only
    between `resume` and `pause`, and is counted in ticks: neither a consumer that is busy nor a process that was
    stopped is mistaken for a dead connection.

    While a ping is not answered, no more audio is sent than to the next one: a server may accept megabytes, and then be
    silent until it has worked them off, however slowly. One that has never answered a ping is not waited for.
    """

    def __init__(self, socket: ObservedConnection, timeout: float, on_timeout: Callable[[], None]) -> None:
        self._socket = socket
        self._timeout = timeout
        self._on_timeout = on_timeout
        self._is_running = False
        self._seconds = 0.0  # of audio since the last ping
        self._prompt = 0.0  # of audio, answered promptly in a row
        self._pong: asyncio.Future[float] | None = None  # to the last ping
        self._has_answer = False

    def resume(self) -> None:
        """The consumer is waiting for the next event."""
        self._is_running = True

    def pause(self) -> None:
        """The consumer is busy."""
        self._is_running = False

    async def begin(self) -> None:
        """Ping, to learn whether the other side answers. Raises ConnectionClosed."""
        self._pong = asyncio.ensure_future(await self._socket.ping())

    async def count_audio(self, seconds: float) -> None:
        """Ping behind what was sent where that is much, once the ping before is answered. Raises ConnectionClosed."""
        self._seconds += seconds
        least, most = _LEAST_AUDIO * self._timeout, _MOST_AUDIO * self._timeout
        if self._seconds < min(max(least, _SHARE * self._prompt), most):
            return
        is_prompt = await self._wait_for_pong()
        self._prompt = self._prompt + self._seconds if is_prompt else 0.0
        self._seconds = 0.0
        self._pong = asyncio.ensure_future(await self._socket.ping())

    async def _wait_for_pong(self) -> bool:
        """Wait for the answer to the last ping, but not for ever: `run` judges whether the connection is dead. Returns
        whether it came promptly."""
        if self._pong is None:
            return False
        if not self._pong.done() and self._has_answer:
            await asyncio.wait({self._pong}, timeout=self._timeout / 2)
        self._has_answer |= self._pong.done()
        return self._pong.done() and self._pong.result() < _PROMPT * self._timeout

    async def wait_until_read(self) -> None:
        """Wait until the other side has read all that was sent: it answers a ping behind that. Raises
        ConnectionClosed."""
        await (await self._socket.ping())

    async def run(self) -> None:
        """Watch the connection until it ends."""
        silent = 0  # consecutive ticks without a sign of life
        while silent < _TICKS - 1:  # the last sign may be up to a tick older
            await asyncio.sleep(self._timeout / _TICKS)
            if self._socket.signs_of_life():
                silent = 0
            elif self._is_running:
                silent += 1
                if silent == _TICKS // 2 and not self._socket.is_write_pending:  # that needs an answer as well
                    try:
                        await self._socket.ping()
                    except ConnectionClosed:
                        return  # the receiver sees it too, and reports it
        self._on_timeout()
