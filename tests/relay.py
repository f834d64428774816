"""A relay on loopback between client and service, as a bad network: slow, with black holes and resets."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Sequence
from typing import NamedTuple

from servers import ThreadedServer

_BUFFER = 8 * 1024  # bytes that the relay itself holds of a connection, in each of its buffers


class Disturbance(NamedTuple):
    """What happens to every connection at one moment."""

    after: float
    """Seconds after the first connection."""
    kind: str
    """"hole": nothing is forwarded for some seconds; "reset": a TCP reset; "end": the connection just ends."""
    seconds: float = 0.0


class Relay(ThreadedServer):
    """Forwards to a port on loopback.

    Args:
        port: of the service.
        rate: bytes a second towards the service; None: no limit.
        disturbances: what happens, in order.
    """

    def __init__(self, port: int, *, rate: float | None = None, disturbances: Sequence[Disturbance] = ()) -> None:
        super().__init__()
        self._target = port
        self._rate = rate
        self._disturbances = disturbances
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0

    async def _listen(self) -> None:
        self._is_open = asyncio.Event()
        self._is_open.set()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        listener.bind((self._host, 0))
        server = await asyncio.start_server(self._connected, sock=listener, limit=_BUFFER)
        await self._until_end(listener.getsockname()[1])
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.connections == 1:
            self._start(self._disturb())
        there, back = await asyncio.open_connection("127.0.0.1", self._target, limit=_BUFFER)
        back.transport.set_write_buffer_limits(_BUFFER)
        self._writers |= {writer, back}
        self._start(self._pump(reader, back, self._rate))
        self._start(self._pump(there, writer, None))

    def _start(self, coroutine: object) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float | None) -> None:
        try:
            while data := await reader.read(2048):
                await self._is_open.wait()
                if rate:
                    await asyncio.sleep(len(data) / rate)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _disturb(self) -> None:
        now = 0.0
        for after, kind, seconds in self._disturbances:
            await asyncio.sleep(after - now)
            now = after + seconds
            if kind == "hole":
                self._is_open.clear()
                await asyncio.sleep(seconds)
                self._is_open.set()
            else:
                self._disconnect(with_reset=kind == "reset")

    def _disconnect(self, *, with_reset: bool) -> None:
        for writer in self._writers:
            raw = writer.get_extra_info("socket")
            if with_reset and not writer.transport.is_closing():
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self._writers.clear()
