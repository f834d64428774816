"""Every fault of the embedded service as a client on the wire meets it, and that it leaves nothing behind.

`talk_to` sees to the latter: no task of the service or of asyncio, no stream of the engine, no mistake in the log.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from wire import LAST, finish_task, lesson, run_task, socket_to, speak, talk_to

from paraformer_nb.server import faulty_wire
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.faults import parse_fault
from paraformer_nb.server.limits import Limits

FIRST = ["今", "今天", "今天天", "今天天气", "今天天气很", "今天天气很好。", "今天天气很好。"]
WELL = ["task-started", *FIRST, "task-finished"]  # what is told of the clip's first 3 s
BLOCK = 3200  # bytes, 0.1 s


class Seen(NamedTuple):
    """What a client was told: a result's text, another event's name, or what is no event; and how it ended."""

    told: list[str]
    code: int | None  # of the connection's end, None where the client ended it
    failure: tuple[str, str, str]  # task, code and message
    is_reset: bool


def _told(message: str) -> str:
    try:
        event = json.loads(message)
    except ValueError:
        return message
    name = str(event["header"]["event"])
    return event["payload"]["output"]["sentence"]["text"] if name == "result-generated" else name


async def witness(service: EmbeddedServer, run: str = run_task()) -> Seen:
    """A client that speaks first and then listens, up to the task's last event or the connection's end."""
    messages, cause, code = [""], None, None
    async with socket_to(service) as socket:
        await speak(socket, run)
        try:
            while not any(f'"{name}"' in messages[-1] for name in LAST):
                messages.append(str(await socket.recv()))
        except ConnectionClosed as error:
            cause, code = error.__cause__, socket.close_code
    header = json.loads(messages[-1])["header"] if '"task-failed"' in messages[-1] else {}
    failure = (header.get("task_id", ""), header.get("error_code", ""), header.get("error_message", ""))
    return Seen([_told(message) for message in messages[1:]], code, failure, isinstance(cause, ConnectionResetError))


def seen(*faults: str, run: str = run_task(), **limits: float) -> Seen:
    """What a client sees of a service with these faults."""
    options = {"faults": [parse_fault(text) for text in faults], "limits": Limits(**limits)}  # type: ignore[arg-type]
    return talk_to(lesson(), lambda service: witness(service, run), **options)


# ------------------------------------------------------------------------------------------------- when it strikes


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
def test_something_strange_comes_between_the_events(name: str, text: str, trigger: str, before: int | None) -> None:
    """At once, or after so much; never twice, and nothing else is lost. What follows the last event is not seen."""
    told = seen(name + trigger).told
    assert told == (WELL if before in (9, None) else [*WELL[:before], text, *WELL[before:]])


def test_after_seconds_also_where_nothing_happens() -> None:
    async def talk(service: EmbeddedServer) -> tuple[str, float]:
        clock = asyncio.get_running_loop().time
        async with socket_to(service) as socket:
            began = clock()
            return _told(str(await socket.recv())), clock() - began

    text, waited = talk_to(lesson(), talk, faults=[parse_fault("unknown:seconds=0.1,name=x")])
    assert text == "x"
    assert waited > 0.05  # the handshake had taken its part


# ------------------------------------------------------------------------------------------------------ what it does


@pytest.mark.parametrize(
    ("fault", "told", "failure"),
    [
        ("fail", 0, ("InternalError", "this failure was asked for")),
        ("fail:bytes=1,code=SystemError", 1, ("SystemError", "this failure was asked for")),
        ("fail:events=4,code=Throttling.RateQuota,message=not so fast", 4, ("Throttling.RateQuota", "not so fast")),
        ("fail:seconds=0", 0, ("InternalError", "this failure was asked for")),
    ],
)
def test_fail(fault: str, told: int, failure: tuple[str, str]) -> None:
    found = seen(fault)
    assert found.told == [*WELL[:told], "task-failed"]
    assert found.failure == ("task-1", *failure)


@pytest.mark.parametrize("fault", ["fail", "fail:events=1", "fail:events=0", "fail:bytes=0"])
def test_a_task_that_is_refused_fails_once(fault: str) -> None:
    """With the reason that it has, or the one that was asked for, and the connection ends well."""
    found = seen(fault, run=run_task(model="whisper"))
    assert found.told == ["task-failed"]
    assert found.failure[1] in ("ModelNotFound", "InternalError")


def test_no_task_fails_before_there_is_one() -> None:
    async def talk(service: EmbeddedServer) -> Seen:
        async with socket_to(service) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1000
        return await witness(service)

    found = talk_to(lesson(), talk, faults=[parse_fault("fail:seconds=0.01")], limits=Limits(idle=0.3))
    assert found.told[-1:] in (["task-failed"], ["task-finished"])


@pytest.mark.parametrize(
    ("fault", "told", "code"),
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
def test_drop(fault: str, told: int, code: int) -> None:
    """A reset also takes what was on its way."""
    found = seen(fault)
    assert (found.told, found.code) == (WELL[: len(found.told) if found.is_reset else told], code)
    assert len(found.told) <= told
    assert found.is_reset == ("reset" in fault)


def test_drop_tells_the_reason() -> None:
    async def talk(service: EmbeddedServer) -> str | None:
        async with socket_to(service) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            return socket.close_reason

    assert talk_to(lesson(), talk, faults=[parse_fault("drop:reason=再见")]) == "再见"


async def _is_half_open(socket: ClientConnection) -> bool:
    """Whether nothing moves: no event, no answer to a ping, no end."""
    waiting = [asyncio.create_task(socket.recv()), await socket.ping()]
    done, _ = await asyncio.wait(waiting, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
    waiting[0].cancel()
    await asyncio.gather(*waiting[:1], return_exceptions=True)
    return not done


@pytest.mark.parametrize(("trigger", "count"), [("events=1", 1), ("events=3", 3), ("bytes=50000", 3)])
def test_drop_in_silence(trigger: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-open connection: what was said before stands, and no more comes; it is given up after a while."""
    monkeypatch.setattr(faulty_wire, "_HALF_OPEN", 0.2)

    async def talk(service: EmbeddedServer) -> list[str]:
        async with socket_to(service) as socket:
            await (speak(socket, run_task()) if count > 1 else socket.send(run_task()))
            told = [_told(str(await socket.recv())) for _ in range(count)]
            assert await _is_half_open(socket)
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1006
            return told

    assert talk_to(lesson(), talk, faults=[parse_fault(f"drop:{trigger},how=silence")]) == WELL[:count]


def test_mute() -> None:
    """The task is served and its connection closed when it has been idle, and the client is told nothing of it."""
    found = seen("mute", idle=0.05)
    assert (found.told, found.code) == ([], 1000)


def test_delay() -> None:
    async def talk(service: EmbeddedServer) -> tuple[Seen, float]:
        clock = asyncio.get_running_loop().time
        began = clock()
        return await witness(service), clock() - began

    found, waited = talk_to(lesson(), talk, faults=[parse_fault("delay:lasting=0.1")])
    assert found.told == WELL
    assert waited >= 0.1


@pytest.mark.parametrize("faults", [["delay:lasting=0.05", "fail:events=4"], ["fail:events=4", "delay:lasting=0.05"]])
def test_delay_lets_a_failure_through(faults: list[str]) -> None:
    assert seen(*faults).told == [*WELL[:4], "task-failed"]


def test_delay_lets_the_last_event_arrive() -> None:
    found = seen("delay:lasting=0.05", run=run_task(model="whisper"))
    assert found.failure[1] == "ModelNotFound"


def test_duplicate() -> None:
    assert seen("duplicate").told == ["task-started", *[text for text in FIRST for _ in (1, 2)], "task-finished"]


def test_reorder() -> None:
    swapped = [FIRST[at] for at in (1, 0, 3, 2, 5, 4, 6)]  # the last one has nobody to change places with
    assert seen("reorder").told == ["task-started", *swapped, "task-finished"]


def test_stall_is_felt_as_back_pressure() -> None:
    """More than sockets and queues hold waits with its sender; it all arrives when the stall is over."""

    async def talk(service: EmbeddedServer) -> tuple[list[str], float]:
        clock = asyncio.get_running_loop().time
        async with socket_to(service) as socket:
            await socket.send(run_task())
            await socket.recv()
            began = clock()
            for _ in range(100):
                await socket.send(bytes(64 * 1024))
            waited = clock() - began
            await socket.send(finish_task())
            return [_told(str(await socket.recv()))], waited

    fault = parse_fault("stall:events=1,lasting=0.5")
    told, waited = talk_to(lesson(), talk, faults=[fault])
    assert told == ["task-failed"]  # there is no speech in zeros
    assert waited > 0.4


@pytest.mark.parametrize("trigger", ["", ":bytes=1", ":events=4", ":seconds=0"])
def test_stall_loses_nothing(trigger: str) -> None:
    assert seen(f"stall{trigger or ':'},lasting=0.02".replace(":,", ":")).told == WELL


# ------------------------------------------------------------------------------------------------ how often, how many


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
    async def talk(service: EmbeddedServer) -> list[int]:
        return [await _status(service) for _ in statuses]

    assert talk_to(lesson(), talk, faults=[parse_fault(fault)]) == statuses


def test_a_fault_befalls_the_first_connections_and_several_go_together() -> None:
    """The first attempt is refused, the next is dropped, its results doubled, and so on: each counts its own."""
    faults = ["drop:events=3,times=1", "refuse:times=1", "duplicate:times=2", "unknown:events=0,times=3"]

    async def talk(service: EmbeddedServer) -> list[Any]:
        return [await _status(service), *[(await witness(service)).told for _ in range(4)]]

    doubled = [text for text in FIRST for _ in (1, 2)]
    found = talk_to(lesson(), talk, faults=[parse_fault(text) for text in faults])
    assert found == [
        503,
        ["task-dreamt", "task-started", "今"],
        ["task-dreamt", "task-started", *doubled, "task-finished"],
        ["task-dreamt", *WELL],
        WELL,
    ]
