"""The effect of each limit of the embedded service, with small values. No test depends on a fast machine."""

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
    can_serve,
    finals,
    finish_task,
    lesson_engine,
    lesson_pcm,
    receive_events,
    run_task,
    run_with_server,
    socket_to,
    start_task,
    stream_task,
    wait_closed,
    wait_until,
)

from paraformer_nb.errors import ParameterError
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.limits import Limits

BLOCK = bytes(3200)  # 0.1 s of silence
TOO_LARGE = (
    "The decoded text message was too big for the output buffer and the endpoint does not support partial messages"
)


async def failure(socket: ClientConnection) -> tuple[str, str]:
    """Return how the task fails; its connection must be closed normally."""
    header = (await receive_events(socket))[-1]["header"]
    assert await wait_closed(socket) == 1000
    return header["error_code"], header["error_message"]


# --------------------------------------------------------------------------------------------------------------- times


def test_a_task_without_data_times_out_with_the_vendor_s_message() -> None:
    async def client(service: EmbeddedServer) -> tuple[str, str]:
        async with socket_to(service) as socket:
            await start_task(socket)
            await socket.send(BLOCK)
            return await failure(socket)

    failed = run_with_server(lesson_engine(), client, limits=Limits(no_data=0.05))
    assert failed == ("CLIENT_ERROR", "request timeout after 0.05 seconds.")


async def send_silence(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    """Send silence until `count` events are received; return them."""

    async def send() -> None:
        with suppress(ConnectionClosed):
            while True:
                await socket.send(BLOCK)
                await asyncio.sleep(0.005)

    sending = asyncio.create_task(send())
    found = [json.loads(await socket.recv()) for _ in range(count)]
    sending.cancel()
    return found


def test_a_task_without_speech_times_out() -> None:
    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            await start_task(socket)
            return await send_silence(socket, 1)

    (failed,) = run_with_server(lesson_engine(), client, limits=Limits(silence=0.05, heartbeat=0.01))
    assert (failed["header"]["error_code"], failed["header"]["error_message"]) == (
        "RequestTimeOut",
        "Response timeout!",
    )


def test_with_heartbeat_there_is_no_such_timeout_and_empty_results_are_sent() -> None:
    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            await start_task(socket, heartbeat=True)
            beats = await send_silence(socket, 5)  # 0.1 s at least: twice the limit for silence
            for at in range(0, 96000, 3200):
                await socket.send(lesson_pcm()[at : at + 3200])
            await socket.send(finish_task())
            assert finals(await receive_events(socket)) == LESSON_TEXTS[:1]
            return beats

    for beat in run_with_server(lesson_engine(), client, limits=Limits(silence=0.05, heartbeat=0.02)):
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
def test_no_heartbeat_is_sent_too_early_or_without_the_parameter(heartbeat: bool, period: float) -> None:
    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await stream_task(socket, run_task(heartbeat=heartbeat), lesson_pcm(), finish_task())

    found = run_with_server(lesson_engine(), client, limits=Limits(heartbeat=period))
    assert not any(event["payload"]["output"]["sentence"]["heartbeat"] for event in found[1:-1])


def test_an_idle_connection_is_closed_before_the_first_task_and_after_the_last() -> None:
    async def client(service: EmbeddedServer) -> list[int | None]:
        async with socket_to(service) as used, socket_to(service) as fresh:
            await stream_task(used, run_task(), lesson_pcm(), finish_task())
            return [await wait_closed(fresh), await wait_closed(used)]

    assert run_with_server(lesson_engine(), client, limits=Limits(idle=0.4)) == [1000, 1000]


def test_a_handshake_that_is_not_completed_is_dropped() -> None:
    async def client(service: EmbeddedServer) -> tuple[list[bytes], bool]:
        port = urlsplit(service.url).port
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in connections:
            writer.write(b"GET /api-ws/v1/inference HTTP/1.1\r\nHost: x\r\n")
        is_served = await can_serve(service)
        answers = [await reader.read() for reader, _ in connections]
        for _, writer in connections:
            writer.close()
        return answers, is_served

    assert run_with_server(lesson_engine(), client, limits=Limits(handshake=0.4)) == ([b""] * 20, True)


# --------------------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("message", "failed", "code"),
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
def test_a_message_that_is_too_large_ends_only_its_own_connection(
    message: bytes | str, failed: tuple[str, str] | None, code: int
) -> None:
    async def client(service: EmbeddedServer) -> tuple[tuple[str, str] | None, int | None]:
        async with socket_to(service) as socket:
            await start_task(socket)
            await socket.send(message)
            with suppress(ConnectionClosed):
                await socket.send(finish_task())
            found = await failure(socket) if failed else None
            close_code = await wait_closed(socket)
            assert await can_serve(service)
            return found, close_code

    assert run_with_server(lesson_engine(), client, limits=Limits(frame=2000)) == (failed, code)


# -------------------------------------------------------------------------------------------------------------- counts


def test_one_connection_too_many_is_refused_with_503() -> None:
    async def client(service: EmbeddedServer) -> str:
        async with socket_to(service) as one:
            async with socket_to(service):
                with pytest.raises(InvalidStatus) as caught:
                    async with socket_to(service):
                        pass
            assert caught.value.response.status_code == 503
            await wait_until(lambda: service.connection_count == 1)
            async with socket_to(service):
                pass
            await one.send(run_task())
            return str(json.loads(await one.recv())["header"]["event"]) + (caught.value.response.body or b"").decode()

    answer = run_with_server(lesson_engine(), client, limits=Limits(connections=2))
    assert answer == 'task-started{"code":"ServiceUnavailable","message":"Too many connections."}'


def test_one_task_too_many_is_throttled() -> None:
    async def client(service: EmbeddedServer) -> tuple[str, str]:
        async with socket_to(service) as one, socket_to(service) as two:
            await start_task(one)
            await two.send(run_task())
            failed = await failure(two)
            await one.send(finish_task())
            await failure(one)
        assert await can_serve(service)
        return failed

    failed = run_with_server(lesson_engine(), client, limits=Limits(tasks=1))
    assert failed == ("Throttling", "Requests throttling triggered.")


# -------------------------------------------------------------------------------------------------------------- limits


def test_limits_are_parsed_from_texts() -> None:
    given = Limits.parse(["no_data=0.5", "frame=4096", "tasks=2"])
    assert given == replace(Limits(), no_data=0.5, frame=4096, tasks=2)
    assert Limits.parse([]) == Limits()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("patience=1", "unknown limit 'patience'. Known: no_data,"),
        ("", "unknown limit ''"),
        ("no_data", "give no_data=NUMBER"),
        ("no_data=soon", "give no_data=NUMBER"),
        ("frame=1.5", "give frame=NUMBER"),
        ("no_data=0", "above 0"),
        ("tasks=-1", "above 0"),
        ("speed=nan", "above 0"),
    ],
)
def test_an_invalid_limit_is_refused_with_the_problem(text: str, problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        Limits.parse(["idle=3", text])


@pytest.mark.parametrize("value", [0, -1.0, True, "1", None, float("nan")])
def test_a_limit_is_a_number_above_0(value: Any) -> None:
    with pytest.raises(ParameterError, match="limit idle=.*give a number above 0"):
        Limits(idle=value)


@pytest.mark.parametrize("value", [0, 1.5, True, "1", None])
def test_a_limit_in_bytes_or_for_a_count_is_a_whole_number(value: Any) -> None:
    with pytest.raises(ParameterError, match="limit frame=.*give a whole number above 0"):
        Limits(frame=value)
