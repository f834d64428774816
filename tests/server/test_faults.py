"""The effect of every fault of the embedded service on a client, and that none leaves anything behind.

`run_with_server` checks the latter: no task, no connection, no stream of the engine, and no error in the log.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from wire import LAST, finish_task, lesson_engine, run_task, run_with_server, send_lesson, socket_to

from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.faults import parse_fault
from paraformer_nb.server.limits import Limits

FIRST = ["今", "今天", "今天天", "今天天气", "今天天气很", "今天天气很好。", "今天天气很好。"]
EXPECTED = ["task-started", *FIRST, "task-finished"]  # the events for the clip's first 3 s
BLOCK = 3200  # bytes, 0.1 s


class Outcome(NamedTuple):
    """What a client received, and how the connection ended.

    Attributes:
        received: the text of a result, the name of another event, or a message that is not an event.
        code: the connection's close code; None if the client closed it.
        failure: task, code and message.
        is_reset: whether the connection was reset.
    """

    received: list[str]
    code: int | None
    failure: tuple[str, str, str]
    is_reset: bool


def _summary(message: str) -> str:
    """Return a result's text, another event's name, or the message itself if it is not an event."""
    try:
        event = json.loads(message)
    except ValueError:
        return message
    name = str(event["header"]["event"])
    return event["payload"]["output"]["sentence"]["text"] if name == "result-generated" else name


async def run_client(service: EmbeddedServer, run: str = run_task()) -> Outcome:
    """Send a whole task, then receive up to its last event or the connection's end."""
    messages = [""]
    cause = None
    code = None
    async with socket_to(service) as socket:
        await send_lesson(socket, run)
        try:
            while not any(f'"{name}"' in messages[-1] for name in LAST):
                messages.append(str(await socket.recv()))
        except ConnectionClosed as error:
            cause, code = error.__cause__, socket.close_code
    header = json.loads(messages[-1])["header"] if '"task-failed"' in messages[-1] else {}
    failure = (header.get("task_id", ""), header.get("error_code", ""), header.get("error_message", ""))
    received = [_summary(message) for message in messages[1:]]
    return Outcome(received, code, failure, isinstance(cause, ConnectionResetError))


def outcome(*faults: str, run: str = run_task(), **limits: float) -> Outcome:
    """Run one client against a service with these faults."""
    options = {"faults": [parse_fault(text) for text in faults], "limits": Limits(**limits)}  # type: ignore[arg-type]
    return run_with_server(lesson_engine(), lambda service: run_client(service, run), **options)


# ------------------------------------------------------------------------------------------------- the trigger


@pytest.mark.parametrize(
    ("trigger", "before"),
    [
        ("", 0),
        (":seconds=0", 0),
        (":events=0", 0),
        (":bytes=0", 0),
        (":bytes=1", 1),
        (":bytes=50000", 3),
        (":bytes=3200,events=3", 1),
        (":bytes=50000,events=2", 2),
        (":events=1", 1),
        (":events=5,seconds=3600", 5),
        (":events=9", 9),
        (":events=10", None),
    ],
)
@pytest.mark.parametrize(("name", "text"), [("unknown", "task-dreamt"), ("malformed", '{"header":')])
def test_an_extra_message_is_sent_between_the_events(name: str, text: str, trigger: str, before: int | None) -> None:
    """Once, when it is triggered, and no event is missing. A message after the last event is not received here."""
    received = outcome(name + trigger).received
    assert received == (EXPECTED if before in (9, None) else [*EXPECTED[:before], text, *EXPECTED[before:]])


def test_a_fault_after_seconds_is_triggered_without_any_message() -> None:
    async def client(service: EmbeddedServer) -> tuple[str, float]:
        clock = asyncio.get_running_loop().time
        async with socket_to(service) as socket:
            began = clock()
            return _summary(str(await socket.recv())), clock() - began

    text, waited = run_with_server(lesson_engine(), client, faults=[parse_fault("unknown:seconds=0.1,name=x")])
    assert text == "x"
    assert waited > 0.05  # the rest of the time passed in the handshake


# ------------------------------------------------------------------------------------------------------ the effect


@pytest.mark.parametrize(
    ("fault", "count", "failure"),
    [
        ("fail", 0, ("InternalError", "this failure was requested as a fault")),
        ("fail:bytes=1,code=SystemError", 1, ("SystemError", "this failure was requested as a fault")),
        ("fail:events=4,code=Throttling.RateQuota,message=not so fast", 4, ("Throttling.RateQuota", "not so fast")),
        ("fail:seconds=0", 0, ("InternalError", "this failure was requested as a fault")),
    ],
)
def test_fail(fault: str, count: int, failure: tuple[str, str]) -> None:
    found = outcome(fault)
    assert found.received == [*EXPECTED[:count], "task-failed"]
    assert found.failure == ("task-1", *failure)


@pytest.mark.parametrize("fault", ["fail", "fail:events=1", "fail:events=0", "fail:bytes=0"])
def test_a_refused_task_fails_only_once(fault: str) -> None:
    """With its own reason or with the fault's, and the connection is closed normally."""
    found = outcome(fault, run=run_task(model="whisper"))
    assert found.received == ["task-failed"]
    assert found.failure[1] in ("ModelNotFound", "InternalError")


def test_fail_waits_for_a_task() -> None:
    async def client(service: EmbeddedServer) -> Outcome:
        async with socket_to(service) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1000
        return await run_client(service)

    found = run_with_server(lesson_engine(), client, faults=[parse_fault("fail:seconds=0.01")], limits=Limits(idle=0.3))
    assert found.received[-1:] in (["task-failed"], ["task-finished"])


@pytest.mark.parametrize(
    ("fault", "count", "code"),
    [
        ("drop", 0, 1011),
        ("drop:events=0,code=1000", 0, 1000),
        ("drop:bytes=1,code=4999,reason=so long", 1, 4999),
        ("drop:events=3,code=1001", 3, 1001),
        ("drop:events=3,how=close", 3, 1011),
        ("drop:events=3,how=reset", 3, 1006),
        ("drop:how=reset", 0, 1006),
        ("drop:bytes=50000,how=reset", 3, 1006),
    ],
)
def test_drop(fault: str, count: int, code: int) -> None:
    """A reset may also discard events that were already sent."""
    found = outcome(fault)
    assert (found.received, found.code) == (EXPECTED[: len(found.received) if found.is_reset else count], code)
    assert len(found.received) <= count
    assert found.is_reset == ("reset" in fault)


def test_drop_sends_its_reason() -> None:
    async def client(service: EmbeddedServer) -> str | None:
        async with socket_to(service) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            return socket.close_reason

    assert run_with_server(lesson_engine(), client, faults=[parse_fault("drop:reason=再见")]) == "再见"


async def _is_half_open(socket: ClientConnection) -> bool:
    """Whether nothing arrives: no event, no answer to a ping, no end."""
    waiting = [asyncio.create_task(socket.recv()), await socket.ping()]
    done, _ = await asyncio.wait(waiting, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
    waiting[0].cancel()
    await asyncio.gather(*waiting[:1], return_exceptions=True)
    return not done


@pytest.mark.parametrize(("trigger", "count"), [("events=1", 1), ("events=3", 3), ("bytes=50000", 3)])
def test_drop_with_silence(trigger: str, count: int) -> None:
    """A half-open connection: earlier events arrive, later ones do not, and it is dropped after `lasting` seconds."""

    fault = parse_fault(f"drop:{trigger},how=silence,lasting=0.2")

    async def client(service: EmbeddedServer) -> list[str]:
        async with socket_to(service) as socket:
            await (send_lesson(socket, run_task()) if count > 1 else socket.send(run_task()))
            received = [_summary(str(await socket.recv())) for _ in range(count)]
            assert await _is_half_open(socket)
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1006
            return received

    assert run_with_server(lesson_engine(), client, faults=[fault]) == EXPECTED[:count]


def test_mute() -> None:
    """The task runs and the idle connection is closed, but no event is sent."""
    found = outcome("mute", idle=0.05)
    assert (found.received, found.code) == ([], 1000)


def test_delay() -> None:
    async def client(service: EmbeddedServer) -> tuple[Outcome, float]:
        clock = asyncio.get_running_loop().time
        began = clock()
        return await run_client(service), clock() - began

    found, waited = run_with_server(lesson_engine(), client, faults=[parse_fault("delay:lasting=0.1")])
    assert found.received == EXPECTED
    assert waited >= 0.1


@pytest.mark.parametrize("faults", [["delay:lasting=0.05", "fail:events=4"], ["fail:events=4", "delay:lasting=0.05"]])
def test_a_delay_does_not_hide_a_failure(faults: list[str]) -> None:
    assert outcome(*faults).received == [*EXPECTED[:4], "task-failed"]


def test_a_delayed_last_event_still_arrives() -> None:
    found = outcome("delay:lasting=0.05", run=run_task(model="whisper"))
    assert found.failure[1] == "ModelNotFound"


def test_duplicate() -> None:
    assert outcome("duplicate").received == ["task-started", *[text for text in FIRST for _ in (1, 2)], "task-finished"]


def test_reorder() -> None:
    swapped = [FIRST[at] for at in (1, 0, 3, 2, 5, 4, 6)]  # the last one has no partner
    assert outcome("reorder").received == ["task-started", *swapped, "task-finished"]


def test_stall_is_felt_as_back_pressure() -> None:
    """The client cannot send more than sockets and queues hold; everything arrives when the stall is over."""

    async def client(service: EmbeddedServer) -> tuple[list[str], float]:
        clock = asyncio.get_running_loop().time
        async with socket_to(service) as socket:
            await socket.send(run_task())
            await socket.recv()
            began = clock()
            for _ in range(100):
                await socket.send(bytes(64 * 1024))
            waited = clock() - began
            await socket.send(finish_task())
            return [_summary(str(await socket.recv()))], waited

    fault = parse_fault("stall:events=1,lasting=0.5")
    received, waited = run_with_server(lesson_engine(), client, faults=[fault])
    assert received == ["task-failed"]  # there is no speech in zeros
    assert waited > 0.4


@pytest.mark.parametrize("trigger", ["", ":bytes=1", ":events=4", ":seconds=0"])
def test_a_stall_loses_nothing(trigger: str) -> None:
    assert outcome(f"stall{trigger or ':'},lasting=0.02".replace(":,", ":")).received == EXPECTED


# --------------------------------------------------------------------------------------------- times, several faults


async def _status(service: EmbeddedServer) -> int:
    try:
        async with socket_to(service):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ("refuse", [503, 503, 503]),
        ("refuse:status=429", [429, 429, 429]),
        ("refuse:status=401,times=2", [401, 401, 101]),
    ],
)
def test_refuse(fault: str, statuses: list[int]) -> None:
    async def client(service: EmbeddedServer) -> list[int]:
        return [await _status(service) for _ in statuses]

    assert run_with_server(lesson_engine(), client, faults=[parse_fault(fault)]) == statuses


def test_times_limits_each_fault_to_the_first_connections_and_faults_combine() -> None:
    """The first attempt is refused, the next is dropped with its results doubled, and so on: each counts separately."""
    faults = ["drop:events=3,times=1", "refuse:times=1", "duplicate:times=2", "unknown:events=0,times=3"]

    async def client(service: EmbeddedServer) -> list[Any]:
        return [await _status(service), *[(await run_client(service)).received for _ in range(4)]]

    doubled = [text for text in FIRST for _ in (1, 2)]
    found = run_with_server(lesson_engine(), client, faults=[parse_fault(text) for text in faults])
    assert found == [
        503,
        ["task-dreamt", "task-started", "今"],
        ["task-dreamt", "task-started", *doubled, "task-finished"],
        ["task-dreamt", *EXPECTED],
        EXPECTED,
    ]
