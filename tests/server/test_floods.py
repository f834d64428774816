"""Clients that could slow down other clients, by what they send or leave unread."""

from __future__ import annotations

import asyncio
import socket as sockets
import time
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from wire import (
    KEY,
    CountingEngine,
    can_serve,
    lesson_engine,
    run_task,
    run_with_server,
    socket_to,
    start_task,
    wait_closed,
    wait_until,
)

from paraformer_nb.dashscope.messages import SentenceResult
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.base import Emit, Settings
from paraformer_nb.server.faults import FaultSchedule
from paraformer_nb.server.handshakes import HandshakeCheck
from paraformer_nb.server.limits import Limits
from paraformer_nb.server.posts import Api, PostReader
from paraformer_nb.server.service_keys import ServiceKeys
from paraformer_nb.server.vocabularies import Vocabularies
from paraformer_nb.server.wire import Census, LimitedConnection

BLOCK = bytes(3200)  # 0.1 s of silence
EMPTY_FRAME = b"\x82\x80" + bytes(4)


async def connect_with_small_buffers(service: EmbeddedServer) -> ClientConnection:
    """Connect a client that buffers next to nothing: what it does not read, the service cannot send."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", urlsplit(service.url).port))
    headers = {"Authorization": KEY}
    return await connect(service.url, sock=raw, additional_headers=headers, compression=None, max_queue=1, proxy=None)


class VerboseEngine:
    """An engine that emits 100 kB for each block of audio."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def open(self) -> None:
        """Nothing to load."""

    def stream(self, settings: Settings, emit: Emit) -> VerboseEngine:
        self._emit = emit
        return self

    async def start(self) -> None:
        """Nothing to load."""

    async def accept(self, pcm: bytes) -> None:
        if pcm:
            await self._emit(SentenceResult(0, None, "x" * 100_000, [], sentence_end=False, sentence_id=1))

    async def finish(self) -> None:
        """Nothing is left to emit."""

    async def close(self) -> None:
        self.closed.set()


def test_a_client_that_does_not_read_is_dropped_and_its_task_released() -> None:
    engine = VerboseEngine()

    async def client(service: EmbeddedServer) -> int | None:
        async with await connect_with_small_buffers(service) as socket:
            await socket.send(run_task())
            sending = asyncio.create_task(_send_blocks(socket, 200))
            await engine.closed.wait()
            await sending
            assert service.task_count == 0
            return await wait_closed(socket)

    assert run_with_server(engine, client, limits=Limits(unread=0.1)) == 1006


async def _send_blocks(socket: ClientConnection, count: int) -> None:
    with suppress(ConnectionClosed):
        for _ in range(count):
            await socket.send(BLOCK)


def test_a_client_that_does_not_read_the_answers_to_its_pings_is_dropped() -> None:
    ping = b"\x89\xfd" + bytes(4) + b"x" * 125

    async def client(service: EmbeddedServer) -> tuple[int | None, bool]:
        async with await connect_with_small_buffers(service) as socket:
            socket.transport.pause_reading()
            while service.connection_count:
                socket.transport.write(ping * 100)
                await asyncio.sleep(0)
            socket.transport.resume_reading()
            return await wait_closed(socket), await can_serve(service)

    assert run_with_server(lesson_engine(), client, limits=Limits(pongs=10_000)) == (1006, True)


def test_a_task_that_sends_too_fast_is_read_more_slowly_and_others_are_not() -> None:
    """A minute of audio is read as fast as it arrives, the rest in real time: 8 minutes would take 7."""
    engine = CountingEngine(lesson_engine())

    async def client(service: EmbeddedServer) -> tuple[bool, float, float]:
        clock = asyncio.get_running_loop().time
        async with socket_to(service) as socket:
            await start_task(socket)
            started = clock()
            flooding = asyncio.create_task(_flood(socket))
            await wait_until(lambda: engine.received > 59 * 32000)
            received = engine.received / 32000
            at_most = 60.25 + clock() - started
            is_served = await can_serve(service)
            assert not flooding.done()
            socket.transport.abort()
            await flooding
            return is_served, received, at_most

    is_served, received, at_most = run_with_server(engine, client, limits=Limits(speed=1.0))
    assert is_served
    assert received <= at_most


async def _flood(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        for _ in range(15):
            await socket.send(bytes(1024 * 1024))


def test_thousands_of_empty_frames_do_not_delay_other_tasks() -> None:
    """Another task runs from start to end before they have all been read."""

    async def client(service: EmbeddedServer) -> bool:
        async with socket_to(service) as socket:
            await start_task(socket)
            socket.transport.write(EMPTY_FRAME * 50_000)
            await socket.send(run_task("another"))  # fails the task, once everything before it has been read
            is_served = await can_serve(service)
            assert service.task_count == 1, "all frames were read before the other task could run"
            socket.transport.abort()
            return is_served

    assert run_with_server(lesson_engine(), client)


def test_a_connection_parses_little_at_a_time() -> None:
    """Frames that arrive together are parsed without a pause, so one read must not contain too many."""
    sizes = []

    class MeasuredConnection(LimitedConnection):
        def data_received(self, data: bytes) -> None:
            sizes.append(len(data))
            super().data_received(data)

    async def main() -> None:
        closed = asyncio.Event()

        async def read(socket: ServerConnection) -> None:
            async for _ in socket:
                pass
            closed.set()

        census = Census(Limits())
        keys = ServiceKeys("a-key")
        check = HandshakeCheck(keys, census.limits, FaultSchedule([]), lambda: census.accepted)
        api = Api(check, Vocabularies(0.0), keys.issue)
        create = partial(MeasuredConnection, census=census, api=api)
        async with serve(read, "127.0.0.1", 0, create_connection=create, compression=None) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}", compression=None, proxy=None) as socket:
                socket.transport.write(EMPTY_FRAME * 50_000)
            async with asyncio.timeout(30):
                await closed.wait()

    asyncio.run(main())
    assert sum(sizes) >= 300_000
    assert max(sizes) <= 8 * 1024


def test_a_message_of_too_many_fragments_ends_its_connection_without_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def client(service: EmbeddedServer) -> None:
        async with socket_to(service) as socket:
            await start_task(socket)
            socket.transport.write(b"\x02\x80" + bytes(4) + (b"\x00\x80" + bytes(4)) * 20_000 + EMPTY_FRAME)
            with pytest.raises(ConnectionClosed):
                while True:
                    await socket.recv()
        await wait_until(lambda: service.connection_count == 0)

    run_with_server(lesson_engine(), client)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_the_body_of_a_request_may_arrive_in_small_parts() -> None:
    """Reading it costs a time that grows with its size, not with the square of it."""
    keys = ServiceKeys(KEY)
    check = HandshakeCheck(keys, Limits(), FaultSchedule(()), lambda: 0)
    reader = PostReader(Api(check, Vocabularies(0.0), keys.issue))
    size = 1_000_000
    head = f"POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {KEY}\r\nContent-Length: {size}\r\n\r\n"
    before = time.thread_time()
    assert reader.feed(head.encode()) is None
    answers = [reader.feed(b" " * 50) for _ in range(size // 50)]
    assert time.thread_time() - before < 1.0
    assert answers[:-1] == [None] * (len(answers) - 1)
    assert answers[-1] is not None and answers[-1].startswith(b"HTTP/1.1 200 ")
