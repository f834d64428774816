"""The results of the models that translate, as their clients read them: transcription and translations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from wire import (
    LESSON,
    LESSON_TEXTS,
    finish_task,
    lesson_pcm,
    receive_events,
    run_task,
    run_with_server,
    socket_to,
    stream_task,
    write_wav,
)

from paraformer_nb.dashscope.gummy import GUMMY
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.base import Engine
from paraformer_nb.server.engines.registry import make_engine

ENGLISH = ["The weather is fine.", "We go to the park.", ""]  # the last one has no translation
TRANSLATED = {"translation_enabled": True, "translation_target_languages": ["en"]}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The Chinese clip with its translations."""
    script = json.loads(LESSON.with_suffix(".json").read_text(encoding="utf-8"))
    for sentence, text in zip(script["sentences"], ENGLISH, strict=True):
        sentence["translations"] = {"en": text, "ja": "天気"} if text else {"ja": "音声"}
    path = tmp_path_factory.mktemp("gummy") / "lesson.json"
    path.write_text(json.dumps(script), encoding="utf-8")
    write_wav(path.with_suffix(".wav"), lesson_pcm())
    return make_engine("scripted", {"script": path})


def results_of(engine: Engine, **parameters: Any) -> list[dict[str, Any]]:
    """Run a task with the whole clip; return its result events."""

    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await stream_task(socket, run_task(model=GUMMY, **parameters), lesson_pcm(), finish_task())

    found = run_with_server(engine, client)
    assert [found[0]["header"]["event"], found[-1]["header"]["event"]] == ["task-started", "task-finished"]
    return found[1:-1]


def outputs(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return their payloads' outputs."""
    return [event["payload"]["output"] for event in found]


def finals_of(found: list[dict[str, Any]], part: str) -> list[tuple[int, str]]:
    """Return the ids and texts of the final transcriptions or translations."""
    parts = [
        each
        for output in outputs(found)
        for each in (output["translations"] if part == "translations" else [output[part]])
    ]
    return [(each["sentence_id"], each["text"]) for each in parts if each["sentence_end"]]


def test_a_transcription_alone(engine: Engine) -> None:
    found = results_of(engine)
    assert finals_of(found, "transcription") == list(enumerate(LESSON_TEXTS))
    assert all(output["translations"] == [] for output in outputs(found))
    assert "sentence" not in outputs(found)[0]


def test_a_transcription_with_its_translation(engine: Engine) -> None:
    found = results_of(engine, **TRANSLATED)
    assert finals_of(found, "transcription") == list(enumerate(LESSON_TEXTS))
    assert finals_of(found, "translations") == list(enumerate(ENGLISH[:2]))
    assert {each["lang"] for output in outputs(found) for each in output["translations"]} == {"en"}
    for event in found:
        transcription = event["payload"]["output"]["transcription"]
        assert (event["payload"]["usage"] is not None) == transcription["sentence_end"]
        for part in (transcription, *event["payload"]["output"]["translations"]):
            assert_readable(part)
            assert (part["begin_time"], part["end_time"]) == (transcription["begin_time"], transcription["end_time"])


def assert_readable(part: dict[str, Any]) -> None:
    """All fields that the vendor's SDK reads unconditionally are there, and the times are consistent."""
    end = part["end_time"] if part["sentence_end"] else part["current_time"]
    assert (part["end_time"] is None) == (not part["sentence_end"])
    assert 0 <= part["begin_time"] < end
    assert "".join(word["text"] + word["punctuation"] for word in part["words"]) == part["text"]
    for word in part["words"]:
        assert part["begin_time"] <= word["begin_time"] < word["end_time"] <= end
        assert (word["fixed"], word["speaker_id"]) == (part["sentence_end"], None)


def test_a_translation_alone(engine: Engine) -> None:
    found = results_of(engine, transcription_enabled=False, **TRANSLATED)
    assert finals_of(found, "translations") == list(enumerate(ENGLISH[:2]))
    assert all(set(output) == {"translations"} for output in outputs(found))


def test_a_language_without_a_translation_has_no_result(engine: Engine) -> None:
    found = results_of(engine, translation_enabled=True, translation_target_languages=["fr"])
    assert finals_of(found, "transcription") == list(enumerate(LESSON_TEXTS))
    assert finals_of(found, "translations") == []


@pytest.mark.parametrize("parameters", [{"translation_target_languages": ["en"]}, {"translation_enabled": True}])
def test_a_translation_must_be_enabled_and_have_a_language(parameters: dict[str, Any], engine: Engine) -> None:
    assert finals_of(results_of(engine, **parameters), "translations") == []


def test_text_parameters_apply_as_for_any_model(engine: Engine) -> None:
    found = results_of(engine, punctuation_prediction_enabled=False, **TRANSLATED)
    assert finals_of(found, "transcription") == [(at, text[:-1]) for at, text in enumerate(LESSON_TEXTS)]


def test_another_model_translates_nothing(engine: Engine) -> None:
    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await stream_task(socket, run_task(**TRANSLATED), lesson_pcm(), finish_task())

    assert all("translations" not in event["payload"]["output"] for event in run_with_server(engine, client)[1:-1])


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"translation_target_languages": ["en", "ja"]}, "translation_target_languages"),
        ({"translation_target_languages": "en"}, "translation_target_languages"),
        ({"translation_target_languages": [1]}, "translation_target_languages"),
        ({"translation_enabled": "yes"}, "translation_enabled"),
        ({"transcription_enabled": 1}, "transcription_enabled"),
        ({"source_language": 3}, "source_language"),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(parameters: dict[str, Any], name: str, engine: Engine) -> None:
    async def client(service: EmbeddedServer) -> dict[str, Any]:
        async with socket_to(service) as socket:
            await socket.send(run_task(model=GUMMY, **parameters))
            return (await receive_events(socket))[-1]["header"]

    header = run_with_server(engine, client)
    assert header["error_code"] == "InvalidParameter"
    assert name in header["error_message"]
