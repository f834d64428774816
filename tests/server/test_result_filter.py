"""The effect of a task's text parameters on the results of any engine, and which parameters are logged as ignored."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from wire import finish_task, lesson_engine, lesson_pcm, run_task, run_with_server, socket_to, stream_task, write_wav

from paraformer_nb.dashscope.messages import SentenceResult, WordResult
from paraformer_nb.server.embedded_server import EmbeddedServer
from paraformer_nb.server.engines.base import Engine
from paraformer_nb.server.engines.registry import make_engine
from paraformer_nb.server.result_filter import ResultFilter

SAID = [("Um, good uh morning.", ["Um", "good", "uh", "morning"]), ("Hmm.", ["Hmm"]), ("Well, yes!", ["Well", "yes"])]


@pytest.fixture
def hesitant_engine(tmp_path: Path) -> Engine:
    """The scripted engine with a speaker who says a word every 0.1 s, fillers included."""
    sentences = []
    begin = 0
    for text, words in SAID:
        script = [
            {"text": word, "begin_ms": begin + 100 * number, "end_ms": begin + 100 * (number + 1)}
            for number, word in enumerate(words)
        ]
        sentences.append({"text": text, "begin_ms": begin, "end_ms": begin + 100 * len(words), "words": script})
        begin += 1000
    (tmp_path / "said.json").write_text(json.dumps({"sentences": sentences}))
    write_wav(tmp_path / "said.wav", b"\1\2" * 16_000 * 3)
    return make_engine("scripted", {"script": tmp_path / "said.json"})


def sentences_of(engine: Engine, audio: bytes, **parameters: Any) -> list[dict[str, Any]]:
    """Run a task; return the sentences of all its results."""

    async def client(service: EmbeddedServer) -> list[dict[str, Any]]:
        async with socket_to(service) as socket:
            return await stream_task(socket, run_task(**parameters), audio, finish_task())

    return [event["payload"]["output"]["sentence"] for event in run_with_server(engine, client)[1:-1]]


def texts(sentences: list[dict[str, Any]]) -> list[str]:
    """Return the texts of the final ones."""
    return [sentence["text"] for sentence in sentences if sentence["sentence_end"]]


def words(sentences: list[dict[str, Any]]) -> list[list[str]]:
    """Return the words of the final ones, each with its punctuation."""
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
def test_punctuation_and_fillers(
    parameters: dict[str, Any], expected: list[list[str]], hesitant_engine: Engine
) -> None:
    """Texts and words agree in partials and finals, and a sentence of only fillers has no result."""
    sentences = sentences_of(hesitant_engine, b"\1\2" * 16_000 * 3, **parameters)
    assert words(sentences) == expected
    assert texts(sentences) == [" ".join(sentence) for sentence in expected]
    for sentence in sentences:
        assert sentence["text"] == " ".join(word["text"] + word["punctuation"] for word in sentence["words"])
        assert sentence["text"]
    begins = [sentence["sentence_id"] for sentence in sentences if sentence["sentence_begin"]]
    assert begins == sorted({sentence["sentence_id"] for sentence in sentences})
    assert len(begins) == len(expected)


def test_chinese_is_joined_without_spaces() -> None:
    assert texts(sentences_of(lesson_engine(), lesson_pcm()[:96000], punctuation_prediction_enabled=False)) == [
        "今天天气很好"
    ]


@pytest.mark.parametrize(
    ("parameters", "ignored"),
    [
        ({"vocabulary_id": "v-1", "speaker_count": 2}, "vocabulary_id (the list does not exist),speaker_count"),
        (
            {"semantic_punctuation_enabled": True, "max_sentence_silence": 500},
            "semantic_punctuation_enabled,max_sentence_silence",
        ),
        ({"inverse_text_normalization_enabled": False}, "inverse_text_normalization_enabled"),
        ({"hearbeat": True, "x": None, "y": ""}, "hearbeat"),
        # Defaults, or parameters that are honoured.
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
def test_ignored_parameters_are_logged(
    parameters: dict[str, Any], ignored: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="paraformer_nb.server"):
        assert texts(sentences_of(lesson_engine(), lesson_pcm()[:96000], **parameters)) == ["今天天气很好。"]
    logged = [record.fields["parameters"] for record in caplog.records if record.event == "parameters-ignored"]
    assert ",".join(logged) == (ignored or "")


@pytest.mark.parametrize("hints", [["zh"], ["en", "ja"], ["yue", "ko", "de", "fr", "ru"]])
def test_any_documented_language_may_be_hinted_at(hints: list[str]) -> None:
    assert texts(sentences_of(lesson_engine(), lesson_pcm()[:96000], language_hints=hints)) == ["今天天气很好。"]


# ---------------------------------------------------------------------------------------------- results of any engine


def sentence(number: int, *words: str, final: bool = False, text: str | None = None) -> SentenceResult:
    """Make a result; a word's punctuation follows it after a bar."""
    parts = [word.partition("|") for word in words]
    results = [WordResult(100 * n, 100 * n + 100, word, mark) for n, (word, _, mark) in enumerate(parts)]
    given = text if text is not None else " ".join(word + mark for word, _, mark in parts)
    return SentenceResult(0, 100 if final else None, given, results, sentence_end=final, sentence_id=number)


def test_a_sentence_begins_with_its_first_result_that_is_sent() -> None:
    result_filter = ResultFilter({"disfluency_removal_enabled": True})
    given = [sentence(1, "um"), sentence(1, "um", "yes"), sentence(1, "yes", final=True), sentence(2, "no")]
    sent = [result_filter.apply(each) for each in given]
    assert [each and (each.text, each.sentence_begin) for each in sent] == [
        None,
        ("yes", True),
        ("yes", False),
        ("no", True),
    ]


def test_a_sentence_with_a_partial_gets_an_empty_final_if_no_word_is_left() -> None:
    """A recogniser may revise its words, and the client must be informed."""
    result_filter = ResultFilter({"disfluency_removal_enabled": True})
    assert result_filter.apply(sentence(1, "yes"))
    last = result_filter.apply(sentence(1, "hmm", final=True))
    assert last is not None
    assert (last.text, last.words, last.sentence_end) == ("", [], True)


def test_a_text_without_words_is_kept() -> None:
    result_filter = ResultFilter({"disfluency_removal_enabled": True, "punctuation_prediction_enabled": False})
    result = result_filter.apply(sentence(1, text="as it is"))
    assert result is not None
    assert result.text == "as it is"


@pytest.mark.parametrize("filler", ["uh", "Um", "ERM", " hmm ", "嗯", "呃", "额"])
def test_fillers_are_recognised_in_any_case(filler: str) -> None:
    result = ResultFilter({"disfluency_removal_enabled": True}).apply(sentence(1, f"{filler}|,", "好|。"))
    assert result is not None
    assert result.text == "好。"
