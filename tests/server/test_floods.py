"""Clients that would make the embedded service a burden to others, by what they send or leave unread."""

from __future__ import annotations

import asyncio
import socket as sockets
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from wire import KEY, Counted, begin, is_well, lesson, run_task, socket_to, talk_to, until, until_closed

from paraformer_nb.dashscope.messages import SentenceResult
from paraformer_nb.server import wire as wires
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.base import Emit, Settings
from paraformer_nb.server.limits import Limits

BLOCK = bytes(3200)  # 0.1 s of silence


async def deaf(service: EmbeddedServer) -> ClientConnection:
    """A client that takes in next to nothing unless it is read from."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", urlsplit(service.url).port))
    headers = {"Authorization": KEY}
    return await connect(service.url, sock=raw, additional_headers=headers, compression=None, max_queue=1, proxy=None)


class Chatterbox:
    """An engine that says 100 kB of each block that it hears."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def open(self) -> None:
        """Nothing to get ready."""

    def stream(self, settings: Settings, emit: Emit) -> Chatterbox:
        self._emit = emit
        return self

    async def start(self) -> None:
        """Nothing to get ready."""

    async def accept(self, pcm: bytes) -> None:
        if pcm:
            await self._emit(SentenceResult(0, None, "x" * 100_000, [], sentence_end=False, sentence_id=1))

    async def finish(self) -> None:
        """Nothing is held back."""

    async def close(self) -> None:
        self.closed.set()


def test_a_client_that_reads_nothing_is_dropped_and_its_task_let_go() -> None:
    engine = Chatterbox()

    async def talk(service: EmbeddedServer) -> int | None:
        async with await deaf(service) as socket:
            await socket.send(run_task())
            sending = asyncio.create_task(_send_all(socket, 200))
            await engine.closed.wait()
            await sending
            assert service._tasks == 0
            return await until_closed(socket)

    assert talk_to(engine, talk, limits=Limits(unread=0.1)) == 1006


async def _send_all(socket: ClientConnection, blocks: int) -> None:
    with suppress(ConnectionClosed):
        for _ in range(blocks):
            await socket.send(BLOCK)


def test_answers_to_pings_do_not_pile_up_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wires, "_MOST_UNREAD", 10_000)
    ping = b"\x89\xfd" + bytes(4) + b"x" * 125

    async def talk(service: EmbeddedServer) -> tuple[int | None, bool]:
        async with await deaf(service) as socket:
            socket.transport.pause_reading()
            while service._serving:
                socket.transport.write(ping * 100)
                await asyncio.sleep(0)
            socket.transport.resume_reading()
            return await until_closed(socket), await is_well(service)

    assert talk_to(lesson(), talk) == (1006, True)


def test_a_task_that_floods_is_read_more_slowly_and_no_other() -> None:
    """As fast as it comes for a minute of audio, and then as fast as it is spoken: 8 minutes would take 7."""
    engine = Counted(lesson())

    async def talk(service: EmbeddedServer) -> tuple[bool, float, float]:
        clock = asyncio.get_running_loop().time
        async with socket_to(service) as socket:
            await begin(socket)
            began = clock()
            flooding = asyncio.create_task(_flood(socket))
            await until(lambda: engine.heard > 59 * 32000)
            heard, at_most = engine.heard / 32000, 60.25 + clock() - began
            well = await is_well(service)
            assert not flooding.done()
            socket.transport.abort()
            await flooding
            return well, heard, at_most

    well, heard, at_most = talk_to(engine, talk, limits=Limits(speed=1.0))
    assert well
    assert heard <= at_most


async def _flood(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        for _ in range(15):
            await socket.send(bytes(1024 * 1024))


def test_empty_frames_by_the_thousand_leave_others_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are taken in at a time, and each needs a turn of its own: in between another task comes to its end."""
    read, taken = wires.Socket.data_received, []

    def watched(socket: wires.Socket, data: bytes) -> None:
        taken.append(len(data))
        read(socket, data)

    monkeypatch.setattr(wires.Socket, "data_received", watched)

    async def talk(service: EmbeddedServer) -> bool:
        async with socket_to(service) as socket:
            await begin(socket)
            socket.transport.write((b"\x82\x80" + bytes(4)) * 50_000)
            await socket.send(run_task("another"))  # fails when all before it was read
            well = await is_well(service)
            assert service._tasks == 1, "they were all read before anybody else had a turn"
            socket.transport.abort()
            return well

    assert talk_to(lesson(), talk)
    assert max(taken) <= 8 * 1024
