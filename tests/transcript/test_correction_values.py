"""Corrections as values: how they are stored, which are refused, how words are replaced."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from records import RUN, fold, journal_bytes, read_bytes, result_of

from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.records import Corrected, RunEnded
from paraformer_nb.transcript.applied_corrections import Corrections
from paraformer_nb.transcript.corrections import Correction, replace_words, speaker_at
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Sentence, Word


def w(text: str, start: float, end: float, punctuation: str = "", **more: Any) -> Word:
    return Word(text, start, end, punctuation, **more)


HELLO, WROLD, BYE = w("Hello", 1.0, 1.4, ",", confidence=0.9), w("wrold", 1.5, 2.0, "."), w("bye", 2.0, 2.5)
WORLD = w("world", 1.5, 2.0, ".")
REPLACED = Correction("replace", 1, (WROLD,), (WORLD,))


def test_the_record_of_a_correction_is_short_and_means_the_same() -> None:
    correction = Correction("replace", 3, (WROLD,), (WORLD,))
    data = journal_bytes(RUN, Corrected(1.0, correction), Corrected(2.0, Correction("undo")))
    _, replaced, undone = read_bytes(data)
    assert isinstance(replaced, Corrected)
    assert isinstance(undone, Corrected)
    assert replaced.correction == {
        "action": "replace",
        "sentence": 3,
        "old": [{"text": "wrold", "start": 1.5, "end": 2.0, "punctuation": "."}],
        "new": [{"text": "world", "start": 1.5, "end": 2.0, "punctuation": "."}],
    }
    assert undone.correction == {"action": "undo"}
    assert Correction.parse(replaced.correction) == correction
    assert Correction.parse(correction) is correction


@pytest.mark.parametrize(
    "correction",
    [
        {},
        {"action": "translate", "sentence": 1},
        {"action": "replace", "sentence": "one"},
        [],
        "later",
        None,
        5,
        {"action": "replace", "sentence": 1, "new": [{"text": "a", "start": "now", "end": 2}]},
        {"action": "replace", "sentence": 1, "new": [{"text": "a", "start": 10**400, "end": 10**400}]},
        {"action": "replace", "sentence": 1},
    ],
)
def test_a_correction_of_a_later_version_is_ignored(correction: Any) -> None:
    data = journal_bytes(
        RUN,
        result_of(HELLO, WROLD),
        Corrected(2.0, REPLACED),
        Corrected(3.0, correction),
        RunEnded(4.0, "finished"),
        Corrected(5.0, Correction("undo")),
    )
    records = read_bytes(data)
    transcript = Transcript.from_records(records)
    assert records[3] == Corrected(3.0, correction)
    assert (transcript.text, transcript.state) == ("Hello, wrold.", "finished"), "undo undid the one that is known"


def test_a_correction_of_a_sentence_that_does_not_exist_is_ignored() -> None:
    transcript = fold(result_of(HELLO), Corrected(2.0, Correction("replace", 7, (HELLO,))))
    assert transcript.text == "Hello,"


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (w("a", float("nan"), 1.0), "finite"),
        (w("a", 0.0, float("inf")), "finite"),
        (w("a", -0.1, 1.0), "0 s or later"),
        (w("a", 2.0, 1.0), "not end before it starts"),
        (w("a\nb", 0.0, 1.0), "line breaks"),
        (w("a\u2028", 0.0, 1.0), "line breaks"),
        (w("a", 0.0, 1.0, "\r"), "line breaks"),
        (w("a" * 501, 0.0, 1.0), "at most 500"),
        (w(" ", 0.0, 1.0), "leave the word out"),
        (w("\ud83d", 0.0, 1.0), "half a character"),
        (w(5, 0.0, 1.0), "Expected `str`"),  # type: ignore[arg-type]
        (w("a", "1", 1.0), "Expected `float`"),  # type: ignore[arg-type]
        (w("a", 0.0, 1.0, confidence=float("nan")), "finite"),
    ],
)
def test_an_invalid_word_is_refused(word: Word, reason: str) -> None:
    correction = Correction("replace", 1, (), (word,))
    with pytest.raises(ParameterError, match=reason) as refused:
        correction.check()
    assert str(refused.value).endswith("Nothing was changed.")
    with pytest.raises(ParameterError, match=reason):
        Correction.parse(msgspec.to_builtins(correction))


@pytest.mark.parametrize(
    "parts",
    [(), (Correction("undo"),), (REPLACED, Correction("batch", parts=(REPLACED,))), (REPLACED, Correction("redo"))],
)
def test_a_batch_has_replacements_only(parts: tuple[Correction, ...]) -> None:
    with pytest.raises(ParameterError, match="each of which replaces words. Nothing was changed"):
        Correction("batch", parts=parts).check()
    whole = Correction("batch", parts=(REPLACED, REPLACED))
    assert Correction.parse(msgspec.to_builtins(whole)) == whole
    assert whole.replacements == (REPLACED, REPLACED)


@pytest.mark.parametrize("value", ["one", None, object(), [1]], ids=["text", "none", "object", "list"])
def test_a_field_of_another_type_is_refused(value: Any) -> None:
    for correction in (
        Correction("replace", value, (WROLD,)),
        Correction("replace", 1, value),
        Correction("replace", 1, (value,)),
        Correction(value),
    ):
        with pytest.raises(ParameterError, match="this is not a correction.*Nothing was changed"):
            correction.check()


def test_the_longest_word_is_accepted() -> None:
    correction = Correction("replace", 1, (), (w("字" * 500, 0.0, 0.0),))
    correction.check()
    assert Correction.parse(msgspec.to_builtins(correction)) == correction


def test_a_recognised_word_that_a_person_could_not_write_may_be_kept_beside_a_corrected_one() -> None:
    odd = w("two\nlines", 2.0, 1.0)
    Correction("replace", 1, (odd, WROLD), (odd, WORLD)).check()


def test_many_corrections_of_a_long_transcript_cost_little() -> None:
    """Only corrected sentences are made again: reading 3,000 sentences a second time makes none."""
    words = [(w("a", n, n + 0.4), w("b", n + 0.5, n + 1)) for n in range(3000)]
    sentences = [Sentence(n, "a b", n, n + 1.0, True, both) for n, both in enumerate(words)]
    corrections = Corrections()
    for sentence in sentences[::10]:
        corrections.apply(Correction("replace", sentence.id, sentence.words[:1], ()))
    first = [corrections.corrected(sentence) for sentence in sentences]
    assert [sentence.text for sentence in first[:2]] == ["b", "a b"]
    assert all(a is corrections.corrected(b) for a, b in zip(first, sentences, strict=True))


def test_a_corrected_word_has_the_speaker_of_the_nearest_recognised_word() -> None:
    words = [w("a", 0.0, 1.0, speaker="A"), w("b", 1.0, 1.2, speaker="B"), w("c", 5.0, 6.0)]
    assert [speaker_at(words, time, time) for time in (0.0, 0.7, 0.9, 3.0, 4.0)] == ["A", "A", "B", "B", None]
    assert speaker_at(words, 0.2, 1.1) == "A"
    assert speaker_at([], 0.0, 1.0) is None


def test_replacing_never_removes_a_word_that_the_correction_does_not_name() -> None:
    assert [word.text for word in replace_words([HELLO, WROLD, BYE], Correction("replace", 1, (WROLD,), ()))] == [
        "Hello",
        "bye",
    ]
    far = Correction("replace", 1, (w("x", 8.0, 9.0),), (w("y", 8.0, 9.0),))
    assert [word.text for word in replace_words([HELLO, BYE], far)] == ["Hello", "bye", "y"]
