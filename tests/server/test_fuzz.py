"""Nothing that a client sends makes the embedded service fail, forget a task, or say what is no event.

The service's own part is driven in memory, which is fast: connection, task, protocol, faults and an engine, with a wire
that hands them messages. The sockets' part is driven over real ones.

    pytest -m campaign -n 0 -s tests/server/test_fuzz.py

runs a million messages in memory, and tens of thousands of connections, and prints how many.
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
from wire import LAST, Counted, errors_logged, is_well, lesson, talk_to, until

from paraformer_nb.dashscope.messages import event_name
from paraformer_nb.server import embedded_server as services
from paraformer_nb.server import faulty_wire
from paraformer_nb.server.connection import Connection
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.registry import ENGINES, make_engine
from paraformer_nb.server.faults import FAULTS, parse_fault
from paraformer_nb.server.faulty_wire import with_faults
from paraformer_nb.server.limits import Limits

SEED = int(os.environ.get("FUZZ_SEED", "1"))
MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "1000000"))
EVENTS = {"task-started", "result-generated", *LAST}
STRANGE = ("{", '{"header": {"task_id": "", "event": "task-dreamt", "attributes": {}}, "payload": {}}')  # asked for
SHORT = Limits(no_data=1e-6, idle=1e-6, frame=64 * 1024)  # whoever falls silent has been silent for long
SPARING = Limits(no_data=0.3, idle=0.3, frame=64 * 1024)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faulty_wire, "_HALF_OPEN", 0.0)
    monkeypatch.setattr(services, "_HANDSHAKE_TIMEOUT", 0.2)
    monkeypatch.setattr(services, "_CLOSE_TIMEOUT", 0.1)


@contextmanager
def log_read() -> Iterator[None]:
    """The service's log is written in full, each record is one line, and none tells of a mistake."""
    handler, logger = logging.Handler(), logging.getLogger("paraformer_nb.server")

    def read(record: logging.LogRecord) -> None:
        if record.levelno < logging.ERROR:
            assert record.getMessage().isprintable()

    handler.emit = read  # type: ignore[method-assign]
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


class Memory:
    """A wire whose client has said all that it has to say, and then goes, or only falls silent."""

    def __init__(self, messages: list[str | bytes], *, goes: bool) -> None:
        self._messages = iter(messages)
        self._goes = goes
        self._is_over = asyncio.Event()
        self.told: list[str] = []

    def _check(self) -> None:
        if self._is_over.is_set():
            raise ConnectionClosedError(None, None)

    async def receive(self, timeout: float) -> str | bytes | None:
        self._check()
        message = next(self._messages, None)
        if message is None and self._goes:
            self._is_over.set()
            self._check()
        return message

    async def send(self, text: str) -> None:
        self._check()
        self.told.append(text)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self._is_over.set()

    async def wait_closed(self) -> None:
        await self._is_over.wait()

    def abort(self, *, with_reset: bool = False) -> None:
        self._is_over.set()

    def freeze(self) -> None:
        """Nothing comes any more."""


class Hall:
    """Where such conversations are held, one after another, and what they came to."""

    def __init__(self) -> None:
        self.engine = Counted(lesson())
        self.told: Counter[str] = Counter()
        self.conversations = self.messages = self._tasks = 0

    @contextmanager
    def _admit(self) -> Iterator[None]:
        self._tasks += 1
        try:
            yield
        finally:
            self._tasks -= 1

    async def hold(self, random: Random) -> None:
        """One conversation, of which nothing is left."""
        messages = Hostile(random).messages()
        memory = Memory(messages, goes=random.random() < 0.5)
        wire = with_faults(memory, [parse_fault(text) for text in _faults(random)])
        await Connection(wire, self.engine, ENGINES["scripted"], SHORT, self._admit).serve()
        names = [event_name(text.encode()) for text in memory.told if text not in STRANGE]
        assert EVENTS.issuperset(names), memory.told
        assert "task-failed" not in names[:-1], memory.told
        assert not [text for text in memory.told if "InternalError" in text and "was asked for" not in text]
        assert (self._tasks, self.engine.opened) == (0, self.engine.closed)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        self.conversations, self.messages = self.conversations + 1, self.messages + len(messages)
        self.told.update(names)


def _faults(random: Random) -> Iterator[str]:
    """None as a rule, else a few with any trigger."""
    while random.random() < 0.3:
        name = random.choice([name for name in FAULTS if name != "refuse"])
        keys = FAULTS[name].__struct_fields__
        given = [f"{key}={random.randint(0, 5)}" for key in ("events",) if key in keys and random.random() < 0.6]
        given += [f"bytes={random.randint(0, 9000)}" for key in keys if key == "bytes" and random.random() < 0.3]
        given += [f"lasting={random.choice([0, 0.002])}"] if "lasting" in keys else []
        given += ["text={"] if "text" in keys else []
        given += [f"how={random.choice(['close', 'reset', 'silence'])}"] if "how" in keys else []
        yield f"{name}:{','.join(given)}"


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(random=st.randoms(use_true_random=False))
def test_whatever_a_client_says(random: Random) -> None:
    with log_read():
        asyncio.run(Hall().hold(random))


# ------------------------------------------------------------------------------------------------------- over sockets


async def visit(service: EmbeddedServer, random: Random) -> int:
    """One connection, from its handshake to its end; how many messages were sent."""
    hostile, messages = Hostile(random), []
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
        way = random.randint(0, 2)
        if way == 0:
            writer.write_eof()
        if way < 2:
            assert b"InternalError" not in await reader.read()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # whoever sends what is no frame may be cut off, and whoever is slow on a busy machine
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return len(messages)


def visits(seed: str, count: int, at_once: int) -> int:
    """So many connections, so many at once, and afterwards a task that is heard as always; how many messages."""

    async def talk(service: EmbeddedServer) -> int:
        sent: list[int] = []

        async def visitor(number: int) -> None:
            sent.extend([await visit(service, Random(f"{seed} {at}")) for at in range(number, count, at_once)])

        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(visitor(number))
        await until(lambda: not service._serving)
        assert await is_well(service)
        return sum(sent)

    with log_read():
        return talk_to(lesson(), talk, limits=SPARING)


def test_whoever_comes() -> None:
    assert visits(f"{SEED}", 120, at_once=20) > 200


# ---------------------------------------------------------------------------------------------------------- campaigns


def _report(text: str) -> None:
    print(f"\n{text}")  # noqa: T201


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_a_million_messages() -> None:
    """In memory; a failure is told with the number of its conversation, which is its seed."""

    async def talk() -> Hall:
        hall = Hall()
        while hall.messages < MESSAGES:
            try:
                await hall.hold(Random(f"{SEED} {hall.conversations}"))
            except BaseException as error:
                error.add_note(f"FUZZ_SEED={SEED}, conversation {hall.conversations}")
                raise
        return hall

    began = time.monotonic()
    with log_read():
        hall = asyncio.run(talk())
    speed = hall.messages / (time.monotonic() - began)
    told = ", ".join(f"{count} {name or 'no event'}" for name, count in hall.told.most_common())
    _report(f"{hall.messages} messages in {hall.conversations} conversations, {speed:.0f}/s; they were told {told}")


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_a_host_of_visitors() -> None:
    began, count = time.monotonic(), MESSAGES // 20
    sent = sum(visits(f"{SEED} {batch}", 500, at_once=50) for batch in range(max(1, count // 500)))
    _report(f"{sent} messages on {count} connections, {count / (time.monotonic() - began):.0f} connections/s")


@pytest.mark.campaign
@pytest.mark.usefixtures("nothing_left")
def test_visitors_of_a_real_recogniser() -> None:
    """Each worker takes a second, and none is left."""

    async def talk(service: EmbeddedServer) -> None:
        for number in range(40):
            await visit(service, Random(f"{SEED} {number}"))
        await until(lambda: not service._serving)

    with log_read():
        talk_to(make_engine("pocketsphinx", {}), talk, "pocketsphinx", limits=SPARING)
