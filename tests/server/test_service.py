"""The embedded service's behaviour for any client: handshakes, tasks one after another, and refusals."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from wire import (
    KEY,
    LESSON_TEXTS,
    finals,
    finish_task,
    lesson_engine,
    lesson_pcm,
    receive_events,
    run_task,
    run_with_server,
    socket_to,
    stream_task,
)

import paraformer_nb as pnb
from paraformer_nb.dashscope.gummy import GUMMY
from paraformer_nb.dashscope.server_protocol import ENGINE_HEADER, NOTICE_HEADER
from paraformer_nb.server.embedded_server import PATH, EmbeddedServer
from paraformer_nb.server.engines.registry import ENGINES, default_engine, make_engine

# ------------------------------------------------------------------------------------------------------ the handshake


@pytest.mark.parametrize(
    ("path", "authorization", "status"),
    [
        ("", f"Bearer {KEY}", 101),
        ("/", f"bearer {KEY}", 101),
        ("", KEY, 101),
        ("?api_key=" + KEY, "", 101),
        ("/?x=1&api_key=" + KEY, "", 101),
        (f"?api_key={KEY}&api_key={KEY}", "", 401),
        ("", f"BEARER  {KEY}", 101),
        ("", "Bearer another", 401),
        ("", "Bearer", 401),
        ("", f"Basic {KEY}", 401),
        ("", f"Bearer {KEY} {KEY}", 401),
        ("", "", 401),
        ("", f"Bearer {KEY}é", 401),
        ("?api_key=another", "", 401),
        ("?api_key=%D0%BA%FF", "", 401),
        ("?api_key=" + KEY, "Bearer another", 401),
        ("?API_KEY=" + KEY, "", 401),
        ("/more", f"Bearer {KEY}", 404),
        ("/[", f"Bearer {KEY}", 404),
    ],
)
def test_a_handshake_is_accepted_or_refused(path: str, authorization: str, status: int) -> None:
    async def client(service: EmbeddedServer) -> int:
        headers = {"Authorization": authorization} if authorization else {}
        try:
            async with connect(service.url + path, additional_headers=headers, proxy=None) as socket:
                assert socket.response is not None
                assert socket.response.headers["X-Paraformer-NB-Engine"] == "scripted"
                assert "Sec-WebSocket-Extensions" not in socket.response.headers
                return 101
        except InvalidStatus as error:
            assert KEY.encode() not in (error.response.body or b"")
            return error.response.status_code

    assert run_with_server(lesson_engine(), client) == HTTPStatus(status)


@pytest.mark.parametrize(("name", "notice"), [("scripted", "脚本演示"), ("paraformer", "")])
def test_the_handshake_names_the_engine_and_its_notice(name: str, notice: str) -> None:
    async def client(service: EmbeddedServer) -> Headers:
        async with socket_to(service) as socket:
            assert socket.response is not None
            return socket.response.headers

    headers = run_with_server(lesson_engine(), client, name)
    assert headers[ENGINE_HEADER] == name
    assert unquote(headers.get(NOTICE_HEADER, "")) == ENGINES[name].notice
    assert notice in ENGINES[name].notice
    assert (NOTICE_HEADER in headers) == bool(notice)


def test_a_handshake_with_two_keys_is_refused() -> None:
    async def client(service: EmbeddedServer) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(service.url).port)
        keys = f"Authorization: {KEY}\r\nAuthorization: {KEY}\r\n"
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n{keys}\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer

    assert run_with_server(lesson_engine(), client).startswith(b"HTTP/1.1 401 ")


def test_keys_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the time of a comparison would reveal how much of a key is right."""
    compared: list[set[bytes]] = []
    compare: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append({one, other})
        return compare(one, other)

    async def client(service: EmbeddedServer) -> None:
        for key in (KEY, KEY[:-1]):
            try:
                async with socket_to(service, Authorization=key):
                    pass
            except InvalidStatus:
                pass

    monkeypatch.setattr(hmac, "compare_digest", watched)
    run_with_server(lesson_engine(), client)
    assert compared == [{KEY.encode()}, {KEY.encode(), KEY[:-1].encode()}]


def test_it_listens_on_loopback_only() -> None:
    async def client(service: EmbeddedServer) -> list[str]:
        return [host for host, _ in service.addresses]

    assert run_with_server(lesson_engine(), client) == ["127.0.0.1"]


@pytest.mark.usefixtures("nothing_left")
def test_each_service_has_its_own_key(chinese: Any) -> None:
    services = [pnb.Embedded("scripted", script=chinese.with_suffix(".json")) for _ in range(2)]
    try:
        keys = {asyncio.run(service.endpoint()).headers["Authorization"] for service in services}
    finally:
        for service in services:
            service.close()
    assert len(keys) == 2
    assert all(len(key.removeprefix("Bearer ")) == 32 for key in keys)


# ---------------------------------------------------------------------------------------------- tasks on a connection


def test_events_have_every_field_that_clients_read() -> None:
    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await stream_task(socket, run_task(), lesson_pcm(), finish_task())

    found = run_with_server(lesson_engine(), client)
    assert finals(found) == LESSON_TEXTS
    assert all(event["header"]["task_id"] == "task-1" for event in found)
    assert all(event["header"]["attributes"] == {} and "payload" in event for event in found)
    for event in found[1:-1]:
        sentence, usage = event["payload"]["output"]["sentence"], event["payload"]["usage"]
        assert {"begin_time", "end_time", "text", "words", "sentence_end", "sentence_id", "heartbeat"} <= set(sentence)
        assert (sentence["end_time"] is not None) == sentence["sentence_end"] == (usage is not None)
        for word in sentence["words"]:
            assert {"begin_time", "end_time", "text", "punctuation", "fixed"} <= set(word)
    begins = [event["payload"]["output"]["sentence"]["sentence_begin"] for event in found[1:-1]]
    assert [number for number, is_begin in enumerate(begins) if is_begin] == [0, 7, 17]
    assert found[-1]["payload"] == {"output": {}, "usage": {"duration": 11}}


def test_tasks_run_one_after_another_on_a_connection() -> None:
    async def client(service: EmbeddedServer) -> list[list[str]]:
        async with socket_to(service) as socket:
            return [
                finals(await stream_task(socket, run_task(name), lesson_pcm(), finish_task(name))) for name in "abc"
            ]

    assert run_with_server(lesson_engine(), client) == [LESSON_TEXTS] * 3


def test_two_connections_at_once_are_independent() -> None:
    async def one(service: EmbeddedServer, name: str) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await stream_task(socket, run_task(name), lesson_pcm(), finish_task(name))

    async def client(service: EmbeddedServer) -> list[list[dict[str, Any]]]:
        return list(await asyncio.gather(one(service, "a"), one(service, "b")))

    for name, found in zip("ab", run_with_server(lesson_engine(), client), strict=True):
        assert finals(found) == LESSON_TEXTS
        assert {event["header"]["task_id"] for event in found} == {name}


def test_a_client_that_disconnects_during_a_task_leaves_nothing_behind() -> None:
    """Also without a closing handshake, and before it has sent audio."""

    async def client(service: EmbeddedServer) -> list[str]:
        for audio in (lesson_pcm()[:64000], b""):
            async with socket_to(service) as socket:
                await socket.send(run_task())
                await socket.recv()
                await socket.send(audio)
                socket.transport.abort()
        async with socket_to(service) as socket:
            await socket.send(run_task())
        async with socket_to(service) as socket:
            return finals(await stream_task(socket, run_task(), lesson_pcm(), finish_task()))

    assert run_with_server(lesson_engine(), client) == LESSON_TEXTS


def test_a_service_that_is_closed_during_tasks_sends_close_frames() -> None:
    async def client(service: EmbeddedServer) -> list[int | None]:
        async with socket_to(service) as idle, socket_to(service) as socket:
            await socket.send(run_task())
            await socket.recv()
            await service.close()
            for each in (idle, socket):
                with pytest.raises(ConnectionClosed):
                    await each.recv()
            return [idle.close_code, socket.close_code]

    assert run_with_server(lesson_engine(), client) == [1001, 1001]


# ------------------------------------------------------------------------------------------------------------- refusals

REFUSED = [
    ([finish_task()], "InvalidParameter", "no task is running"),
    ([b"\0" * 3200], "InvalidParameter", "before task-started"),
    (["not json"], "InvalidParameter", "Invalid payload data"),
    (["[1]"], "InvalidParameter", "Invalid payload data"),
    (["[" * 60_000], "InvalidParameter", "Invalid payload data"),
    (["{}".ljust(64 * 1024)], "InvalidParameter", "Invalid payload data"),
    (["{}".ljust(64 * 1024 + 1)], "CLIENT_ERROR", "too big for the output buffer"),
    (['{"header":{"action":"dance","task_id":"1"}}'], "InvalidParameter", "Unknown action 'dance'"),
    (
        ['{"header":{"action":"run-task","task_id":"1"},"payload":{"model":"paraformer-realtime-v2"}}'],
        "InvalidParameter",
        "Missing required parameter 'payload.input'! Please follow the protocol!",
    ),
    (['{"header":{"action":"run-task"},"payload":{"model":"x","input":{}}}'], "InvalidParameter", "header.task_id"),
    ([run_task(model="whisper")], "ModelNotFound", "Model not exist: whisper"),
    ([run_task(format="midi")], "UNSUPPORTED_FORMAT", "midi"),
    ([run_task(format=["pcm"])], "UNSUPPORTED_FORMAT", "pcm"),
    ([run_task(sample_rate=1000)], "InvalidParameter", "sample_rate 1000"),
    ([run_task(sample_rate="fast")], "InvalidParameter", "sample_rate"),
    ([run_task(model="paraformer-realtime-8k-v2", sample_rate=16000)], "InvalidParameter", "8000 only"),
    ([run_task(), run_task("task-2")], "InvalidParameter", "a task is running"),
    ([run_task(), "{}"], "InvalidParameter", "Invalid payload data"),
    ([run_task(), finish_task()], "NO_VALID_AUDIO_ERROR", "no speech"),
    ([run_task(), b"", finish_task()], "NO_VALID_AUDIO_ERROR", "no speech"),
    ([run_task(), b"\0" * 3200, finish_task()], "NO_VALID_AUDIO_ERROR", "no speech"),
    ([run_task(), finish_task(), b"\0" * 3200], "NO_VALID_AUDIO_ERROR", "no speech"),
    ([run_task(format="wav"), b"\1" * 3200], "UNSUPPORTED_FORMAT", "no WAV that can be decoded"),
    ([run_task(format="mp3"), b"\1" * 100_000], "UNSUPPORTED_FORMAT", "no MP3 that can be decoded"),
    ([run_task(format="amr"), b"\1" * 3200, finish_task()], "UNSUPPORTED_FORMAT", "no narrow-band AMR"),
]


@pytest.mark.parametrize(("messages", "code", "problem"), REFUSED)
def test_an_invalid_message_fails_the_task(messages: list[Any], code: str, problem: str) -> None:
    """task-failed contains the reason, and the connection is closed after it."""

    async def client(service: EmbeddedServer) -> dict[str, Any]:
        async with socket_to(service) as socket:
            for message in messages:
                await socket.send(message)
                if message == messages[0] and len(messages) > 1:
                    assert json.loads(await socket.recv())["header"]["event"] == "task-started"
            failed = (await receive_events(socket))[-1]
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1000
            return failed

    failed = run_with_server(lesson_engine(), client)
    assert failed["header"]["event"] == "task-failed"
    assert failed["header"]["error_code"] == code
    assert problem in failed["header"]["error_message"]
    assert failed["payload"] == {}


# Each has the wrong type or is out of range, for every model.
WRONG = [
    ("max_sentence_silence", 199),
    ("max_sentence_silence", 6001),
    ("max_sentence_silence", "800"),
    ("max_sentence_silence", 800.5),
    ("max_sentence_silence", True),
    ("max_sentence_silence", [800]),
    ("language_hints", "zh"),
    ("language_hints", ["tlh"]),
    ("language_hints", 5),
    ("language_hints", [{}]),
    ("heartbeat", "yes"),
    ("punctuation_prediction_enabled", 1),
    ("disfluency_removal_enabled", "true"),
    ("semantic_punctuation_enabled", 0),
    ("vocabulary_id", 7),
    ("translation_enabled", "yes"),
    ("translation_target_languages", "en"),
    ("translation_target_languages", 5),
    ("transcription_enabled", 0),
    ("source_language", ["zh"]),
]


@pytest.mark.parametrize("model", ["paraformer-realtime-v2", "fun-asr-realtime", GUMMY])
def test_an_invalid_parameter_is_refused_by_name(model: str) -> None:
    async def client(service: EmbeddedServer) -> list[str]:
        refusals = []
        for name, value in WRONG:
            async with socket_to(service) as socket:
                await socket.send(run_task(model=model, **{name: value}))
                header = (await receive_events(socket))[-1]["header"]
                refusals.append(f"{header['error_code']}: {header['error_message']}")
        return refusals

    for (name, value), refusal in zip(WRONG, run_with_server(lesson_engine(), client), strict=True):
        assert refusal.startswith("InvalidParameter: "), (name, value, refusal)
        assert name in refusal


def test_a_task_id_is_accepted_only_once() -> None:
    async def client(service: EmbeddedServer) -> dict[str, Any]:
        async with socket_to(service) as socket:
            await stream_task(socket, run_task(), lesson_pcm(), finish_task())
            await socket.send(run_task())
            return (await receive_events(socket))[-1]

    assert "every task needs its own" in run_with_server(lesson_engine(), client)["header"]["error_message"]


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("model", ["paraformer-realtime-v2", GUMMY])
def test_the_english_engine_refuses_other_languages(model: str) -> None:
    async def client(service: EmbeddedServer) -> dict[str, Any]:
        async with socket_to(service) as socket:
            await socket.send(run_task(model=model, language_hints=["zh"]))
            return (await receive_events(socket))[-1]

    engine = default_engine()
    failed = run_with_server(make_engine(engine, {}), client, engine)
    assert failed["header"]["error_code"] == "InvalidParameter"
    assert "knows en only" in failed["header"]["error_message"]
