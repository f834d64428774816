"""Nothing that a client sends makes the embedded service fail, leak a task, or send anything but valid events.

Most of the service is tested in memory, which is fast: connection, task, protocol, faults and an engine, with a wire
that delivers messages. The rest is tested over real sockets.

    pytest -m campaign -n 0 -s tests/server/test_fuzz.py

runs a million messages in memory and tens of thousands of connections, and prints how many.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from urllib.parse import urlsplit

import pytest
from hostile import Hostile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError
from wire import LAST, CountingEngine, can_serve, errors_logged, lesson_engine, run_with_server, wait_until

from paraformer_nb.dashscope.event_decoder import event_name
from paraformer_nb.server.connection import Connection
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.registry import ENGINES, make_engine
from paraformer_nb.server.faults import FAULTS, parse_fault
from paraformer_nb.server.faulty_wire import with_faults
from paraformer_nb.server.limits import Limits

SEED = int(os.environ.get("FUZZ_SEED", "1"))
MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "1000000"))
EVENTS = {"task-started", "result-generated", *LAST}
# Sent by the faults malformed and unknown.
FAULT_TEXTS = (
    "{",
    '{"header": {"task_id": "", "event": "task-dreamt", "attributes": {}}, "payload": {}}',
)
IN_MEMORY = Limits(no_data=1e-6, idle=1e-6, frame=64 * 1024)  # a client that sends nothing has reached its timeout
OVER_SOCKETS = Limits(no_data=0.3, idle=0.3, frame=64 * 1024, handshake=0.2, close=0.1)


@contextmanager
def checked_log() -> Iterator[None]:
    """Check the service's log, from level INFO on: each record is one line, and none is an error."""
    handler = logging.Handler()
    logger = logging.getLogger("paraformer_nb.server")

    def check(record: logging.LogRecord) -> None:
        if record.levelno < logging.ERROR:
            assert record.getMessage().isprintable()

    handler.emit = check  # type: ignore[method-assign]
    before = logger.level, logger.propagate
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        with errors_logged() as errors:
            yield
        assert not errors, errors
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


# ---------------------------------------------------------------------------------------------------------- in memory


class MemoryWire:
    """A wire whose client sends these messages, and then disconnects or only stops sending."""

    def __init__(self, messages: list[str | bytes], *, disconnects: bool) -> None:
        self._messages = iter(messages)
        self._disconnects = disconnects
        self._is_closed = asyncio.Event()
        self.sent: list[str] = []

    def _check(self) -> None:
        if self._is_closed.is_set():
            raise ConnectionClosedError(None, None)

    async def receive(self, timeout: float) -> str | bytes | None:
        self._check()
        message = next(self._messages, None)
        if message is None and self._disconnects:
            self._is_closed.set()
            self._check()
        return message

    async def send(self, text: str) -> None:
        self._check()
        self.sent.append(text)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self._is_closed.set()

    async def wait_closed(self) -> None:
        await self._is_closed.wait()

    def abort(self, *, with_reset: bool = False) -> None:
        self._is_closed.set()

    def freeze(self) -> None:
        """No message is left anyway."""


class MemoryFuzzer:
    """Runs random connections in memory, one after another, and counts them."""

    def __init__(self) -> None:
        self.engine = CountingEngine(lesson_engine())
        self.events: Counter[str] = Counter()
        self.connections = 0
        self.messages = 0
        self._task_count = 0

    @contextmanager
    def _admit(self) -> Iterator[None]:
        self._task_count += 1
        try:
            yield
        finally:
            self._task_count -= 1

    async def run(self, random: Random) -> None:
        """Run one connection, and check that nothing of it is left."""
        messages = Hostile(random).messages()
        memory = MemoryWire(messages, disconnects=random.random() < 0.5)
        wire = with_faults(memory, [parse_fault(text) for text in _faults(random)])
        await Connection(wire, self.engine, ENGINES["scripted"], IN_MEMORY, self._admit).serve()
        names = [event_name(text.encode()) for text in memory.sent if text not in FAULT_TEXTS]
        assert EVENTS.issuperset(names), memory.sent
        assert "task-failed" not in names[:-1], memory.sent
        assert not [text for text in memory.sent if "InternalError" in text and "requested as a fault" not in text]
        assert (self._task_count, self.engine.opened) == (0, self.engine.closed)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        self.connections += 1
        self.messages += len(messages)
        self.events.update(names)


def _faults(random: Random) -> Iterator[str]:
    """Usually none, else a few with random triggers."""
    while random.random() < 0.3:
        name = random.choice([name for name in FAULTS if name != "refuse"])
        keys = FAULTS[name].__struct_fields__
        given = [f"{key}={random.randint(0, 5)}" for key in ("events",) if key in keys and random.random() < 0.6]
        given += [f"bytes={random.randint(0, 9000)}" for key in keys if key == "bytes" and random.random() < 0.3]
        given += [f"lasting={random.choice([0, 0.002])}"] if "lasting" in keys else []
        given += ["text={"] if "text" in keys else []
        given += [f"how={random.choice(['close', 'reset', 'silence'])}"] if "how" in keys else []
        yield f"{name}:{','.join(given)}"


@settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(random=st.randoms(use_true_random=False))
def test_the_service_survives_any_messages(random: Random) -> None:
    with checked_log():
        asyncio.run(MemoryFuzzer().run(random))


# ------------------------------------------------------------------------------------------------------- over sockets


async def connect_once(service: EmbeddedServer, random: Random) -> int:
    """Run one random connection, from its handshake to its end; return how many messages were sent."""
    hostile = Hostile(random)
    messages = []
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(service.url).port)
    try:
        if random.random() < 0.25:
            writer.write(hostile.knock())
        else:
            writer.write(hostile.handshake())
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            messages = hostile.messages()
            writer.write(hostile.frames(messages))
        await writer.drain()
        ending = random.randint(0, 2)
        if ending == 0:
            writer.write_eof()
        if ending < 2:
            assert b"InternalError" not in await reader.read()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # a client that sends invalid frames may be dropped, and so may a slow one on a busy machine
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return len(messages)


def connect_many(seed: str, count: int, at_once: int) -> int:
    """Run `count` connections, `at_once` in parallel, and then a valid task; return how many messages were sent."""

    async def client(service: EmbeddedServer) -> int:
        sent: list[int] = []

        async def connect_some(first: int) -> None:
            numbers = range(first, count, at_once)
            sent.extend([await connect_once(service, Random(f"{seed} {number}")) for number in numbers])

        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(connect_some(number))
        await wait_until(lambda: service.connection_count == 0)
        assert await can_serve(service)
        return sum(sent)

    with checked_log():
        return run_with_server(lesson_engine(), client, limits=OVER_SOCKETS)


def test_the_service_survives_any_bytes_on_its_sockets() -> None:
    assert connect_many(f"{SEED}", 120, at_once=20) > 200


# ---------------------------------------------------------------------------------------------------------- campaigns


def _report(text: str) -> None:
    print(f"\n{text}")  # noqa: T201


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_a_million_messages() -> None:
    """In memory; a failure is reported with the number of its connection, which is part of its seed."""

    async def run() -> MemoryFuzzer:
        fuzzer = MemoryFuzzer()
        while fuzzer.messages < MESSAGES:
            try:
                await fuzzer.run(Random(f"{SEED} {fuzzer.connections}"))
            except BaseException as error:
                error.add_note(f"FUZZ_SEED={SEED}, connection {fuzzer.connections}")
                raise
        return fuzzer

    started = time.monotonic()
    with checked_log():
        fuzzer = asyncio.run(run())
    speed = fuzzer.messages / (time.monotonic() - started)
    events = ", ".join(f"{count} {name or 'unnamed'}" for name, count in fuzzer.events.most_common())
    _report(f"{fuzzer.messages} messages on {fuzzer.connections} connections, {speed:.0f}/s; events: {events}")


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_many_thousands_of_connections() -> None:
    started = time.monotonic()
    count = MESSAGES // 20
    sent = sum(connect_many(f"{SEED} {batch}", 500, at_once=50) for batch in range(max(1, count // 500)))
    _report(f"{sent} messages on {count} connections, {count / (time.monotonic() - started):.0f} connections/s")


@pytest.mark.campaign
@pytest.mark.usefixtures("nothing_left")
def test_connections_to_a_real_recogniser() -> None:
    """Each worker needs a second to start, and none is left."""

    async def client(service: EmbeddedServer) -> None:
        for number in range(40):
            await connect_once(service, Random(f"{SEED} {number}"))
        await wait_until(lambda: service.connection_count == 0)

    with checked_log():
        run_with_server(make_engine("pocketsphinx", {}), client, "pocketsphinx", limits=OVER_SOCKETS)
