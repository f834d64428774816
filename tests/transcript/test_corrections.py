"""Corrections: words give way to others, what is heard later never overwrites them, and each can be taken back."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import read
from paraformer_nb.journal.records import (
    ClipSource,
    Corrected,
    KnownRecord,
    Received,
    Resumed,
    RunEnded,
    RunStarted,
    ServiceSource,
)
from paraformer_nb.transcript.corrections import Correction, Corrections, appearance, replace_words, speaker_at
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Sentence, Word

RUN = RunStarted(
    0.0, 1, "now", ClipSource("a.wav"), 16000, 0.0, 40.0, ServiceSource("embedded", "h", "scripted"), "m", {}
)
_settings = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def w(text: str, start: float, end: float, punctuation: str = "", **more: Any) -> Word:
    return Word(text, start, end, punctuation, **more)


def heard(*words: Word, number: int = 1, final: bool = True, task: str = "t") -> Received:
    """A result of these words."""
    told = [
        {
            "text": word.text,
            "punctuation": word.punctuation,
            "begin_time": round(word.start * 1000),
            "end_time": round(word.end * 1000),
            "confidence": word.confidence,
        }
        for word in words
    ]
    begin = told[0]["begin_time"] if told else 0
    text = " ".join(word.text + word.punctuation for word in words)
    sentence = {
        "sentence_id": number,
        "begin_time": begin,
        "end_time": told[-1]["end_time"] if final else None,
        "text": text,
        "sentence_end": final,
        "words": told,
    }
    header = {"task_id": task, "event": "result-generated"}
    message = {"header": header, "payload": {"output": {"sentence": sentence}}}
    return Received.of(1.0, task, json.dumps(message).encode())


def edit(old: list[Word], new: list[Word], sentence: int = 1) -> Corrected:
    return Corrected(2.0, Correction("replace", sentence, tuple(old), tuple(new)).plain)


UNDO, REDO = Corrected(3.0, {"action": "undo"}), Corrected(3.0, {"action": "redo"})
HELLO, WROLD, BYE = w("Hello", 1.0, 1.4, ",", confidence=0.9), w("wrold", 1.5, 2.0, "."), w("bye", 2.0, 2.5)
WORLD = w("world", 1.5, 2.0, ".")


def fold(*records: KnownRecord) -> Transcript:
    transcript = Transcript(RUN)
    for record in (RUN, *records):
        transcript.apply(record)
    return transcript


def texts(transcript: Transcript) -> list[str]:
    return [word.text + word.punctuation for sentence in transcript.sentences for word in sentence.words]


# ------------------------------------------------------------------------------------------------ one operation for all


def test_a_retyped_word_is_marked_and_the_others_stay_what_they_were() -> None:
    transcript = fold(heard(HELLO, WROLD), edit([WROLD], [WORLD]))
    (sentence,) = transcript.sentences
    assert sentence.words == (HELLO, w("world", 1.5, 2.0, ".", is_edited=True))
    assert (sentence.text, transcript.text) == ("Hello, world.", "Hello, world.")


@pytest.mark.parametrize(
    ("old", "new", "text", "span"),
    [
        ([WROLD], [w("wro", 1.5, 1.7), w("ld", 1.7, 2.0, "!")], "Hello, wro ld! bye", (1.0, 2.5)),
        ([HELLO, WROLD], [w("Hellowrold", 1.0, 2.0, ".")], "Hellowrold. bye", (1.0, 2.5)),
        ([HELLO], [], "wrold. bye", (1.5, 2.5)),
        ([], [w("there", 1.4, 1.5)], "Hello, there wrold. bye", (1.0, 2.5)),
        ([BYE], [w("bye", 2.2, 2.9)], "Hello, wrold. bye", (1.0, 2.9)),
        ([BYE], [w("bye", 0.2, 0.5)], "bye Hello, wrold.", (0.2, 2.0)),
    ],
    ids=["split", "merge", "delete", "insert", "move an edge", "move past the others"],
)
def test_every_kind_of_correction(old: list[Word], new: list[Word], text: str, span: tuple[float, float]) -> None:
    (sentence,) = fold(heard(HELLO, WROLD, BYE), edit(old, new)).sentences
    assert (sentence.text, (sentence.start, sentence.end)) == (text, span)
    assert all(word.is_edited == (appearance(word) in map(appearance, new)) for word in sentence.words)


def test_chinese_words_are_joined_without_spaces() -> None:
    today, wrong, weather = w("今天", 0, 0.5), w("田七", 0.5, 1, "。"), w("天气", 0.5, 1, "。")
    transcript = fold(heard(today, wrong), edit([wrong], [weather]))
    assert transcript.text == "今天天气。"


def test_what_nobody_corrected_is_the_very_sentence_that_was_heard() -> None:
    transcript = fold(heard(HELLO), heard(WROLD, number=2), edit([WROLD], [WORLD], 2))
    assert transcript.sentences[0] is transcript.finals[0]
    assert transcript.sentences[1] is transcript.sentences[1], "and what was corrected is not made at each look"
    assert [sentence.text for sentence in transcript.recognised] == ["Hello,", "wrold."]
    assert transcript.finals[1].words == (WROLD,)


def test_words_that_a_change_carries_along_unchanged_are_not_marked() -> None:
    transcript = fold(heard(HELLO, WROLD, BYE), edit([HELLO, WROLD, BYE], [HELLO, WORLD, BYE]))
    assert [word.is_edited for word in transcript.sentences[0].words] == [False, True, False]


def test_a_view_may_name_words_as_it_shows_them() -> None:
    """Without the space that some services put before a word, and with times in whole milliseconds."""
    transcript = fold(heard(w(" a", 1.0, 1.2345), w(" b", 1.2345, 1.5)))
    assert texts(fold(heard(w(" a", 1.0004, 1.2)), edit([w("a", 1.0, 1.2)], [w("c", 1.0, 1.2)]))) == ["c"]
    transcript.apply(edit([w("a", 1.0, 1.234)], [w("c", 1.0, 1.234)]))
    assert [word.text for word in transcript.sentences[0].words] == ["c", " b"]


def test_a_sentence_without_words_left_is_no_sentence_until_a_word_comes_back() -> None:
    transcript = fold(heard(HELLO), heard(WROLD, number=2), edit([HELLO], []))
    assert [sentence.id for sentence in transcript.sentences] == [2]
    assert transcript.corrected(transcript.finals[0]).words == ()
    transcript.apply(edit([], [w("Hi", 1.0, 1.2)]))
    assert texts(transcript) == ["Hi", "wrold."]


# --------------------------------------------------------------------------------------------- what is heard afterwards


def test_a_correction_in_an_open_sentence_survives_later_partials_and_the_final() -> None:
    transcript = fold(heard(HELLO, w("wrold", 1.5, 1.8), final=False), edit([w("wrold", 1.5, 1.8)], [WORLD]))
    assert texts(transcript) == ["Hello,", "world."]
    for grown in (
        heard(HELLO, w("whirl", 1.5, 1.9), w("b", 2.0, 2.1), final=False),  # other words, and more of them
        heard(HELLO, w("whirled", 1.5, 2.4), w("by", 2.4, 2.6), final=False),  # its middle has left the old span
        heard(HELLO, w("wrold", 1.5, 1.8), w("by", 2.0, 2.2), final=False),  # the old word again
    ):
        transcript.apply(grown)
        assert texts(transcript)[:2] == ["Hello,", "world."]
        assert len(texts(transcript)) == 3
    transcript.apply(heard(HELLO, WROLD, BYE))
    assert texts(transcript) == ["Hello,", "world.", "bye"]
    assert transcript.sentences[0].is_final
    assert [word.text for word in transcript.finals[0].words] == ["Hello", "wrold", "bye"]


def test_a_deleted_word_stays_deleted_and_an_inserted_one_stays() -> None:
    transcript = fold(heard(HELLO, w("um", 1.5, 1.7), final=False), edit([w("um", 1.5, 1.7)], []))
    transcript.apply(edit([], [w("dear", 1.4, 1.5)]))
    transcript.apply(heard(HELLO, w("uhm", 1.52, 1.75), w("you", 1.9, 2.1)))
    assert texts(transcript) == ["Hello,", "dear", "you"]


def test_a_correction_waits_for_its_sentence_to_be_heard_again_after_a_loss() -> None:
    transcript = fold(heard(HELLO), heard(w("wrold", 1.5, 2.0), number=2, final=False))
    transcript.apply(edit([w("wrold", 1.5, 2.0)], [WORLD], 2))
    transcript.apply(Resumed(5.0, "u", 1.4, 2))
    assert texts(transcript) == ["Hello,"]
    transcript.apply(heard(w("whirl", 0.2, 0.6), w("b", 0.7, 0.8), task="u", final=False))  # from 1.4 s on
    assert texts(transcript) == ["Hello,", "world.", "b"]
    transcript.apply(heard(w("wrold", 0.1, 0.6, "."), w("bye", 0.7, 0.9), task="u"))
    assert texts(transcript) == ["Hello,", "world.", "bye"]
    assert transcript.corrected_ids == [2]
    transcript.apply(UNDO)
    assert texts(transcript) == ["Hello,", "wrold.", "bye"]
    assert transcript.corrected_ids == [2, 3], "it is about the sentence that took it over"
    transcript.apply(REDO)
    assert texts(transcript) == ["Hello,", "world.", "bye"]


def test_a_correction_of_a_sentence_that_came_to_nothing_waits_too() -> None:
    transcript = fold(heard(w("um", 1.0, 1.5), final=False), edit([w("um", 1.0, 1.5)], [w("Um", 1.0, 1.5)]))
    transcript.apply(heard(final=False))
    assert transcript.sentences == []
    transcript.apply(heard(w("uhm", 0.9, 1.6), w("so", 1.7, 2.0), number=2))
    assert texts(transcript) == ["Um", "so"]


# ---------------------------------------------------------------------------------------------------- degenerate words


def test_words_without_length_that_begin_together_are_told_apart_by_their_text() -> None:
    bare = [w("a", 1.0, 1.0), w("b", 1.0, 1.0), w("c", 1.0, 1.0)]
    transcript = fold(heard(*bare), edit([bare[1]], [w("B", 1.0, 1.0)]))
    assert texts(transcript) == ["a", "B", "c"]
    transcript.apply(edit([bare[0]], []))
    assert texts(transcript) == ["B", "c"]


def test_overlapping_words_are_told_apart_by_value() -> None:
    over = [w("a", 1.0, 3.0), w("b", 1.5, 2.5), w("c", 1.9, 2.1)]
    for at, word in enumerate(over):
        rest = [other.text for other in over if other is not word]
        assert texts(fold(heard(*over), edit([word], []))) == rest
        assert sorted(texts(fold(heard(*over), edit([word], [w("X", 1.6, 2.0)])))) == sorted([*rest, "X"]), at


def test_a_word_without_length_that_has_grown_since_is_still_replaced() -> None:
    transcript = fold(heard(w("a", 1.0, 1.0), final=False), edit([w("a", 1.0, 1.0)], [w("A", 1.0, 1.0)]))
    transcript.apply(heard(w("ah", 1.0, 1.4)))
    assert texts(transcript) == ["A"]


def test_a_heard_word_that_ends_before_it_starts_can_be_corrected() -> None:
    odd = w("odd", 2.0, 1.0)
    transcript = fold(heard(HELLO, odd), edit([odd], [w("even", 2.0, 2.5)]))
    assert texts(transcript) == ["Hello,", "even"]


# -------------------------------------------------------------------------------------------------------- undo and redo


def test_undo_and_redo_take_whole_changes() -> None:
    transcript = fold(heard(HELLO, WROLD))
    assert (transcript.can_undo, transcript.can_redo) == (False, False)
    transcript.apply(edit([WROLD], [w("wo", 1.5, 1.7), w("rld", 1.7, 2.0)]))
    transcript.apply(edit([HELLO], []))
    seen = [texts(transcript)]
    for record in (UNDO, UNDO, UNDO, REDO, REDO, REDO):
        transcript.apply(record)
        seen.append(texts(transcript))
    both, first, none = ["wo", "rld"], ["Hello,", "wo", "rld"], ["Hello,", "wrold."]
    assert seen == [both, first, none, none, first, both, both]
    assert transcript.corrected_ids == [1] * 6


def test_a_new_correction_forgets_what_was_undone() -> None:
    transcript = fold(heard(HELLO, WROLD), edit([WROLD], []), UNDO, edit([HELLO], []))
    assert (transcript.can_undo, transcript.can_redo) == (True, False)
    transcript.apply(REDO)
    assert texts(transcript) == ["wrold."]


def test_undo_brings_the_very_sentence_back() -> None:
    transcript = fold(heard(HELLO, WROLD), edit([WROLD], [WORLD]), UNDO)
    assert transcript.sentences[0] is transcript.finals[0]


_time = st.integers(0, 6).map(lambda tenths: tenths / 10)
_words = st.builds(lambda text, start, length: Word(text, start, start + length), st.sampled_from("abc"), _time, _time)
_heard = st.lists(st.lists(_words, min_size=1, max_size=5), min_size=1, max_size=3)


def _state(transcript: Transcript) -> list[list[tuple[str, str, float, float]]]:
    return [sorted(map(appearance, transcript.corrected(sentence).words)) for sentence in transcript.finals]


@_settings
@given(_heard, st.data())
def test_any_corrections_equal_a_list_that_is_edited_by_hand_and_a_loaded_recording(
    spoken: list[list[Word]], data: st.DataObject
) -> None:
    """Also of words without length, at the same time, over one another, and the same twice."""
    file = io.BytesIO()
    live, writer = Transcript(RUN), Appender(file)

    def take(record: KnownRecord) -> None:
        writer.append(record)
        live.apply(record)

    take(RUN)
    for number, words in enumerate(spoken):
        take(heard(*words, number=number))
    states, undone = [_state(live)], []
    for _ in range(data.draw(st.integers(0, 12), "steps")):
        action = data.draw(st.sampled_from(["replace", "replace", "undo", "redo"]), "action")
        if action == "replace":
            number = data.draw(st.integers(0, len(spoken) - 1), "sentence")
            line = list(live.corrected(live.finals[number]).words)
            first = data.draw(st.integers(0, len(line)), "first")
            last = data.draw(st.integers(first, len(line)), "last")
            new = data.draw(st.lists(_words, max_size=2, min_size=int(first == last)), "new")
            line = sorted(line, key=lambda word: word.start)
            take(edit(line[first:last], new, number + 1))
            state = list(states[-1])
            state[number] = sorted(map(appearance, [*line[:first], *new, *line[last:]]))
            states.append(state)
            undone = []
        else:
            take(Corrected(3.0, {"action": action}))
            if action == "undo" and len(states) > 1:
                undone.append(states.pop())
            elif action == "redo" and undone:
                states.append(undone.pop())
        assert _state(live) == states[-1]
        assert (live.can_undo, live.can_redo) == (len(states) > 1, bool(undone))
    file.seek(0)
    loaded = fold()
    for record in read(file):
        loaded.apply(record)
    assert (loaded.sentences, loaded.text, loaded.corrected_ids) == (live.sentences, live.text, live.corrected_ids)


@_settings
@given(st.lists(_words, min_size=1, max_size=5), st.lists(st.lists(_words, max_size=5), max_size=4), st.data())
def test_a_corrected_word_is_there_whatever_is_heard_afterwards(
    first: list[Word], later: list[list[Word]], data: st.DataObject
) -> None:
    transcript = fold(heard(*first, final=False))
    old = data.draw(st.sampled_from(transcript.partials[0].words), "old")
    mine = Word("MINE", old.start, old.end)
    transcript.apply(edit([old], [mine]))
    for number, words in enumerate(later):
        transcript.apply(heard(*words, Word("z", 9.0, 9.5), final=number == len(later) - 1))
        (sentence,) = transcript.sentences
        assert [appearance(word) for word in sentence.words if word.is_edited] == [appearance(mine)]
        if standing := [appearance(word) for word in words].count(appearance(old)):
            assert [appearance(word) for word in sentence.words].count(appearance(old)) == standing - 1
        assert [word.start for word in sentence.words] == sorted(word.start for word in sentence.words)


# ----------------------------------------------------------------------------------------------------- what is recorded


def test_the_record_of_a_change_is_short_and_means_the_same() -> None:
    change = Correction("replace", 3, (WROLD,), (WORLD,))
    assert change.plain == {
        "action": "replace",
        "sentence": 3,
        "old": [{"text": "wrold", "start": 1.5, "end": 2.0, "punctuation": "."}],
        "new": [{"text": "world", "start": 1.5, "end": 2.0, "punctuation": "."}],
    }
    assert Correction("undo").plain == {"action": "undo"}
    assert Correction.parse(json.loads(json.dumps(change.plain))) == change


@pytest.mark.parametrize(
    "change",
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
def test_a_change_of_a_later_version_is_passed_by(change: Any) -> None:
    file = io.BytesIO()
    writer = Appender(file)
    for record in (
        RUN,
        heard(HELLO, WROLD),
        edit([WROLD], [WORLD]),
        Corrected(3.0, change),
        RunEnded(4.0, "finished"),
        UNDO,
    ):
        writer.append(record)
    file.seek(0)
    transcript = fold()
    records = list(read(file))
    for record in records:
        transcript.apply(record)
    assert records[3] == Corrected(3.0, change)
    assert (transcript.text, transcript.state) == ("Hello, wrold.", "finished"), "undo took back the one that is known"


def test_a_change_of_a_sentence_that_never_was_is_passed_by() -> None:
    transcript = fold(heard(HELLO), edit([HELLO], [], 7))
    assert transcript.text == "Hello,"


@pytest.mark.parametrize(
    ("word", "says"),
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
def test_a_word_that_cannot_be_meant_is_refused(word: Word, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        Correction.parse(Correction("replace", 1, (), (word,)))


def test_the_longest_word_is_taken() -> None:
    change = Correction("replace", 1, (), (w("字" * 500, 0.0, 0.0),))
    assert Correction.parse(change) == change


def test_many_corrections_of_a_long_transcript_cost_little() -> None:
    """Only what was touched is made anew: a look at 3,000 sentences makes none."""
    words = [(w("a", n, n + 0.4), w("b", n + 0.5, n + 1)) for n in range(3000)]
    sentences = [Sentence(n, "a b", n, n + 1.0, True, both) for n, both in enumerate(words)]
    corrections = Corrections()
    for sentence in sentences[::10]:
        corrections.apply(Correction("replace", sentence.id, sentence.words[:1], ()))
    first = [corrections.corrected(sentence) for sentence in sentences]
    assert [sentence.text for sentence in first[:2]] == ["b", "a b"]
    assert all(a is corrections.corrected(b) for a, b in zip(first, sentences, strict=True))


def test_whoever_speaks_the_nearest_word_speaks_what_is_written() -> None:
    words = [w("a", 0.0, 1.0, speaker="A"), w("b", 1.0, 1.2, speaker="B"), w("c", 5.0, 6.0)]
    assert [speaker_at(words, at, at) for at in (0.0, 0.7, 0.9, 3.0, 4.0)] == ["A", "A", "B", "B", None]
    assert speaker_at(words, 0.2, 1.1) == "A"
    assert speaker_at([], 0.0, 1.0) is None


def test_replacing_never_loses_a_word_that_was_not_meant() -> None:
    assert [word.text for word in replace_words([HELLO, WROLD, BYE], Correction("replace", 1, (WROLD,), ()))] == [
        "Hello",
        "bye",
    ]
    far = Correction("replace", 1, (w("x", 8.0, 9.0),), (w("y", 8.0, 9.0),))
    assert [word.text for word in replace_words([HELLO, BYE], far)] == ["Hello", "bye", "y"]
