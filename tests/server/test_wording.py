"""What a task's parameters do to the words of any engine, and which of them are told to be without effect."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from paraformer_nb.server.wording import Wording
from wire import finish_task, lesson_engine, lesson_pcm, run_task, run_with_server, socket_to, stream_task, write_wav

from paraformer_nb.dashscope.messages import SentenceResult, WordResult
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.base import Engine
from paraformer_nb.server.engines.registry import make_engine

SAID = [("Um, good uh morning.", ["Um", "good", "uh", "morning"]), ("Hmm.", ["Hmm"]), ("Well, yes!", ["Well", "yes"])]


@pytest.fixture
def hesitant(tmp_path: Path) -> Engine:
    """The scripted engine with a speaker who says a word each 0.1 s, and not all of them mean something."""
    sentences, at = [], 0
    for text, words in SAID:
        told = [
            {"text": word, "begin_ms": at + 100 * number, "end_ms": at + 100 * (number + 1)}
            for number, word in enumerate(words)
        ]
        sentences.append({"text": text, "begin_ms": at, "end_ms": at + 100 * len(words), "words": told})
        at += 1000
    (tmp_path / "said.json").write_text(json.dumps({"sentences": sentences}))
    write_wav(tmp_path / "said.wav", b"\1\2" * 16_000 * 3)
    return make_engine("scripted", {"script": tmp_path / "said.json"})


def heard(engine: Engine, audio: bytes, **parameters: Any) -> list[dict[str, Any]]:
    """The sentences of all results of a task."""

    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await stream_task(socket, run_task(**parameters), audio, finish_task())

    return [event["payload"]["output"]["sentence"] for event in run_with_server(engine, client)[1:-1]]


def texts(sentences: list[dict[str, Any]]) -> list[str]:
    """Of the settled ones."""
    return [sentence["text"] for sentence in sentences if sentence["sentence_end"]]


def words(sentences: list[dict[str, Any]]) -> list[list[str]]:
    """Of the settled ones, each with its mark."""
    return [
        [word["text"] + word["punctuation"] for word in sentence["words"]]
        for sentence in sentences
        if sentence["sentence_end"]
    ]


# ------------------------------------------------------------------------------------------------------- on the wire


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [["Um,", "good", "uh", "morning."], ["Hmm."], ["Well,", "yes!"]]),
        (
            {"disfluency_removal_enabled": False, "punctuation_prediction_enabled": True},
            [["Um,", "good", "uh", "morning."], ["Hmm."], ["Well,", "yes!"]],
        ),
        ({"punctuation_prediction_enabled": False}, [["Um", "good", "uh", "morning"], ["Hmm"], ["Well", "yes"]]),
        ({"disfluency_removal_enabled": True}, [["good", "morning."], ["Well,", "yes!"]]),
        (
            {"disfluency_removal_enabled": True, "punctuation_prediction_enabled": False},
            [["good", "morning"], ["Well", "yes"]],
        ),
    ],
)
def test_marks_and_fillers(parameters: dict[str, Any], expected: list[list[str]], hesitant: Engine) -> None:
    """Texts and words agree, partials as well as finals, and nothing is told of a sentence of fillers."""
    sentences = heard(hesitant, b"\1\2" * 16_000 * 3, **parameters)
    assert words(sentences) == expected
    assert texts(sentences) == [" ".join(sentence) for sentence in expected]
    for sentence in sentences:
        assert sentence["text"] == " ".join(word["text"] + word["punctuation"] for word in sentence["words"])
        assert sentence["text"]
    begins = [sentence["sentence_id"] for sentence in sentences if sentence["sentence_begin"]]
    assert begins == sorted({sentence["sentence_id"] for sentence in sentences})
    assert len(begins) == len(expected)


def test_chinese_is_joined_without_spaces() -> None:
    assert texts(heard(lesson_engine(), lesson_pcm()[:96000], punctuation_prediction_enabled=False)) == ["今天天气很好"]


@pytest.mark.parametrize(
    ("parameters", "ignored"),
    [
        ({"vocabulary_id": "v-1", "speaker_count": 2}, "vocabulary_id,speaker_count"),
        (
            {"semantic_punctuation_enabled": True, "max_sentence_silence": 500},
            "semantic_punctuation_enabled,max_sentence_silence",
        ),
        ({"inverse_text_normalization_enabled": False}, "inverse_text_normalization_enabled"),
        ({"hearbeat": True, "x": None, "y": ""}, "hearbeat"),
        # These ask for nothing, or for what is done.
        (
            {
                "max_sentence_silence": 800,
                "semantic_punctuation_enabled": False,
                "heartbeat": True,
                "source_language": "auto",
                "inverse_text_normalization_enabled": True,
                "language_hints": ["zh"],
                "disfluency_removal_enabled": True,
                "multi_threshold_mode_enabled": False,
                "translation_target_languages": ["en"],
                "vocabulary_id": "",
            },
            None,
        ),
    ],
)
def test_what_cannot_be_had_is_borne_and_logged(
    parameters: dict[str, Any], ignored: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="paraformer_nb.server"):
        assert texts(heard(lesson_engine(), lesson_pcm()[:96000], **parameters)) == ["今天天气很好。"]
    told = [record.fields["parameters"] for record in caplog.records if record.event == "without-effect"]
    assert told == ([] if ignored is None else [ignored])


@pytest.mark.parametrize("hints", [["zh"], ["en", "ja"], ["yue", "ko", "de", "fr", "ru"]])
def test_any_documented_language_may_be_hinted_at(hints: list[str]) -> None:
    assert texts(heard(lesson_engine(), lesson_pcm()[:96000], language_hints=hints)) == ["今天天气很好。"]


# ------------------------------------------------------------------------------------------------- any engine's words


def sentence(number: int, *told: str, final: bool = False, text: str | None = None) -> SentenceResult:
    """What an engine emits: each word with its mark behind a bar."""
    parts = [word.partition("|") for word in told]
    results = [WordResult(100 * at, 100 * at + 100, word, mark) for at, (word, _, mark) in enumerate(parts)]
    given = text if text is not None else " ".join(word + mark for word, _, mark in parts)
    return SentenceResult(0, 100 if final else None, given, results, sentence_end=final, sentence_id=number)


def test_a_sentence_begins_with_the_first_of_it_that_is_told() -> None:
    wording = Wording({"disfluency_removal_enabled": True})
    given = [sentence(1, "um"), sentence(1, "um", "yes"), sentence(1, "yes", final=True), sentence(2, "no")]
    told = [wording.apply(each) for each in given]
    assert [each and (each.text, each.sentence_begin) for each in told] == [
        None,
        ("yes", True),
        ("yes", False),
        ("no", True),
    ]


def test_a_sentence_that_was_told_of_ends_also_with_nothing_left_of_it() -> None:
    """A recogniser may change its mind, and the client has to learn of it."""
    wording = Wording({"disfluency_removal_enabled": True})
    assert wording.apply(sentence(1, "yes"))
    last = wording.apply(sentence(1, "hmm", final=True))
    assert last is not None
    assert (last.text, last.words, last.sentence_end) == ("", [], True)


def test_a_text_without_words_is_kept() -> None:
    told = Wording({"disfluency_removal_enabled": True, "punctuation_prediction_enabled": False}).apply(
        sentence(1, text="as it is")
    )
    assert told is not None
    assert told.text == "as it is"


@pytest.mark.parametrize("filler", ["uh", "Um", "ERM", " hmm ", "嗯", "呃", "额"])
def test_what_counts_as_a_filler(filler: str) -> None:
    told = Wording({"disfluency_removal_enabled": True}).apply(sentence(1, f"{filler}|,", "好|。"))
    assert told is not None
    assert told.text == "好。"
