"""The scripted engine: the words and times of its script, to the millisecond, wherever a task starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from servers import ended, texts, tone

import paraformer_nb as pnb

pytestmark = pytest.mark.usefixtures("nothing_left")


def script(clip: Path) -> list[dict[str, Any]]:
    return list(json.loads(clip.with_suffix(".json").read_text(encoding="utf-8"))["sentences"])


def words_of(clip: Path, start: float = 0.0, end: float = 1e9) -> list[tuple[str, float, float]]:
    """Return the script's words that lie entirely between two times."""
    return [
        (word["text"], word["begin_ms"] / 1000, word["end_ms"] / 1000)
        for sentence in script(clip)
        for word in sentence["words"]
        if word["begin_ms"] / 1000 >= start and word["end_ms"] / 1000 <= end
    ]


def run_clip(clip: Path, given: Any = None, **options: Any) -> pnb.Run:
    service = pnb.Embedded("scripted", script=clip.with_suffix(".json"))
    return ended(pnb.transcribe(clip if given is None else given, service=service, **options), 30)


def rows(run: pnb.Run) -> list[tuple[str, float, float]]:
    words = run.words
    return list(zip(words["text"], words["start"].round(6), words["end"].round(6), strict=True))


@pytest.mark.parametrize("pace", [None, 60.0])
@pytest.mark.parametrize("language", ["english", "chinese"])
def test_a_whole_clip(language: str, pace: float | None, request: pytest.FixtureRequest) -> None:
    clip = request.getfixturevalue(language)
    run = run_clip(clip, pace=pace)
    assert rows(run) == words_of(clip)
    assert list(run.sentences["text"]) == [sentence["text"] for sentence in script(clip)]
    assert run.words["is_final"].all()
    assert run.words["confidence"].isna().all()


def test_text_is_joined_according_to_its_language(english: Path, chinese: Path) -> None:
    assert run_clip(chinese).text == "今天天气很好。我们一起去公园散步。语音识别把声音变成文字。"
    assert run_clip(english).text.startswith("Good morning and welcome to the first lesson. Today we will look")


def test_punctuation_is_separate_from_its_word(chinese: Path) -> None:
    words = run_clip(chinese, language_hints=["zh"]).words
    assert "".join(words["text"] + words["punctuation"]) == "今天天气很好。我们一起去公园散步。语音识别把声音变成文字。"
    assert list(words[words["punctuation"] != ""]["text"]) == ["好", "步", "字"]


# Parts: between sentences, from the middle of one, from the middle of a word, in exact silence, on odd samples.
PARTS = [(4.0, None), (4.376, 8.8), (5.9, 20.0), (6.0, None), (3.6, 4.2), (10.00003, 25.5), (0.0, 2.0), (39.0, None)]


@pytest.mark.parametrize(("start", "end"), PARTS)
def test_a_part_keeps_the_times_of_its_clip(start: float, end: float | None, english: Path) -> None:
    run = run_clip(english, start=start, end=end)
    assert [row[0] for row in rows(run)] == [word[0] for word in words_of(english, start, end or 1e9)]
    for (_, start_found, end_found), (_, begin, stop) in zip(
        rows(run), words_of(english, start, end or 1e9), strict=True
    ):
        assert abs(start_found - begin) < 0.0011
        assert abs(end_found - stop) < 0.0011
    assert run.error is None


def test_half_a_sentence_has_half_its_text(english: Path) -> None:
    run = run_clip(english, start=6.3, end=8.9)
    assert list(run.sentences["text"]) == ["computer turns sound into words."]


def test_an_array_of_a_part_has_times_from_its_own_start(english: Path) -> None:
    import av

    with av.open(str(english)) as container:
        pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]).astype(np.int16)
    run = run_clip(english, (pcm[4 * 16000 :], 16000))
    assert rows(run) == [(text, round(a - 4, 6), round(b - 4, 6)) for text, a, b in words_of(english, 4.0)]


def test_sound_that_is_not_in_the_clip_gets_the_script_from_its_start(chinese: Path) -> None:
    run = run_clip(chinese, tone(3.0))
    assert rows(run) == words_of(chinese, 0.0, 3.0)


def test_sound_that_is_too_short_to_be_located_has_no_words(english: Path) -> None:
    assert len(run_clip(english, tone(0.1)).words) == 0


def test_silence_is_an_empty_table(english: Path) -> None:
    run = run_clip(english, (np.zeros(32000, np.int16), 16000))
    assert (run.state, run.error, len(run.words)) == ("finished", None, 0)


@pytest.mark.parametrize("hints", [["zh"], ["en", "ja"], None])
def test_any_language_may_be_hinted_at(hints: list[str] | None, chinese: Path) -> None:
    assert texts(run_clip(chinese, language_hints=hints))[:2] == ["今", "天"]


def test_partials_grow_by_words_and_precede_their_final(chinese: Path) -> None:
    events = run_clip(chinese).events
    sentences = [
        json.loads(body)["payload"]["output"]["sentence"]
        for body in events[events["event"] == "result-generated"]["body"]
    ]
    first = [(sentence["text"], sentence["sentence_end"]) for sentence in sentences if sentence["sentence_id"] == 1]
    assert first == [(text, False) for text in ("今", "今天", "今天天", "今天天气", "今天天气很", "今天天气很好。")] + [
        ("今天天气很好。", True)
    ]


@pytest.mark.parametrize("rate", [8000, 48000])
def test_another_sample_rate_on_the_wire(rate: int, chinese: Path) -> None:
    model = "paraformer-realtime-8k-v2" if rate == 8000 else "paraformer-realtime-v2"
    run = run_clip(chinese, model=model, sample_rate=rate)
    assert len(run.words) == len(words_of(chinese))
    assert list(run.words["start"].round(1)) == [round(word[1], 1) for word in words_of(chinese)]
