"""What a transcript knows of its run beside the words, and what `from_records` and `apply` return."""

from __future__ import annotations

import io
from typing import Any

import pytest
from msgspec import Raw
from records import RUN, event, fold, ids_and_texts, result, run_started, sent_audio, timed_final

from paraformer_nb.dashscope.messages import (
    FinishTask,
    ResultGeneratedEvent,
    RunTask,
    SentenceResult,
    UnknownEvent,
    encode_command,
)
from paraformer_nb.errors import ParameterError
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import read
from paraformer_nb.journal.records import (
    Audio,
    Connected,
    Corrected,
    Disconnected,
    Gap,
    Peaks,
    Received,
    Record,
    Resumed,
    RunEnded,
    Sent,
    UnknownRecord,
)
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript


def test_the_state_follows_the_run() -> None:
    transcript = Transcript(RUN)
    seen = [transcript.state]
    finish = Sent(5.0, "t", Raw(encode_command(FinishTask("t")).encode()))
    start = Sent(0.0, "t", Raw(encode_command(RunTask("t", "m")).encode()))
    for record in (
        start,
        event("task-started"),
        result("one", 0),
        Disconnected(1.0, "t", "reset"),
        Resumed(2.0, "u", 0.0, 2),
        event("task-started", task="u"),
        finish,
        result("one", 0, 900, 1, "u"),
        event("task-finished", task="u"),
        RunEnded(9.0, "finished"),
    ):
        transcript.apply(record)
        if transcript.state != seen[-1]:
            seen.append(transcript.state)
    assert seen == ["connecting", "streaming", "reconnecting", "streaming", "finishing", "finished"]
    assert transcript.end == RunEnded(9.0, "finished")


def test_position_up_to_which_audio_was_sent_gaps_and_engine() -> None:
    transcript = fold(
        Connected(0.1, "t", "pocketsphinx"),
        Audio(1.0, "t", 2.0, 0.5),
        Audio(1.1, "t", 2.5, 0.25),
        Audio(1.2, "u", 2.0, 0.1),
        Gap(2.0, 3.0, 4.0, "late"),
        Connected(0.1, "u"),
        start=2.0,
    )
    assert transcript.sent_until == 2.75
    assert transcript.gaps == [Gap(2.0, 3.0, 4.0, "late")]
    assert transcript.engine == "pocketsphinx"


def test_before_the_first_result_the_text_is_empty() -> None:
    transcript = Transcript(RUN)
    assert (transcript.text, transcript.sentences, transcript.final_until) == ("", [], 0.0)
    assert fold(start=7.0).final_until == 7.0


# ---------------------------------------------------------------------------------------------------------- the notice


@pytest.mark.parametrize(
    ("notice", "shown"),
    [
        ("English only", "English only"),
        ("", ""),
        ("two\nlines\tand \x1b[31mcolour\u202e", "two lines and [31mcolour"),
        ("half \ud83d", "half \ufffd"),
        ("a" * 300, "a" * 300),
        ("字" * 301, "字" * 300),
    ],
)
def test_a_service_s_notice_is_sanitised_and_cut_to_300_characters(notice: str, shown: str) -> None:
    assert fold().notice == ""
    assert fold(Connected(0.1, "t", "scripted", notice)).notice == shown


@pytest.mark.parametrize(
    ("records", "has_hint"),
    [
        ([Peaks(1.0, 0.0, 0.01, bytes(20))], True),
        ([Peaks(1.0, 0.0, 0.01, b"\xfc\x03" * 10)], True),
        ([Peaks(1.0, 0.0, 0.01, b"\xfc\x03" * 10 + b"\xfb\x03")], False),
        ([Peaks(1.0, 0.0, 0.01, b"\xfc\x04")], False),
        ([Peaks(1.0, 0.0, 0.01, bytes(20)), result("one", 0)], False),
        ([Peaks(1.0, 0.0, 0.01, bytes(20)), result("one", 0, 900, 1)], False),
        ([], False),
    ],
    ids=["zeros", "quiet", "a low peak", "a high peak", "a partial sentence", "a sentence", "no sound"],
)
def test_a_run_that_found_no_words_in_near_silence_has_a_hint(records: list[Record], has_hint: bool) -> None:
    connected = Connected(0.1, "t", "scripted", "Scripted.")
    for state in ("finished", "stopped"):
        transcript = fold(connected, *records, RunEnded(9.0, state))
        assert bool(transcript.hint) == has_hint
        assert transcript.notice == " ".join(["Scripted.", *([transcript.hint] if has_hint else [])])
    assert fold(connected, *records).notice == fold(connected, *records, RunEnded(9.0, "failed")).notice == "Scripted."


def test_the_notice_is_the_last_connection_s() -> None:
    assert fold(Connected(0.1, "t", "scripted", "one"), Connected(2.0, "u", "scripted", "two")).notice == "two"


def test_an_engine_s_name_is_sanitised() -> None:
    assert fold(Connected(0.1, "t", "pocket\nsphinx\x1b")).engine == "pocket sphinx"


# ------------------------------------------------------------------------------------------------------ whole journals


def test_a_loaded_journal_gives_the_same_transcript_as_the_live_run() -> None:
    records = [
        run_started(3.0),
        event("task-started"),
        Peaks(1.0, 3.0, 0.01, bytes(range(40))),
        result("one", 0),
        result("one", 0, 900),
        Disconnected(2.0, "t", "reset"),
        Resumed(3.0, "u", 4.0, 2),
        result("今天", 0, 900, 1, "u"),
        result("two", 950, None, 2, "u"),
    ]
    file = io.BytesIO()
    live, appender = Transcript(run_started(3.0)), Appender(file)
    for record in records:
        live.apply(record)
        appender.append(record)
    file.seek(0)
    loaded = Transcript.from_records(read(file))
    assert loaded.sentences == live.sentences
    assert (loaded.text, loaded.state, loaded.run) == (live.text, live.state, live.run)
    assert loaded.waveform.data == live.waveform.data


def test_a_journal_of_one_record_is_a_transcript() -> None:
    transcript = Transcript.from_records(iter([run_started(3.0)]))
    assert (transcript.run, transcript.state, transcript.text) == (run_started(3.0), "connecting", "")


@pytest.mark.parametrize("records", [[], [result("one", 0, 900)], [UnknownRecord(0.0, "mood", b"{}"), RUN]])
def test_records_that_do_not_begin_with_a_run_are_refused(records: list[Record]) -> None:
    with pytest.raises(ParameterError, match="not a journal's records"):
        Transcript.from_records(records)


# --------------------------------------------------------------------------------------------------- what apply returns


def applied(transcript: Transcript, record: Record) -> SentenceResult | None:
    """The sentence of the event that `apply` returns, or None where it returns None."""
    returned = transcript.apply(record)
    if returned is None:
        return None
    assert isinstance(returned, ResultGeneratedEvent)
    return returned.sentence


def resumed() -> Transcript:
    """Two sentences are final; a second task starts 0.3 s before the end of the second one."""
    return fold(
        sent_audio(0, 5),
        timed_final(("one", 0, 900)),
        timed_final(("two", 1000, 1900), number=2),
        Disconnected(2.0, "t", "reset"),
        Resumed(3.0, "u", 1.6, 2),
        sent_audio(1.6, 5, "u"),
    )


def test_apply_returns_the_event_as_it_was_received_where_the_run_has_one_task() -> None:
    for record in (result("one", 0), result("one", 0, 900), event("task-finished"), event("result-revised")):
        assert fold().apply(record) is record.event


def test_apply_returns_a_later_task_s_results_with_the_run_s_ids_and_times() -> None:
    transcript = resumed()
    partial = applied(transcript, result("three", 500, None, 1, "u"))
    assert partial is not None
    assert (partial.sentence_id, partial.begin_time, partial.end_time, partial.is_final) == (3, 2100, None, False)
    final = applied(transcript, timed_final(("three", 500, 900), task="u"))
    assert final is not None
    assert (final.sentence_id, final.begin_time, final.end_time, final.is_final) == (3, 2100, 2500, True)
    assert [(word.text, word.begin_time, word.end_time) for word in final.words or ()] == [("three", 2100, 2500)]
    assert ids_and_texts(transcript) == [(1, "one"), (2, "two"), (3, "three")]


def test_apply_returns_none_for_what_only_repeats_a_final() -> None:
    transcript = resumed()
    assert applied(transcript, timed_final(("two", 0, 250), task="u")) is None
    assert applied(transcript, result("two", 0, 250, 1, "u")) is None
    assert fold(result("one", 0, 900)).apply(result("one", 0, 900)) is None
    assert fold(result("one", 0, 900)).apply(result("on", 0)) is None


def test_apply_returns_only_the_new_words_of_a_sentence_that_repeats_some() -> None:
    sentence = applied(resumed(), timed_final(("two", 0, 290), ("three", 400, 800), task="u"))
    assert sentence is not None
    assert (sentence.sentence_id, sentence.text, sentence.begin_time, sentence.end_time) == (3, "three", 2000, 2400)


def test_a_result_without_text_has_the_id_that_its_sentence_has_or_will_have() -> None:
    """A consumer that keeps sentences by id must not take it for an empty result of another sentence."""
    transcript = resumed()
    begun = applied(transcript, result("", 500, None, 1, "u", sentence_begin=True))
    assert (begun and begun.sentence_id) == 3
    partial = applied(transcript, result("um", 500, None, 1, "u"))
    assert (partial and partial.sentence_id) == 3
    empty = applied(transcript, result("", 500, 900, 1, "u"))
    assert (empty and (empty.sentence_id, empty.is_final)) == (3, True)
    assert ids_and_texts(transcript) == [(1, "one"), (2, "two")]


def test_a_result_without_an_id_keeps_none() -> None:
    sentence = applied(resumed(), result("three", 500, 900, None, "u"))
    assert sentence is not None
    assert (sentence.sentence_id, sentence.begin_time) == (None, 2100)


@pytest.mark.parametrize(
    "record",
    [
        sent_audio(0, 1),
        Connected(0.1, "t"),
        Gap(1.0, 0.0, 1.0, "late"),
        Corrected(2.0, Correction("undo")),
        RunEnded(9.0, "finished"),
        UnknownRecord(1.0, "mood", b"{}"),
        RUN,
    ],
    ids=lambda record: type(record).__name__,
)
def test_apply_returns_none_for_records_that_are_not_events(record: Any) -> None:
    assert fold().apply(record) is None


def test_an_event_of_another_task_is_ignored_and_one_that_is_unreadable_is_returned() -> None:
    transcript = fold()
    stray = Received.of(1.0, "t", bytes(result("one", 0, 900, task="u").body))
    assert transcript.apply(stray) is None
    assert isinstance(transcript.apply(Received.of(1.0, "t", b"\xff\x00 not JSON")), UnknownEvent)
    assert transcript.text == ""
