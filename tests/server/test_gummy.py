"""The form of the models that translate, as their clients read it: transcription and translations side by side."""

from __future__ import annotations

import json
from typing import Any

import pytest
from wire import LESSON, LESSON_TEXTS, events, finish_task, hear, lesson_pcm, run_task, socket_to, talk_to, wav_at

from paraformer_nb.dashscope.gummy import GUMMY
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.base import Engine
from paraformer_nb.server.engines.registry import make_engine

ENGLISH = ["The weather is fine.", "We go to the park.", ""]  # nobody has translated the last one
TRANSLATED = {"translation_enabled": True, "translation_target_languages": ["en"]}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The Chinese clip with its translations."""
    script = json.loads(LESSON.with_suffix(".json").read_text(encoding="utf-8"))
    for sentence, text in zip(script["sentences"], ENGLISH, strict=True):
        sentence["translations"] = {"en": text, "ja": "天気"} if text else {"ja": "音声"}
    path = tmp_path_factory.mktemp("gummy") / "lesson.json"
    path.write_text(json.dumps(script), encoding="utf-8")
    wav_at(path.with_suffix(".wav"), lesson_pcm())
    return make_engine("scripted", {"script": path})


def heard(engine: Engine, **parameters: Any) -> list[dict[str, Any]]:
    """The events of a task with the whole clip."""

    async def talk(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await hear(socket, run_task(model=GUMMY, **parameters), lesson_pcm(), finish_task())

    found = talk_to(engine, talk)
    assert [found[0]["header"]["event"], found[-1]["header"]["event"]] == ["task-started", "task-finished"]
    return found[1:-1]


def outputs(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What they hold."""
    return [event["payload"]["output"] for event in found]


def settled(found: list[dict[str, Any]], part: str) -> list[tuple[int, str]]:
    """Ids and texts of the settled sentences or translations."""
    parts = [
        each
        for output in outputs(found)
        for each in (output["translations"] if part == "translations" else [output[part]])
    ]
    return [(each["sentence_id"], each["text"]) for each in parts if each["sentence_end"]]


def test_a_transcription_alone(engine: Engine) -> None:
    found = heard(engine)
    assert settled(found, "transcription") == list(enumerate(LESSON_TEXTS))
    assert all(output["translations"] == [] for output in outputs(found))
    assert "sentence" not in outputs(found)[0]


def test_a_transcription_with_its_translation(engine: Engine) -> None:
    found = heard(engine, **TRANSLATED)
    assert settled(found, "transcription") == list(enumerate(LESSON_TEXTS))
    assert settled(found, "translations") == list(enumerate(ENGLISH[:2]))
    assert {each["lang"] for output in outputs(found) for each in output["translations"]} == {"en"}
    for event in found:
        transcription = event["payload"]["output"]["transcription"]
        assert (event["payload"]["usage"] is not None) == transcription["sentence_end"]
        for part in (transcription, *event["payload"]["output"]["translations"]):
            assert_readable(part)
            assert (part["begin_time"], part["end_time"]) == (transcription["begin_time"], transcription["end_time"])


def assert_readable(part: dict[str, Any]) -> None:
    """What the vendor's SDK reads without asking is there, and the times make sense."""
    end = part["end_time"] if part["sentence_end"] else part["current_time"]
    assert (part["end_time"] is None) == (not part["sentence_end"])
    assert 0 <= part["begin_time"] < end
    assert "".join(word["text"] + word["punctuation"] for word in part["words"]) == part["text"]
    for word in part["words"]:
        assert part["begin_time"] <= word["begin_time"] < word["end_time"] <= end
        assert (word["fixed"], word["speaker_id"]) == (part["sentence_end"], None)


def test_a_translation_alone(engine: Engine) -> None:
    found = heard(engine, transcription_enabled=False, **TRANSLATED)
    assert settled(found, "translations") == list(enumerate(ENGLISH[:2]))
    assert all(set(output) == {"translations"} for output in outputs(found))


def test_a_language_without_a_translation_is_left_out(engine: Engine) -> None:
    found = heard(engine, translation_enabled=True, translation_target_languages=["fr"])
    assert settled(found, "transcription") == list(enumerate(LESSON_TEXTS))
    assert settled(found, "translations") == []


@pytest.mark.parametrize("wanted", [{"translation_target_languages": ["en"]}, {"translation_enabled": True}])
def test_a_translation_needs_both_the_wish_and_a_language(wanted: dict[str, Any], engine: Engine) -> None:
    assert settled(heard(engine, **wanted), "translations") == []


def test_words_are_worded_as_for_any_model(engine: Engine) -> None:
    found = heard(engine, punctuation_prediction_enabled=False, **TRANSLATED)
    assert settled(found, "transcription") == [(at, text[:-1]) for at, text in enumerate(LESSON_TEXTS)]


def test_another_model_translates_nothing(engine: Engine) -> None:
    async def talk(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await hear(socket, run_task(**TRANSLATED), lesson_pcm(), finish_task())

    assert all("translations" not in event["payload"]["output"] for event in talk_to(engine, talk)[1:-1])


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        ({"translation_target_languages": ["en", "ja"]}, "translation_target_languages"),
        ({"translation_target_languages": "en"}, "translation_target_languages"),
        ({"translation_target_languages": [1]}, "translation_target_languages"),
        ({"translation_enabled": "yes"}, "translation_enabled"),
        ({"transcription_enabled": 1}, "transcription_enabled"),
        ({"source_language": 3}, "source_language"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_named(parameters: dict[str, Any], what: str, engine: Engine) -> None:
    async def talk(service: EmbeddedServer) -> dict[str, Any]:
        async with socket_to(service) as socket:
            await socket.send(run_task(model=GUMMY, **parameters))
            return (await events(socket))[-1]["header"]

    header = talk_to(engine, talk)
    assert header["error_code"] == "InvalidParameter"
    assert what in header["error_message"]
