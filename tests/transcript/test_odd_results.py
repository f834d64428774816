"""Results with fields of unexpected types, with ids and times that distinguish nothing, or that cannot be read: no word
is lost silently."""

from __future__ import annotations

import json
from typing import Any

import pytest
from records import event, fold, ids_and_texts, result, run_started, sent_audio, spread_words

from paraformer_nb.journal.records import Received, Resumed, RunEnded
from paraformer_nb.tables.events import events_table
from paraformer_nb.transcript.transcript import UNREADABLE_RESULT, Transcript

SENT = sent_audio(0.0, 20.0)
FINISHED = event("task-finished")


def final(task: str = "t", **sentence: Any) -> Received:
    """A final result with exactly these fields, beside `sentence_end`."""
    return event("result-generated", {"output": {"sentence": {"sentence_end": True} | sentence}}, task)


def good(begin: int = 1000, end: int = 3000, **changes: Any) -> dict[str, Any]:
    """A final sentence as documented, with changed fields."""
    words = spread_words("good morning all", begin, end)
    return {"begin_time": begin, "end_time": end, "text": "good morning all", "words": words} | changes


def texts(transcript: Transcript) -> list[str]:
    return [word.text for sentence in transcript.sentences for word in sentence.words]


def gaps(transcript: Transcript) -> list[tuple[float, float]]:
    return [(gap.start, gap.end) for gap in transcript.gaps]


# ------------------------------------------------------------------------------------------------- odd types of fields

ODD = ["high", "b1f0c3", [], [1, "x"], {}, {"value": 1}, True, -1, 10**400, 1.5, ""]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize(
    "field", ["sentence_id", "begin_time", "end_time", "heartbeat", "channel_id", "speaker_id", "emo_tag", "stash"]
)
def test_a_sentence_field_of_any_type_costs_no_word(field: str, value: Any) -> None:
    is_heartbeat = field == "heartbeat" and value is True  # an empty result by definition
    transcript = fold(SENT, final(**good(**{} if is_heartbeat else {field: value})), FINISHED)
    assert texts(transcript) == ["good", "morning", "all"]
    assert [sentence.is_final for sentence in transcript.sentences] == [True]
    assert transcript.gaps == []


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("field", ["begin_time", "end_time", "punctuation", "fixed", "speaker_id", "confidence"])
def test_a_word_field_of_any_type_costs_no_word(field: str, value: Any) -> None:
    words = spread_words("good morning all", 1000, 3000)
    words[1][field] = value
    transcript = fold(SENT, final(**good(words=words)), FINISHED)
    assert texts(transcript) == ["good", "morning", "all"]
    first, _, last = transcript.sentences[0].words
    assert (first.start, last.end) == (1.0, 3.0)


@pytest.mark.parametrize("words", ["none", 7, {"0": {}}, [None, 3, "good"], [{"text": ["good"]}]])
def test_words_that_cannot_be_read_leave_the_sentences_text(words: Any) -> None:
    transcript = fold(SENT, final(**good(words=words)), FINISHED)
    assert transcript.text == "good morning all"


@pytest.mark.parametrize("text", [["good"], {"zh": "早"}, True])
def test_a_text_that_cannot_be_read_leaves_the_words(text: Any) -> None:
    assert fold(SENT, final(**good(text=text)), FINISHED).text == "good morning all"


def test_numbers_where_text_is_expected_are_its_digits() -> None:
    words = [{"text": 2026, "begin_time": 1000, "end_time": 1500, "punctuation": "."}]
    transcript = fold(SENT, final(begin_time=1000, end_time=1500, text=2026, words=words))
    assert (transcript.text, texts(transcript)) == ("2026", ["2026"])


def test_times_sent_as_text_are_times() -> None:
    transcript = fold(SENT, final(**good(begin_time="1000", end_time="3000.0")))
    assert (transcript.sentences[0].start, transcript.sentences[0].end) == (1.0, 3.0)


def test_a_not_a_number_costs_only_its_field() -> None:
    body = bytes(final(**good()).body).replace(b'"begin_time": 1000, "end_time": 3000,', b'"begin_time": NaN,')
    assert texts(fold(SENT, Received.of(1.0, "t", body))) == ["good", "morning", "all"]


def test_a_byte_that_is_not_utf_8_costs_only_its_character() -> None:
    body = bytes(final(**good()).body).replace(b"morning", b"mor\xffing")
    assert texts(fold(SENT, Received.of(1.0, "t", body))) == ["good", "mor\N{REPLACEMENT CHARACTER}ing", "all"]


def test_sentences_with_text_as_id_are_distinguished() -> None:
    records = [final(**good(1000 * n, 1000 * n + 900, sentence_id=name)) for n, name in enumerate("abc", 1)]
    partial = event("result-generated", {"output": {"sentence": good(5000, 6000, sentence_id="d", sentence_end=False)}})
    transcript = fold(SENT, *records, partial, final(**good(5000, 6000, sentence_id="d")))
    assert [sentence.id for sentence in transcript.sentences] == [1, 2, 3, 4]


@pytest.mark.parametrize("spelling", ["{0}", "{1}", "{2}", "{3}"])
def test_a_task_id_may_be_spelled_with_dashes_or_in_upper_case(spelling: str) -> None:
    plain = "6f1d2c0a9b7e4d35a1c88e5b2f40c9d1"
    dashed = "6f1d2c0a-9b7e-4d35-a1c8-8e5b2f40c9d1"
    sent_back = spelling.format(plain, plain.upper(), dashed, dashed.upper())
    message = {"header": {"event": "result-generated", "task_id": sent_back}, "payload": {"output": {}}}
    message["payload"]["output"]["sentence"] = good(sentence_end=True)
    received = Received.of(1.0, plain, json.dumps(message).encode())
    assert texts(fold(sent_audio(0.0, 20.0, plain), received)) == ["good", "morning", "all"]


def test_the_events_table_names_the_fields_that_were_dropped() -> None:
    words = spread_words("good morning", 1000, 3000)
    words[0]["confidence"] = "high"
    records = [run_started(), final(**good(words=words, speaker_id={}, sentence_id=[]))]
    (text,) = events_table(records)["text"]
    assert text == "good morning all (unreadable: sentence_id, words[0].confidence)"


# ------------------------------------------------------------------------------------- ids and times that tell nothing

TEXTS = ["one two", "three four", "five six", "seven eight"]


def sentences(**fields: Any) -> list[Received]:
    """Four final sentences 3 s apart, whose fields beside the words are always the same."""
    return [
        final(text=text, words=spread_words(text, 3000 * n, 3000 * n + 2000), **fields) for n, text in enumerate(TEXTS)
    ]


@pytest.mark.parametrize("begin", [0, None, "absent", "soon", -1])
@pytest.mark.parametrize("number", [0, 1, None, "x"])
def test_sentences_of_the_same_id_and_start_are_distinguished_by_their_words(number: Any, begin: Any) -> None:
    fields = {"sentence_id": number} | ({} if begin == "absent" else {"begin_time": begin})
    transcript = fold(SENT, *sentences(**fields))
    assert [sentence.text for sentence in transcript.sentences] == TEXTS
    assert [sentence.start for sentence in transcript.sentences] == [0.0, 3.0, 6.0, 9.0]


@pytest.mark.parametrize("begin", [0, None])
@pytest.mark.parametrize("number", [0, None])
def test_a_final_that_is_sent_twice_counts_once(number: Any, begin: Any) -> None:
    twice = [each for each in sentences(sentence_id=number, begin_time=begin) for _ in range(2)]
    assert [sentence.text for sentence in fold(SENT, *twice).sentences] == TEXTS


@pytest.mark.parametrize("ends", [[None] * 4, [2000, 5000, 8000, 11000]])
@pytest.mark.parametrize("begin", [0, None])
@pytest.mark.parametrize("number", [0, None])
def test_sentences_without_times_of_words_are_distinguished_by_their_text(number: Any, begin: Any, ends: Any) -> None:
    each = [
        final(text=text, sentence_id=number, begin_time=begin, end_time=end)
        for text, end in zip(TEXTS, ends, strict=True)
    ]
    transcript = fold(SENT, *each, each[-1])
    assert [sentence.text for sentence in transcript.sentences] == TEXTS
    starts = [sentence.start for sentence in transcript.sentences]
    assert starts == sorted(starts)


# ----------------------------------------------------------------------------------------- results that cannot be read


def unreadable() -> list[Received]:
    return [
        final(text=["good"], words="none"),
        event("result-generated", {"output": {"sentence": "good morning"}}),
        event("result-generated", {"output": None}),
        event("result-generated", ["good morning"]),
        Received.of(1.0, "t", b'{"header": {"event": "result-gener'),
        Received.of(1.0, "t", b"good morning"),
    ]


@pytest.mark.parametrize("lost", unreadable(), ids=lambda record: bytes(record.body).decode()[:60])
def test_a_result_that_cannot_be_read_is_a_gap_until_the_next_one(lost: Received) -> None:
    first, last = result("one", 0, 900), result("two", 5000, 5900, 2)
    transcript = fold(SENT, first, lost, last, FINISHED)
    assert ids_and_texts(transcript) == [(1, "one"), (2, "two")]
    assert gaps(transcript) == [(0.9, 5.0)]
    assert transcript.gaps[0].reason == UNREADABLE_RESULT


@pytest.mark.parametrize("end", [FINISHED, RunEnded(2.0, "finished")])
def test_where_nothing_can_be_read_all_that_was_sent_is_a_gap(end: Any) -> None:
    assert gaps(fold(SENT, *unreadable(), end)) == [(0.0, 20.0)]


def test_an_unreadable_partial_keeps_the_words_before_and_is_not_a_gap() -> None:
    lost = event("result-generated", {"output": {"sentence": {"sentence_id": 1, "sentence_end": False, "text": []}}})
    transcript = fold(SENT, result("good", 100), lost)
    assert transcript.text == "good"
    transcript = fold(SENT, result("good", 100), lost, result("Good morning.", 1000, 3000), FINISHED)
    assert (transcript.text, transcript.gaps) == ("Good morning.", [])


def test_an_event_of_an_unknown_name_is_not_a_gap() -> None:
    assert fold(SENT, event("result-revised", {"output": {}}), FINISHED).gaps == []


def test_what_is_recognised_again_after_a_disconnect_is_not_a_gap() -> None:
    lost = event("result-generated", {"output": {"sentence": "good"}})
    again = result("good", 0, 900, task="u")
    assert fold(SENT, lost, Resumed(5.0, "u", 0.0, 2), again, event("task-finished", task="u")).gaps == []


def test_the_events_table_marks_what_cannot_be_read() -> None:
    assert list(events_table([run_started(), *unreadable()])["text"]) == ["unreadable"] * 6
