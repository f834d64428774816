"""The fold of a journal: partials replace, finals stay, times are seconds of the clip."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from records import event, fold, ids_and_texts, result, spans, spread_words

from paraformer_nb.journal.records import Audio, Disconnected, Received, Resumed, Sent, UnknownRecord
from paraformer_nb.transcript.words import Sentence

# -------------------------------------------------------------------------------------------- partials and finals


def test_a_partial_replaces_the_one_before_and_never_appends() -> None:
    transcript = fold(result("good", 100), result("good more", 100), result("good morning all", 100))
    assert transcript.text == "good morning all"
    assert [word.text for word in transcript.partials[0].words] == ["good", "morning", "all"]
    assert transcript.finals == []


def test_a_final_ends_its_sentence_and_no_partial_remains() -> None:
    transcript = fold(result("good", 100), Audio(1.0, "t", 0.0, 5.0), result("Good morning.", 100, 900))
    assert transcript.partials == []
    assert spans(transcript) == [(1, "Good morning.", 0.1, 0.9, True)]
    assert transcript.final_until == 0.9


def test_a_partial_may_have_fewer_words_than_the_one_before() -> None:
    assert fold(result("good morning all", 100), result("good", 100)).text == "good"


def test_sentences_are_counted_from_1_over_the_whole_run() -> None:
    transcript = fold(
        result("one", 0, 900),
        result("two", 1000, 1900, 2),
        Resumed(5.0, "u", 2.0, 2),
        result("three", 0, 900, 1, "u"),
        result("four", 1000, None, 2, "u"),
    )
    assert ids_and_texts(transcript) == [(1, "one"), (2, "two"), (3, "three"), (4, "four")]


def test_a_sentence_keeps_its_id_from_its_first_words_to_its_final() -> None:
    transcript = fold(result("one", 0, 900))
    for record in (
        result("two", 1000, number=2),
        result("two more", 1000, number=2),
        result("Two more.", 1000, 1900, 2),
    ):
        transcript.apply(record)
        assert transcript.sentences[-1].id == 2


def test_an_end_time_makes_a_final_where_the_flag_is_missing() -> None:
    assert fold(result("one", 0, 900, sentence_end=None)).finals[0].text == "one"
    assert fold(result("one", 0, None, sentence_end=None)).finals == []


def test_a_final_without_end_time_ends_with_its_last_word() -> None:
    # The vendor's own page shows sentence_end true beside end_time null.
    final = result("one two", 100, None, sentence_end=True, words=spread_words("one two", 100, 820))
    assert spans(fold(final)) == [(1, "one two", 0.1, 0.82, True)]


def test_without_sentence_ids_each_final_is_a_new_sentence() -> None:
    transcript = fold(
        result("one", 0, None, None),
        result("One.", 0, 900, None),
        result("two", 1000, None, None),
        result("Two.", 1000, 1900, None),
        result("thr", 2000, None, None),
    )
    assert [(one.id, one.text, one.is_final) for one in transcript.sentences] == [
        (1, "One.", True),
        (2, "Two.", True),
        (3, "thr", False),
    ]


def test_a_service_that_numbers_every_sentence_0_loses_none() -> None:
    transcript = fold(result("one", 0, 900, 0), result("two", 900, None, 0), result("Two.", 900, 1900, 0))
    assert [one.text for one in transcript.finals] == ["one", "Two."]


def test_a_service_that_numbers_every_sentence_0_loses_none_that_overlap() -> None:
    transcript = fold(result("one", 0, 900, 0), result("two", 880, None, 0), result("Two.", 880, 1900, 0))
    assert [one.text for one in transcript.finals] == ["one", "Two."]


def test_heartbeats_are_skipped() -> None:
    transcript = fold(result("one", 0), result("", 0, None, 0, heartbeat=True), result("x", 0, 5, 1, heartbeat=True))
    assert transcript.text == "one"
    assert transcript.finals == []


def test_a_sentence_that_has_only_begun_or_ends_empty_is_not_in_the_transcript() -> None:
    assert fold(result("", 1940, sentence_begin=True)).sentences == []
    assert fold(result("um", 0), result("", 0, 400)).sentences == []


def test_a_final_that_is_repeated_or_followed_by_an_old_partial_counts_once() -> None:
    transcript = fold(
        result("one", 0, 900),
        result("one", 0, 900),
        result("on", 0),
        result("two", 1000, 1900, 2),
        result("one", 0, 900),
    )
    assert [one.text for one in transcript.finals] == ["one", "two"]
    assert transcript.partials == []


@pytest.mark.parametrize("number", [1, None])
def test_a_repeated_final_without_words_and_end_time_counts_once(number: int | None) -> None:
    final = result("one", 100, None, number, sentence_end=True, words=[])
    assert [one.text for one in fold(final, final).finals] == ["one"]


def test_unknown_events_and_records_are_ignored() -> None:
    transcript = fold(
        result("one", 0, 900),
        event("result-revised", {"output": {}}),
        Received.of(1.0, "t", b"\xff\x00 no JSON"),
        UnknownRecord(1.0, "mood", b"{}"),
        result("two", 1000, 1900, 2),
    )
    assert transcript.text == "one two"


def test_a_command_of_a_later_version_is_ignored() -> None:
    later = Sent(1.0, "t", Raw(b'{"header":{"action":"pause-task","task_id":"t"},"payload":{}}'))
    assert fold(result("one", 0, 900), later).text == "one"


_TEXTS = st.lists(st.text("abc今天 ", min_size=1).filter(str.strip), min_size=1, max_size=5)


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(_TEXTS, min_size=1, max_size=3), st.data())
def test_no_final_sentence_is_lost_whatever_is_repeated_or_out_of_order(
    tasks: list[list[str]], data: st.DataObject
) -> None:
    """Each task has partial and final results; any of them are repeated, and all come in any order."""
    events, expected = [], []
    transcript = fold()
    for task, texts in enumerate(tasks):
        transcript.apply(Resumed(0.0, str(task), 100.0 * task, task + 1))
        for number, text in enumerate(texts):
            begin = 1000 * number
            expected.append((100.0 * task + number, text))
            events += [
                result(text[:1], begin, None, number, str(task)),
                result(text, begin, begin + 900, number, str(task)),
            ]
    finals = [one for one in events if json.loads(bytes(one.body))["payload"]["output"]["sentence"]["sentence_end"]]
    shuffled = data.draw(st.permutations(finals + data.draw(st.lists(st.sampled_from(events), max_size=12))))
    seen: list[Sentence] = []
    for record in shuffled:
        transcript.apply(record)
        assert transcript.finals[: len(seen)] == seen, "a final never changes"
        seen = list(transcript.finals)
    assert sorted((one.start, one.text) for one in transcript.finals) == sorted(expected)
    assert transcript.partials == []
    assert sorted(one.id for one in seen) == sorted({one.id for one in seen})


# ---------------------------------------------------------------------------------------------- times


def test_times_are_seconds_of_the_clip_also_where_the_run_starts_later_in_it() -> None:
    transcript = fold(result("one two", 500, 1500), start=12.0)
    assert spans(transcript) == [(1, "one two", 12.5, 13.5, True)]
    assert [(word.start, word.end) for word in transcript.finals[0].words] == [(12.5, 13.0), (13.0, 13.5)]


def test_a_later_task_s_times_count_from_the_position_where_it_resumed() -> None:
    transcript = fold(
        result("one", 0, 900),
        Disconnected(2.0, "t", "reset"),
        Resumed(3.0, "u", 5.5, 2),
        result("two", 250, 900, 1, "u"),
        start=2.0,
    )
    assert [(one.start, one.end) for one in transcript.sentences] == [(2.0, 2.9), (5.75, 6.4)]


def test_resuming_after_a_disconnect_drops_partials_and_keeps_finals() -> None:
    records = result("one", 0, 900), result("tw", 1000, number=2), Disconnected(2.0, "t", "reset", 1006)
    transcript = fold(*records)
    assert transcript.state == "reconnecting"
    assert transcript.text == "one tw", "the partial is kept in case the run does not continue"
    assert fold(*records, Resumed(3.0, "u", 0.9, 2)).text == "one"


def test_sentences_are_sorted_by_start() -> None:
    transcript = fold(result("late", 5000, 5900, 2), result("early", 0, 900, 1), result("between", 3000, number=3))
    assert [one.text for one in transcript.sentences] == ["early", "between", "late"]


def test_words_without_times_have_the_start_of_their_sentence() -> None:
    bare = [{"text": "one", "begin_time": None, "end_time": None}, {"text": "two", "begin_time": 700}]
    transcript = fold(result("one two", 500, 1500, words=bare))
    assert [(word.start, word.end) for word in transcript.finals[0].words] == [(0.5, 0.5), (0.7, 0.7)]


def test_a_sentence_without_words_is_one_word() -> None:
    transcript = fold(result("今天天气好。", 500, 1500, words=None, speaker_id=3))
    (word,) = transcript.finals[0].words
    assert (word.text, word.start, word.end, word.speaker) == ("今天天气好。", 0.5, 1.5, "3")


def test_words_have_punctuation_confidence_and_speaker() -> None:
    words = [
        {"text": "one", "begin_time": 0, "end_time": 9, "punctuation": ",", "confidence": 0.5, "speaker_id": "b"},
        {"text": "two", "begin_time": 9, "end_time": 20, "punctuation": None},
    ]
    first, second = fold(result("one, two", 0, 20, words=words, speaker_id="a")).finals[0].words
    assert (first.punctuation, first.confidence, first.speaker) == (",", 0.5, "b")
    assert (second.punctuation, second.confidence, second.speaker) == ("", None, "a")


def test_a_sentence_without_text_gets_the_text_of_its_words() -> None:
    words = [
        {"text": "今天", "begin_time": 0, "end_time": 9},
        {"text": "好", "begin_time": 9, "end_time": 20, "punctuation": "。"},
    ]
    assert fold(result("", 0, 20, words=words)).text == "今天好。"


@pytest.mark.parametrize("time", [10**400, -(10**400), 1e308, -5, "nan", "inf", "12"], ids=lambda time: str(time)[:6])
def test_an_invalid_time_does_not_end_the_run(time: Any) -> None:
    transcript = fold(result("odd", 0, 900, 1, begin_time=time), result("one", 2000, 2900, 2))
    assert "one" in transcript.text
