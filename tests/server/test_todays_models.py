"""The embedded service with today's models: names, snapshots, codes, partials, tokens, contexts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from servers import ended
from wire import (
    LESSON,
    LESSON_TEXTS,
    finals,
    finish_task,
    lesson_engine,
    lesson_pcm,
    run_task,
    run_with_server,
    socket_to,
    stream_task,
)

import paraformer_nb as pnb
from paraformer_nb.dashscope.codes import is_no_speech, task_error
from paraformer_nb.server.embedded_server import EmbeddedServer

QWEN, MESSAGE = "qwen-audio-3.1-asr-flash-streaming", "qwen-audio-3.1-asr-flash-message"
SILENCE = bytes(32_000)


def events(model: str, audio: bytes, limits: pnb.Limits | None = None, **parameters: Any) -> list[dict[str, Any]]:
    """All events of one task."""

    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await stream_task(socket, run_task(model=model, **parameters), audio, finish_task())

    return run_with_server(lesson_engine(), client, limits=limits)


def error(model: str, audio: bytes, limits: pnb.Limits | None = None, **parameters: Any) -> tuple[str, str]:
    header = events(model, audio, limits, **parameters)[-1]["header"]
    return header["error_code"], header["error_message"]


@pytest.mark.parametrize("model", [*pnb.MODELS, f"{QWEN}-2027-01-01"])
def test_every_model_is_served_and_so_are_dated_snapshots(model: str) -> None:
    rate = pnb.MODELS[model].sample_rate if model in pnb.MODELS else 16_000
    audio = lesson_pcm()[: 96_000 if rate == 16_000 else 32_000]
    first = events(model, audio, sample_rate=rate)[0]
    assert first["header"]["event"] == "task-started"


@pytest.mark.parametrize(
    ("model", "code"), [(QWEN, "EmptyAudio"), (MESSAGE, "EmptyAudio"), ("fun-asr-realtime", "NO_VALID_AUDIO_ERROR")]
)
def test_audio_without_speech_has_the_model_s_own_code(model: str, code: str) -> None:
    found = error(model, SILENCE)
    assert found[0] == code
    assert is_no_speech(*found)


def test_silence_without_a_heartbeat_has_the_model_s_own_code() -> None:
    limits = pnb.Limits(silence=1e-6)
    assert error(QWEN, lesson_pcm(), limits) == ("ResponseTimeout", "Response timeout!")
    assert task_error("ResponseTimeout", "", "t").retryable
    assert error("paraformer-realtime-v2", lesson_pcm(), limits)[0] == "RequestTimeOut"


@pytest.mark.parametrize(("parameters", "has_partials"), [({}, False), ({"intermediate_result_enabled": True}, True)])
def test_the_message_model_sends_partials_only_if_it_is_asked_to(
    parameters: dict[str, Any], has_partials: bool
) -> None:
    found = events(MESSAGE, lesson_pcm(), **parameters)
    assert finals(found) == LESSON_TEXTS
    assert (len(found) > 5) == has_partials


def test_usage_has_tokens_that_grow_over_the_task() -> None:
    reports = [event["payload"]["usage"] for event in events(QWEN, lesson_pcm()) if event["payload"].get("usage")]
    assert len(reports) == 4
    for name in ("duration", "input_tokens", "output_tokens", "total_tokens"):
        values = [report[name] for report in reports]
        assert values == sorted(values)
        assert all(isinstance(value, int) for value in values)
    assert reports[-1]["total_tokens"] == reports[-1]["input_tokens"] + reports[-1]["output_tokens"]
    plain = events("paraformer-realtime-v2", lesson_pcm())[-1]["payload"]["usage"]
    assert set(plain) == {"duration"}


def test_hotwords_count_in_each_sentence() -> None:
    usages = [
        events(QWEN, lesson_pcm(), **parameters)[-1]["payload"]["usage"]
        for parameters in ({}, {"vocabulary": {f"word {number}": 4 for number in range(14)}})
    ]
    assert usages[1]["input_tokens"] - usages[0]["input_tokens"] >= 94 * len(LESSON_TEXTS)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"language_hints": ["zh", "en", "ja", "ko", "vi"]}, "5 hints"),
        ({"vocabulary": {"a": 6}}, "weight 6"),
        ({"vad_model": "telephone"}, "vad_model"),
        ({"special_word_filter": {"filter_with_empty": {"word_list": ["x"] * 33}}}, "33 words"),
    ],
)
def test_a_value_that_the_model_does_not_have_is_refused(parameters: dict[str, Any], problem: str) -> None:
    async def client(service: EmbeddedServer) -> dict[str, Any]:
        async with socket_to(service) as socket:
            await socket.send(run_task(model=QWEN, **parameters))
            header: dict[str, Any] = json.loads(await socket.recv())["header"]
            return header

    header = run_with_server(lesson_engine(), client)
    assert header["error_code"] == "InvalidParameter"
    assert problem in header["error_message"]


@pytest.mark.parametrize("context", [[{"text": "x"}], "x", None, [{"role": "user", "content": []}]])
def test_a_new_context_of_another_form_fails_the_task(context: Any) -> None:
    async def client(service: EmbeddedServer) -> dict[str, Any]:
        async with socket_to(service) as socket:
            await socket.send(run_task(model=QWEN))
            await socket.recv()
            header = {"action": "continue-task", "task_id": "task-1", "streaming": "duplex"}
            await socket.send(json.dumps({"header": header, "payload": {"input": {"context": context}}}))
            answer: dict[str, Any] = json.loads(await socket.recv())["header"]
            return answer

    header = run_with_server(lesson_engine(), client)
    assert (header["event"], header["error_code"]) == ("task-failed", "InvalidParameter")
    assert "context" in header["error_message"]


def test_a_run_of_a_silent_clip_finishes_without_words() -> None:
    service = pnb.Embedded("scripted", script=LESSON.with_suffix(".json"))
    run = ended(pnb.transcribe((np.zeros(16_000, np.int16), 16_000), service=service, model=QWEN))
    assert (run.state, len(run.words)) == ("finished", 0)
    service.close()
