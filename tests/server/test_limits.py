"""What the embedded service bears, and for how long: each bound of `Limits`, made small. No test needs a fast clock."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from wire import (
    LESSON_TEXTS,
    begin,
    events,
    finals,
    finish_task,
    hear,
    is_well,
    lesson,
    lesson_pcm,
    run_task,
    socket_to,
    talk_to,
    until,
    until_closed,
)

from paraformer_nb.errors import ParameterError
from paraformer_nb.server import embedded_server as services
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.limits import Limits

BLOCK = bytes(3200)  # 0.1 s of silence
TOO_LARGE = (
    "The decoded text message was too big for the output buffer and the endpoint does not support partial messages"
)


async def failure(socket: ClientConnection) -> tuple[str, str]:
    """How its task fails, and its connection ends well with it."""
    header = (await events(socket))[-1]["header"]
    assert await until_closed(socket) == 1000
    return header["error_code"], header["error_message"]


# --------------------------------------------------------------------------------------------------------------- times


def test_a_task_without_data_times_out_as_the_vendor_has_it() -> None:
    async def talk(service: EmbeddedServer) -> tuple[str, str]:
        async with socket_to(service) as socket:
            await begin(socket)
            await socket.send(BLOCK)
            return await failure(socket)

    told = talk_to(lesson(), talk, limits=Limits(no_data=0.05))
    assert told == ("CLIENT_ERROR", "request timeout after 0.05 seconds.")


async def hush(socket: ClientConnection, most: int) -> list[dict[str, Any]]:
    """What a task is told while it sends silence, up to so many events."""

    async def send() -> None:
        with suppress(ConnectionClosed):
            while True:
                await socket.send(BLOCK)
                await asyncio.sleep(0.005)

    sending = asyncio.create_task(send())
    found = [json.loads(await socket.recv()) for _ in range(most)]
    sending.cancel()
    return found


def test_a_task_in_which_nothing_is_heard_times_out() -> None:
    async def talk(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            await begin(socket)
            return await hush(socket, 1)

    (failed,) = talk_to(lesson(), talk, limits=Limits(silence=0.05, heartbeat=0.01))
    assert (failed["header"]["error_code"], failed["header"]["error_message"]) == (
        "RequestTimeOut",
        "Response timeout!",
    )


def test_a_heartbeat_lifts_that_and_comes_in_empty_results() -> None:
    async def talk(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            await begin(socket, heartbeat=True)
            beats = await hush(socket, 5)  # 0.1 s at least: twice the time in which nothing may be heard
            for at in range(0, 96000, 3200):
                await socket.send(lesson_pcm()[at : at + 3200])
            await socket.send(finish_task())
            assert finals(await events(socket)) == LESSON_TEXTS[:1]
            return beats

    for beat in talk_to(lesson(), talk, limits=Limits(silence=0.05, heartbeat=0.02)):
        assert beat["header"] == {"task_id": "task-1", "event": "result-generated", "attributes": {}}
        assert beat["payload"]["usage"] is None
        assert beat["payload"]["output"]["sentence"] == {
            "begin_time": 0,
            "end_time": None,
            "text": "",
            "words": [],
            "sentence_end": False,
            "sentence_id": 0,
            "heartbeat": True,
        }


@pytest.mark.parametrize(("heartbeat", "period"), [(True, 3600), (False, 1e-9)])
def test_no_heartbeat_comes_before_its_time_or_unasked(heartbeat: bool, period: float) -> None:
    async def talk(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await hear(socket, run_task(heartbeat=heartbeat), lesson_pcm(), finish_task())

    found = talk_to(lesson(), talk, limits=Limits(heartbeat=period))
    assert not any(event["payload"]["output"]["sentence"]["heartbeat"] for event in found[1:-1])


def test_an_idle_connection_is_closed_before_the_first_task_and_after_the_last() -> None:
    async def talk(service: EmbeddedServer) -> list[int | None]:
        async with socket_to(service) as used, socket_to(service) as fresh:
            await hear(used, run_task(), lesson_pcm(), finish_task())
            return [await until_closed(fresh), await until_closed(used)]

    assert talk_to(lesson(), talk, limits=Limits(idle=0.4)) == [1000, 1000]


def test_a_handshake_that_does_not_come_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_HANDSHAKE_TIMEOUT", 0.4)

    async def talk(service: EmbeddedServer) -> tuple[list[bytes], bool]:
        port = urlsplit(service.url).port
        knocking = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in knocking:
            writer.write(b"GET /api-ws/v1/inference HTTP/1.1\r\nHost: x\r\n")
        well = await is_well(service)
        answers = [await reader.read() for reader, _ in knocking]
        for _, writer in knocking:
            writer.close()
        return answers, well

    assert talk_to(lesson(), talk) == ([b""] * 20, True)


# --------------------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("message", "told", "code"),
    [
        (bytes(2000), ("NO_VALID_AUDIO_ERROR", "no speech was found in the audio"), 1000),
        (bytes(2001), ("CLIENT_ERROR", TOO_LARGE), 1000),
        (bytes(8000), ("CLIENT_ERROR", TOO_LARGE), 1000),
        (bytes(8001), None, 1009),
        (finish_task().ljust(2000), ("NO_VALID_AUDIO_ERROR", "no speech was found in the audio"), 1000),
        (finish_task().ljust(2001), ("CLIENT_ERROR", TOO_LARGE), 1000),
    ],
    ids=lambda value: f"{type(value).__name__} {len(value)}" if isinstance(value, (bytes, str)) else "",
)
def test_a_message_that_is_too_large_ends_its_connection_and_no_other(
    message: bytes | str, told: tuple[str, str] | None, code: int
) -> None:
    async def talk(service: EmbeddedServer) -> tuple[tuple[str, str] | None, int | None]:
        async with socket_to(service) as socket:
            await begin(socket)
            await socket.send(message)
            with suppress(ConnectionClosed):
                await socket.send(finish_task())
            failed = await failure(socket) if told else None
            code = await until_closed(socket)
            assert await is_well(service)
            return failed, code

    assert talk_to(lesson(), talk, limits=Limits(frame=2000)) == (told, code)


# ------------------------------------------------------------------------------------------------------------ how many


def test_one_connection_too_many_is_told_to_come_back() -> None:
    async def talk(service: EmbeddedServer) -> str:
        async with socket_to(service) as one:
            async with socket_to(service):
                with pytest.raises(InvalidStatus) as caught:
                    async with socket_to(service):
                        pass
            assert caught.value.response.status_code == 503
            await until(lambda: len(service._serving) == 1)
            async with socket_to(service):
                pass
            await one.send(run_task())
            return str(json.loads(await one.recv())["header"]["event"]) + (caught.value.response.body or b"").decode()

    answer = talk_to(lesson(), talk, limits=Limits(connections=2))
    assert answer == 'task-started{"code":"ServiceUnavailable","message":"Too many connections."}'


def test_one_task_too_many_is_throttled() -> None:
    async def talk(service: EmbeddedServer) -> tuple[str, str]:
        async with socket_to(service) as one, socket_to(service) as two:
            await begin(one)
            await two.send(run_task())
            failed = await failure(two)
            await one.send(finish_task())
            await failure(one)
        assert await is_well(service)
        return failed

    told = talk_to(lesson(), talk, limits=Limits(tasks=1))
    assert told == ("Throttling", "Requests throttling triggered.")


# -------------------------------------------------------------------------------------------------------------- limits


def test_limits_from_texts() -> None:
    given = Limits.parse(["no_data=0.5", "frame=4096", "tasks=2"])
    assert given == replace(Limits(), no_data=0.5, frame=4096, tasks=2)
    assert Limits.parse([]) == Limits()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("patience=1", "there is no limit 'patience'. Known: no_data,"),
        ("", "there is no limit ''"),
        ("no_data", "give no_data=NUMBER"),
        ("no_data=soon", "give no_data=NUMBER"),
        ("frame=1.5", "give frame=NUMBER"),
        ("no_data=0", "above 0"),
        ("tasks=-1", "above 0"),
        ("speed=nan", "above 0"),
    ],
)
def test_a_limit_that_is_none_is_named(text: str, what: str) -> None:
    with pytest.raises(ParameterError, match=what.replace("(", r"\(")):
        Limits.parse(["idle=3", text])


@pytest.mark.parametrize("value", [0, -1.0, True, "1", None, float("nan")])
def test_a_bound_is_a_number_above_0(value: Any) -> None:
    with pytest.raises(ParameterError, match="limit idle=.*give a number above 0"):
        Limits(idle=value)
