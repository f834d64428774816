"""Corrections of a transcript: later results never overwrite them, and each can be undone and redone."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import RUN, fold, result_of

from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import read
from paraformer_nb.journal.records import Corrected, Record, Resumed
from paraformer_nb.transcript.corrections import Correction, appearance
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Word

_settings = settings(deadline=None, derandomize=True, database=None)


def w(text: str, start: float, end: float, punctuation: str = "", **more: Any) -> Word:
    return Word(text, start, end, punctuation, **more)


def corrected(old: list[Word], new: list[Word], sentence: int = 1) -> Corrected:
    return Corrected(2.0, Correction("replace", sentence, tuple(old), tuple(new)))


UNDO, REDO = Corrected(3.0, Correction("undo")), Corrected(3.0, Correction("redo"))
HELLO, WROLD, BYE = w("Hello", 1.0, 1.4, ",", confidence=0.9), w("wrold", 1.5, 2.0, "."), w("bye", 2.0, 2.5)
WORLD = w("world", 1.5, 2.0, ".")


def texts(transcript: Transcript) -> list[str]:
    return [word.text + word.punctuation for sentence in transcript.sentences for word in sentence.words]


# --------------------------------------------------------------------------------------- one operation does everything


def test_a_retyped_word_is_marked_as_edited_and_the_others_stay_the_same() -> None:
    transcript = fold(result_of(HELLO, WROLD), corrected([WROLD], [WORLD]))
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
    (sentence,) = fold(result_of(HELLO, WROLD, BYE), corrected(old, new)).sentences
    assert (sentence.text, (sentence.start, sentence.end)) == (text, span)
    assert all(word.is_edited == (appearance(word) in map(appearance, new)) for word in sentence.words)


def test_chinese_words_are_joined_without_spaces() -> None:
    today, wrong, weather = w("今天", 0, 0.5), w("田七", 0.5, 1, "。"), w("天气", 0.5, 1, "。")
    transcript = fold(result_of(today, wrong), corrected([wrong], [weather]))
    assert transcript.text == "今天天气。"


def test_a_sentence_without_corrections_is_the_recognised_object_itself() -> None:
    transcript = fold(result_of(HELLO), result_of(WROLD, number=2), corrected([WROLD], [WORLD], 2))
    assert transcript.sentences[0] is transcript.finals[0]
    assert transcript.sentences[1] is transcript.sentences[1], "a corrected sentence is made once, not at each reading"
    assert [sentence.text for sentence in transcript.recognised] == ["Hello,", "wrold."]
    assert transcript.finals[1].words == (WROLD,)


def test_words_that_a_correction_repeats_unchanged_are_not_marked_as_edited() -> None:
    transcript = fold(result_of(HELLO, WROLD, BYE), corrected([HELLO, WROLD, BYE], [HELLO, WORLD, BYE]))
    assert [word.is_edited for word in transcript.sentences[0].words] == [False, True, False]


def test_a_view_may_refer_to_words_as_it_shows_them() -> None:
    """Without the space that some services put before a word, and with times in whole milliseconds."""
    transcript = fold(result_of(w(" a", 1.0, 1.2345), w(" b", 1.2345, 1.5)))
    assert texts(fold(result_of(w(" a", 1.0004, 1.2)), corrected([w("a", 1.0, 1.2)], [w("c", 1.0, 1.2)]))) == ["c"]
    transcript.apply(corrected([w("a", 1.0, 1.234)], [w("c", 1.0, 1.234)]))
    assert [word.text for word in transcript.sentences[0].words] == ["c", " b"]


def test_a_sentence_whose_words_were_all_deleted_is_left_out_until_one_is_inserted() -> None:
    transcript = fold(result_of(HELLO), result_of(WROLD, number=2), corrected([HELLO], []))
    assert [sentence.id for sentence in transcript.sentences] == [2]
    assert transcript.corrected(transcript.finals[0]).words == ()
    transcript.apply(corrected([], [w("Hi", 1.0, 1.2)]))
    assert texts(transcript) == ["Hi", "wrold."]


def test_neighbours_that_were_recognised_out_of_order_keep_their_order() -> None:
    late, early, last = w("late", 2.0, 2.5), w("early", 1.0, 1.5), w("last", 3.0, 3.5)
    for old, new, expected in (
        ([early], [w("EARLY", 1.0, 1.5)], ["late", "EARLY", "last"]),
        ([late], [w("LATE", 2.0, 2.4)], ["LATE", "early", "last"]),
        ([last], [w("first", 0.5, 0.6)], ["first", "late", "early"]),
        ([], [w("new", 2.7, 2.8)], ["late", "early", "new", "last"]),
        ([late, early], [w("LATE", 2.0, 2.5), w("EARLY", 1.0, 1.5)], ["LATE", "EARLY", "last"]),
        ([early, late], [], ["last"]),
    ):
        assert texts(fold(result_of(late, early, last), corrected(old, new))) == expected
        assert texts(fold(result_of(late, early, last), corrected(old, new), UNDO)) == ["late", "early", "last"]


def test_a_split_word_s_parts_stay_together_among_words_that_start_together() -> None:
    words = [w("a", 1.0, 1.0), w("bc", 1.0, 1.4), w("d", 1.0, 1.0)]
    transcript = fold(result_of(*words), corrected([words[1]], [w("b", 1.0, 1.0), w("c", 1.0, 1.4)]))
    assert texts(transcript) == ["a", "b", "c", "d"]


# --------------------------------------------------------------------------------------------- later results


def test_a_correction_of_a_partial_survives_later_partials_and_the_final() -> None:
    transcript = fold(
        result_of(HELLO, w("wrold", 1.5, 1.8), is_final=False), corrected([w("wrold", 1.5, 1.8)], [WORLD])
    )
    assert texts(transcript) == ["Hello,", "world."]
    for later in (
        result_of(HELLO, w("whirl", 1.5, 1.9), w("b", 2.0, 2.1), is_final=False),  # other words, and more of them
        result_of(
            HELLO, w("whirled", 1.5, 2.4), w("by", 2.4, 2.6), is_final=False
        ),  # its middle is not in the old span any more
        result_of(HELLO, w("wrold", 1.5, 1.8), w("by", 2.0, 2.2), is_final=False),  # the old word again
    ):
        transcript.apply(later)
        assert texts(transcript)[:2] == ["Hello,", "world."]
        assert len(texts(transcript)) == 3
    transcript.apply(result_of(HELLO, WROLD, BYE))
    assert texts(transcript) == ["Hello,", "world.", "bye"]
    assert transcript.sentences[0].is_final
    assert [word.text for word in transcript.finals[0].words] == ["Hello", "wrold", "bye"]


def test_a_deleted_word_stays_deleted_and_an_inserted_one_stays() -> None:
    transcript = fold(result_of(HELLO, w("um", 1.5, 1.7), is_final=False), corrected([w("um", 1.5, 1.7)], []))
    transcript.apply(corrected([], [w("dear", 1.4, 1.5)]))
    transcript.apply(result_of(HELLO, w("uhm", 1.52, 1.75), w("you", 1.9, 2.1)))
    assert texts(transcript) == ["Hello,", "dear", "you"]


def test_a_correction_applies_again_when_its_sentence_is_recognised_again_after_a_disconnect() -> None:
    transcript = fold(result_of(HELLO), result_of(w("wrold", 1.5, 2.0), number=2, is_final=False))
    transcript.apply(corrected([w("wrold", 1.5, 2.0)], [WORLD], 2))
    transcript.apply(Resumed(5.0, "u", 1.4, 2))
    assert texts(transcript) == ["Hello,"]
    transcript.apply(result_of(w("whirl", 0.2, 0.6), w("b", 0.7, 0.8), task="u", is_final=False))  # from 1.4 s on
    assert texts(transcript) == ["Hello,", "world.", "b"]
    transcript.apply(result_of(w("wrold", 0.1, 0.6, "."), w("bye", 0.7, 0.9), task="u"))
    assert texts(transcript) == ["Hello,", "world.", "bye"]
    assert transcript.corrected_ids == [2]
    transcript.apply(UNDO)
    assert texts(transcript) == ["Hello,", "wrold.", "bye"]
    assert transcript.corrected_ids == [2, 3], "the correction now changes the sentence at its position"
    transcript.apply(REDO)
    assert texts(transcript) == ["Hello,", "world.", "bye"]


def test_a_correction_of_a_sentence_that_ended_empty_applies_to_the_next_one_there() -> None:
    transcript = fold(result_of(w("um", 1.0, 1.5), is_final=False), corrected([w("um", 1.0, 1.5)], [w("Um", 1.0, 1.5)]))
    transcript.apply(result_of(is_final=False))
    assert transcript.sentences == []
    transcript.apply(result_of(w("uhm", 0.9, 1.6), w("so", 1.7, 2.0), number=2))
    assert texts(transcript) == ["Um", "so"]


# ---------------------------------------------------------------------------------------------------- degenerate words


def test_words_without_length_that_begin_together_are_distinguished_by_text() -> None:
    bare = [w("a", 1.0, 1.0), w("b", 1.0, 1.0), w("c", 1.0, 1.0)]
    transcript = fold(result_of(*bare), corrected([bare[1]], [w("B", 1.0, 1.0)]))
    assert texts(transcript) == ["a", "B", "c"]
    transcript.apply(corrected([bare[0]], []))
    assert texts(transcript) == ["B", "c"]


def test_overlapping_words_are_distinguished_by_value() -> None:
    over = [w("a", 1.0, 3.0), w("b", 1.5, 2.5), w("c", 1.9, 2.1)]
    for index, word in enumerate(over):
        rest = [other.text for other in over if other is not word]
        assert texts(fold(result_of(*over), corrected([word], []))) == rest
        assert sorted(texts(fold(result_of(*over), corrected([word], [w("X", 1.6, 2.0)])))) == sorted([*rest, "X"]), (
            index
        )


def test_a_word_without_length_that_is_longer_in_a_later_result_is_still_replaced() -> None:
    transcript = fold(result_of(w("a", 1.0, 1.0), is_final=False), corrected([w("a", 1.0, 1.0)], [w("A", 1.0, 1.0)]))
    transcript.apply(result_of(w("ah", 1.0, 1.4)))
    assert texts(transcript) == ["A"]


def test_a_recognised_word_that_ends_before_it_starts_can_be_corrected() -> None:
    odd = w("odd", 2.0, 1.0)
    transcript = fold(result_of(HELLO, odd), corrected([odd], [w("even", 2.0, 2.5)]))
    assert texts(transcript) == ["Hello,", "even"]


# -------------------------------------------------------------------------------------------------------- undo and redo


def test_undo_and_redo_work_on_whole_corrections() -> None:
    transcript = fold(result_of(HELLO, WROLD))
    assert (transcript.can_undo, transcript.can_redo) == (False, False)
    transcript.apply(corrected([WROLD], [w("wo", 1.5, 1.7), w("rld", 1.7, 2.0)]))
    transcript.apply(corrected([HELLO], []))
    seen = [texts(transcript)]
    for record in (UNDO, UNDO, UNDO, REDO, REDO, REDO):
        transcript.apply(record)
        seen.append(texts(transcript))
    both, first, none = ["wo", "rld"], ["Hello,", "wo", "rld"], ["Hello,", "wrold."]
    assert seen == [both, first, none, none, first, both, both]
    assert transcript.corrected_ids == [1] * 6


def test_a_new_correction_discards_what_could_be_redone() -> None:
    transcript = fold(result_of(HELLO, WROLD), corrected([WROLD], []), UNDO, corrected([HELLO], []))
    assert (transcript.can_undo, transcript.can_redo) == (True, False)
    transcript.apply(REDO)
    assert texts(transcript) == ["wrold."]


def test_a_batch_is_undone_and_redone_as_one() -> None:
    parts = (
        Correction("replace", 1, (WROLD,), (WORLD,)),
        Correction("replace", 2, (BYE,), ()),
        Correction("replace", 1, (HELLO,), ()),
    )
    transcript = fold(result_of(HELLO, WROLD), result_of(BYE, number=2), corrected([HELLO], [w("Hi", 1.0, 1.4)]))
    transcript.apply(Corrected(2.0, Correction("batch", parts=parts[:2])))
    assert (texts(transcript), transcript.corrected_ids) == (["Hi", "world."], [1, 1, 2])
    transcript.apply(UNDO)
    assert (texts(transcript), transcript.corrected_ids) == (["Hi", "wrold.", "bye"], [1, 1, 2, 1, 2])
    transcript.apply(UNDO)
    assert texts(transcript) == ["Hello,", "wrold.", "bye"]
    transcript.apply(REDO)
    transcript.apply(REDO)
    assert texts(transcript) == ["Hi", "world."]
    assert (transcript.can_undo, transcript.can_redo) == (True, False)


def test_a_batch_survives_its_sentences_being_recognised_again() -> None:
    wrong = w("wrold", 1.5, 2.0)
    partial = result_of(wrong, number=2, is_final=False)
    parts = Correction("replace", 2, (wrong,), (WORLD,)), Correction("replace", 1, (HELLO,), ())
    batch = Correction("batch", parts=parts)
    transcript = fold(result_of(HELLO), partial, Corrected(2.0, batch), Resumed(5.0, "u", 1.4, 2))
    transcript.apply(result_of(w("whirl", 0.1, 0.6), w("bye", 0.7, 0.9), task="u"))
    assert texts(transcript) == ["world.", "bye"]
    transcript.apply(UNDO)
    assert texts(transcript) == ["Hello,", "whirl", "bye"]


def test_undo_restores_the_recognised_object_itself() -> None:
    transcript = fold(result_of(HELLO, WROLD), corrected([WROLD], [WORLD]), UNDO)
    assert transcript.sentences[0] is transcript.finals[0]


_time = st.integers(0, 6).map(lambda tenths: tenths / 10)
_words = st.builds(lambda text, start, length: Word(text, start, start + length), st.sampled_from("abc"), _time, _time)
_sentences = st.lists(st.lists(_words, min_size=1, max_size=5), min_size=1, max_size=3)


def _state(transcript: Transcript) -> list[list[tuple[str, str, float, float]]]:
    return [sorted(map(appearance, transcript.corrected(sentence).words)) for sentence in transcript.finals]


@_settings
@given(_sentences, st.data())
def test_any_corrections_equal_a_list_that_is_edited_by_hand_and_a_loaded_journal(
    recognised: list[list[Word]], data: st.DataObject
) -> None:
    """Also of words without length, at the same time, overlapping, and repeated."""
    file = io.BytesIO()
    live, appender = Transcript(RUN), Appender(file)
    appender.append(RUN)

    def add(record: Record) -> None:
        appender.append(record)
        live.apply(record)

    for number, words in enumerate(recognised):
        add(result_of(*words, number=number))
    states, undone = [_state(live)], []
    for _ in range(data.draw(st.integers(0, 12), "steps")):
        action = data.draw(st.sampled_from(["replace", "replace", "undo", "redo"]), "action")
        if action == "replace":
            number = data.draw(st.integers(0, len(recognised) - 1), "sentence")
            line = list(live.corrected(live.finals[number]).words)
            first = data.draw(st.integers(0, len(line)), "first")
            last = data.draw(st.integers(first, len(line)), "last")
            new = data.draw(st.lists(_words, max_size=2, min_size=int(first == last)), "new")
            line = sorted(line, key=lambda word: word.start)
            add(corrected(line[first:last], new, number + 1))
            state = list(states[-1])
            state[number] = sorted(map(appearance, [*line[:first], *new, *line[last:]]))
            states.append(state)
            undone = []
        else:
            add(Corrected(3.0, Correction(action)))
            if action == "undo" and len(states) > 1:
                undone.append(states.pop())
            elif action == "redo" and undone:
                states.append(undone.pop())
        assert _state(live) == states[-1]
        assert (live.can_undo, live.can_redo) == (len(states) > 1, bool(undone))
    file.seek(0)
    loaded = Transcript.from_records(read(file))
    assert (loaded.sentences, loaded.text, loaded.corrected_ids) == (live.sentences, live.text, live.corrected_ids)


@_settings
@given(st.lists(_words, min_size=1, max_size=5), st.lists(st.lists(_words, max_size=5), max_size=4), st.data())
def test_a_corrected_word_is_kept_whatever_later_results_say(
    first: list[Word], later: list[list[Word]], data: st.DataObject
) -> None:
    transcript = fold(result_of(*first, is_final=False))
    old = data.draw(st.sampled_from(transcript.partials[0].words), "old")
    mine = Word("MINE", old.start, old.end)
    transcript.apply(corrected([old], [mine]))
    for number, words in enumerate(later):
        transcript.apply(result_of(*words, Word("z", 9.0, 9.5), is_final=number == len(later) - 1))
        (sentence,) = transcript.sentences
        assert [appearance(word) for word in sentence.words if word.is_edited] == [appearance(mine)]
        if count := [appearance(word) for word in words].count(appearance(old)):
            assert [appearance(word) for word in sentence.words].count(appearance(old)) == count - 1
        others = [appearance(word) for word in sentence.words if not word.is_edited]
        said = iter(map(appearance, transcript.recognised[0].words))
        assert all(each in said for each in others), "its neighbours keep the order in which they were recognised"
