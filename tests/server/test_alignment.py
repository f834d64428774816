"""Forced alignment: how words are pronounced, and when they were said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from accuracy import sentences
from servers import needs_pocketsphinx

from paraformer_nb.audio.clip import open_clip
from paraformer_nb.server.engines.alignment.aligner import Aligner
from paraformer_nb.server.engines.alignment.estimate import estimate
from paraformer_nb.server.engines.alignment.numbers import number_readings
from paraformer_nb.server.engines.alignment.pronunciation import Lexicon, by_rules, plain

RATE = 16_000


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner()


def samples(clip: Path) -> np.ndarray:
    opened = open_clip(clip, sample_rate=RATE)
    try:
        return np.frombuffer(b"".join(opened.blocks(RATE)), "<i2")
    finally:
        opened.close()


@needs_pocketsphinx
def test_the_words_of_a_lesson_are_found_within_milliseconds(aligner: Aligner, english: Path) -> None:
    pcm = samples(english)
    wrong = []
    for part in sentences(english):
        begin = part[0][1] - 0.2
        found = aligner.align(pcm[round(begin * RATE) : round((part[-1][2] + 0.2) * RATE)], [word[0] for word in part])
        assert found is not None and all(found)
        wrong += [abs(begin + each.begin - word[1]) for each, word in zip(found, part, strict=True) if each]
    median, late = np.percentile(wrong, [50, 90])
    assert median <= 0.012
    assert late <= 0.030


@needs_pocketsphinx
def test_a_text_that_was_not_said_has_no_alignment_or_a_low_score(aligner: Aligner, english: Path) -> None:
    pcm = samples(english)[: 4 * RATE]
    right = aligner.align(pcm, ["good", "morning", "and", "welcome", "to", "the", "first", "lesson"])
    assert right is not None
    wrong = aligner.align(pcm, ["seven", "purple", "elephants", "dance", "on", "sunday"])
    assert wrong is None or np.mean([each.score for each in wrong if each]) < np.mean([e.score for e in right if e])


@needs_pocketsphinx
def test_signs_are_not_spoken(aligner: Aligner, english: Path) -> None:
    found = aligner.align(samples(english)[: 3 * RATE], ["Good", "—", "morning"])
    assert found is not None
    assert [each is None for each in found] == [False, True, False]
    assert aligner.align(np.zeros(RATE, np.int16), ["—", "..."]) is None


@needs_pocketsphinx
@pytest.mark.parametrize("text", ["a", "xyzzy", "Übermensch", "3,000,000", "$45.50", "C3PO", "e-mail", "it's", "NASA"])
def test_any_word_has_a_pronunciation(aligner: Aligner, text: str) -> None:
    assert Lexicon(lambda _: []).pronounce(text)
    noise = np.random.default_rng(1).normal(0, 900, RATE).astype(np.int16)
    aligner.align(noise, [text])  # the model knows all phones, or this raises


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("7", "seven"),
        ("42", "forty two"),
        ("1984", "nineteen eighty four"),
        ("2007", "two thousand seven"),
        ("1900", "nineteen hundred"),
        ("1906", "nineteen oh six"),
        ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("3.5", "three point five"),
        ("21st", "twenty first"),
        ("$5", "five dollars"),
        ("$1", "one dollar"),
        ("$45.50", "forty five dollars fifty cents"),
        ("50%", "fifty %"),
        ("007", "zero zero seven"),
        ("1234567890123", "one two three four five six seven eight nine zero one two three"),
    ],
)
def test_numbers_are_read_as_people_read_them(written: str, read: str) -> None:
    assert " ".join(number_readings(written)[0]) == read


@pytest.mark.parametrize(("token", "word"), [("“Hello,”", "Hello"), ("naïve", "naive"), ("don’t", "don't"), ("—", "")])
def test_punctuation_and_accents_are_not_pronounced(token: str, word: str) -> None:
    assert plain(token) == word


@pytest.mark.parametrize(("word", "phones"), [("ship", "SH IH P"), ("nation", "N AE SH AH N"), ("kettle", "K EH T L")])
def test_an_unknown_word_is_pronounced_by_rules(word: str, phones: str) -> None:
    assert by_rules(word) == phones


def test_estimates_skip_the_pauses_and_follow_the_lengths_of_words() -> None:
    spans = estimate(["a", "wonderful", "day"], [(1.0, 2.0), (5.0, 6.0)])
    assert spans[0][0] == 1.0
    assert spans[-1][1] == 6.0
    assert all(begin < end for begin, end in spans)
    assert spans[1][1] - spans[1][0] > spans[0][1] - spans[0][0]
