"""Find words, whatever their case, diacritics, width and punctuation. The view's find is tested with the same cases."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from paraformer_nb.transcript.search import comparable, find
from paraformer_nb.transcript.spacing import separator_before, separators
from paraformer_nb.transcript.words import Sentence, Word

SHARED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "find_cases.json").read_text(encoding="utf-8"))


def shared_transcript(name: str) -> list[Sentence]:
    """A transcript of the shared cases; its words are half a second apart."""
    sentences, time = [], 0.0
    for number, rows in enumerate(SHARED["transcripts"][name], start=1):
        words = tuple(Word(text, time + i / 2, time + i / 2 + 0.4, mark) for i, (_, text, mark) in enumerate(rows))
        line = "".join(f"{before if i else ''}{text}{mark}" for i, (before, text, mark) in enumerate(rows))
        sentences.append(Sentence(number, line, words[0].start, words[-1].end, True, words))
        time += len(words) / 2
    return sentences


@pytest.mark.parametrize("case", SHARED["cases"], ids=lambda case: f"{case['query']}: {case['why']}")
def test_a_query_finds_the_words_that_the_shared_table_names(case: dict[str, Any]) -> None:
    sentences = shared_transcript(case["transcript"])
    words = [word for sentence in sentences for word in sentence.words]
    expected = [(words[first].start, words[last].end) for first, last in case["found"]]
    assert [(match.start, match.end) for match in find(sentences, case["query"])] == expected


@pytest.mark.parametrize("name", SHARED["transcripts"])
def test_the_shared_table_has_the_separators_that_views_show(name: str) -> None:
    sentences = shared_transcript(name)
    for rows, sentence in zip(SHARED["transcripts"][name], sentences, strict=True):
        assert separators(sentence)[1:] == [before for before, _, _ in rows[1:]]
    for before, after in pairwise(range(len(sentences))):
        assert separator_before(sentences[after], sentences[before]) == SHARED["transcripts"][name][after][0][0]


@pytest.mark.parametrize("name", SHARED["transcripts"])
def test_each_sentence_is_found_as_it_is_shown(name: str) -> None:
    sentences = shared_transcript(name)
    for sentence in sentences:
        spans = [(match.sentence_id, match.start, match.end) for match in find(sentences, sentence.text)]
        assert (sentence.id, sentence.start, sentence.end) in spans


def sentence(number: int, start: float, *texts: str) -> Sentence:
    words = tuple(Word(text, start + i / 2, start + i / 2 + 0.4) for i, text in enumerate(texts))
    return Sentence(number, " ".join(texts), start, words[-1].end, True, words)


def test_words_that_bring_their_own_space_are_found_as_a_phrase() -> None:
    """As the words of some services do."""
    for texts in ((" Good", " morning", " all"), ("Good ", "morning ", "all ")):
        (match,) = find([sentence(1, 0, *texts)], "good morning")
        assert match.text == "Good morning"


def test_a_match_has_the_text_as_shown_without_the_punctuation_after_it() -> None:
    chinese, english = shared_transcript("chinese"), shared_transcript("english")
    assert [(match.sentence_id, match.text) for match in find(chinese, "识别很有意思")] == [(1, "识别，很有意思")]
    assert [(match.sentence_id, match.text) for match in find(english, "day a")] == [(1, "day. A")]
    assert [(match.sentence_id, match.text) for match in find(chinese, "好 hello")] == [(2, "好！ Hello")]
    assert [match.text for match in find(chinese, "，")] == ["识别，", "世界，"]


def test_a_text_is_compared_without_case_punctuation_and_extra_spaces() -> None:
    assert comparable("  Don't —  stop… ") == "don t stop"
    assert comparable("你好， 世界。 Hello") == "你好世界hello"
    assert comparable("…") == ""
