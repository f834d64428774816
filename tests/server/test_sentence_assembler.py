"""Words are assembled to sentences, and sentences become final, by the silence between words."""

from __future__ import annotations

from typing import Any

import pytest

from paraformer_nb.server.engines.sentence_assembler import MAX_SENTENCE, SentenceAssembler


def words(*texts: str, at: int, is_final: bool = True) -> list[dict[str, Any]]:
    """Make words of 100 ms, one after the other."""
    more = {"fixed": is_final} | ({"confidence": 0.9} if is_final else {})
    return [
        {"begin_time": at + 100 * n, "end_time": at + 100 * (n + 1), "text": text, "punctuation": "", "fixed": is_final}
        | more
        for n, text in enumerate(texts)
    ]


def summary(sentences: Any) -> list[tuple[int, str, bool]]:
    return [(one["sentence_id"], one["text"], one["sentence_end"]) for one in sentences]


def test_a_sentence_is_final_once_its_silence_has_passed() -> None:
    sentences = SentenceAssembler(800)
    assert summary(sentences.add(words("good", "morning", at=1000), now=1500)) == [(1, "good morning", False)]
    assert summary(sentences.wait(1999)) == []
    (final,) = sentences.wait(2000)
    assert (final["begin_time"], final["end_time"], final["sentence_end"]) == (1000, 1200, True)
    assert summary(sentences.wait(9000)) == summary(sentences.finish()) == []


def test_an_utterance_that_is_followed_by_enough_silence_has_one_result() -> None:
    assert summary(SentenceAssembler(200).add(words("yes", at=0), now=500)) == [(1, "yes", True)]


@pytest.mark.parametrize(("gap", "one_sentence"), [(799, True), (800, False)])
def test_the_gap_between_two_utterances_decides(gap: int, one_sentence: bool) -> None:
    sentences = SentenceAssembler(800)
    list(sentences.add(words("one", at=0), now=400))
    partial = list(sentences.update(words("two", at=100 + gap, is_final=False)))
    ended = list(sentences.add(words("two", "three", at=100 + gap), now=1400))
    if one_sentence:
        assert summary(partial + ended) == [(1, "one two", False), (1, "one two three", False)]
        assert [word["fixed"] for word in partial[0]["words"]] == [True, False]
        assert ["confidence" in word for word in partial[0]["words"]] == [True, False]
        assert partial[0]["begin_time"] == 0
        assert summary(sentences.finish()) == [(1, "one two three", True)]
    else:
        assert summary(partial + ended) == [(1, "one", True), (2, "two", False), (2, "two three", False)]
        assert partial[0]["end_time"] == 100
        assert (partial[1]["begin_time"], partial[1]["end_time"]) == (900, None)
        assert summary(sentences.finish()) == [(2, "two three", True)]


def test_a_long_pause_within_an_utterance_splits_it_too() -> None:
    sentences = SentenceAssembler(500)
    utterance = words("one", "two", at=0) + words("three", at=700)
    assert summary(sentences.add(utterance, now=900)) == [(1, "one two", True), (2, "three", False)]


def test_the_partial_of_an_utterance_without_words_is_withdrawn() -> None:
    sentences = SentenceAssembler(800)
    assert summary(sentences.add([], now=100)) == []
    assert summary(sentences.update([])) == []
    assert summary(sentences.update(words("a", at=300, is_final=False))) == [(1, "a", False)]
    (final,) = sentences.add([], now=900)
    assert (final["sentence_id"], final["begin_time"], final["words"], final["sentence_end"]) == (1, 300, [], True)
    assert summary(sentences.finish()) == []
    assert summary(sentences.add(words("b", at=2000), now=2100)) == [(2, "b", False)]
    assert summary(sentences.add([], now=2200)) == [(2, "b", False)], "the earlier words are missing"


def test_a_sentence_without_a_pause_ends_with_an_utterance_before_it_is_too_long() -> None:
    sentences = SentenceAssembler(800)
    finals = []
    for at in range(0, 300_000, 8_000):
        finals += [one for one in sentences.add(words(*["so"] * 79, at=at), now=at + 7_900) if one["sentence_end"]]
    assert len(finals) >= 15
    assert all(10_000 < one["end_time"] - one["begin_time"] <= MAX_SENTENCE for one in finals)
    assert [one["sentence_id"] for one in finals] == list(range(1, len(finals) + 1))
    assert sum(len(one["words"]) for one in [*finals, *sentences.finish()]) == 38 * 79
