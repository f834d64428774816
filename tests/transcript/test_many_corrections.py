"""Thousands of corrections of one sentence: each is applied once, whatever came before."""

from __future__ import annotations

import random
from typing import Any

import pytest

from paraformer_nb.transcript.applied_corrections import Corrections
from paraformer_nb.transcript.corrections import Correction, replace_words
from paraformer_nb.transcript.words import Sentence, Word

WORDS = tuple(Word(f"w{number}", number / 10, number / 10 + 0.1) for number in range(5))
SENTENCE = Sentence(1, "", 0.0, 0.5, True, WORDS)


def retype(sentence: Sentence, number: int, text: str) -> Correction:
    old = sentence.words[number]
    return Correction("replace", 1, (old,), (Word(text, old.start, old.end),))


def stripped(count: int) -> int:
    """How often a word is looked at while so many corrections are made and the last ones undone."""
    looks = 0

    class Counted(str):
        def strip(self, *_: Any) -> str:  # type: ignore[override]
            nonlocal looks
            looks += 1
            return str(self)

    corrections, current = Corrections(), SENTENCE
    for number in range(count):
        corrections.apply(retype(current, number % 5, Counted(f"x{number}")))
        current = corrections.corrected(SENTENCE)
    for _ in range(20):
        corrections.apply(Correction("undo"))
        corrections.corrected(SENTENCE)
    return looks


def test_the_work_grows_with_the_number_of_corrections_not_with_its_square() -> None:
    """Counted, whatever the machine's speed."""
    few, many = stripped(500), stripped(2000)
    assert many < 5 * few


@pytest.mark.parametrize("seed", range(10))
def test_made_undone_and_redone_in_any_order_the_words_are_those_of_the_corrections_in_force(seed: int) -> None:
    rng = random.Random(seed)
    corrections = Corrections()
    applied: list[Correction] = []
    undone: list[Correction] = []
    for number in range(400):
        current = corrections.corrected(SENTENCE)
        choice = rng.random()
        if choice < 0.5:
            applied.append(retype(current, rng.randrange(5), f"x{number}"))
            undone.clear()
            corrections.apply(applied[-1])
        elif choice < 0.8:
            corrections.apply(Correction("undo"))
            undone += [applied.pop()] if applied else []
        else:
            corrections.apply(Correction("redo"))
            applied += [undone.pop()] if undone else []
        if rng.random() < 0.5:
            words = WORDS
            for each in applied:
                words = replace_words(words, each)
            assert corrections.corrected(SENTENCE).words == words
            assert corrections.corrected(SENTENCE) is corrections.corrected(SENTENCE)


def test_a_sentence_that_was_recognised_again_gets_all_its_corrections() -> None:
    corrections = Corrections()
    for number in range(200):
        corrections.apply(retype(corrections.corrected(SENTENCE), number % 5, f"x{number}"))
    again = Sentence(1, "", 0.0, 0.5, True, tuple(Word(word.text, word.start, word.end) for word in WORDS))
    assert [word.text for word in corrections.corrected(again).words] == [f"x{number}" for number in range(195, 200)]
    assert corrections.corrected(SENTENCE).words == corrections.corrected(again).words
