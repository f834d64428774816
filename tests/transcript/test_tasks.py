"""A run of several tasks: sentences keep their ids, repetitions are dropped, silence is not counted."""

from __future__ import annotations

from records import event, fold, ids_and_texts, result, sent_audio, spans, timed_final

from paraformer_nb.journal.records import (
    Corrected,
    Disconnected,
    Failure,
    Gap,
    Received,
    Record,
    Reopened,
    Resumed,
    RunEnded,
    Silence,
)
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.words import Usage, Word

DISCONNECTED = Disconnected(2.0, "t", "reset")


def test_a_sentence_that_is_recognised_again_keeps_its_id() -> None:
    before = sent_audio(0, 3), result("one", 0, 900), result("tw", 1000, number=2)
    resumed = DISCONNECTED, Resumed(3.0, "u", 0.6, 2), sent_audio(0.6, 3, "u")
    transcript = fold(*before, *resumed, result("two", 400, 1300, 1, "u"))
    assert spans(transcript) == [(1, "one", 0.0, 0.9, True), (2, "two", 1.0, 1.9, True)]


def test_several_attempts_in_a_row_use_up_no_ids() -> None:
    records: list[Record] = [sent_audio(0, 3), result("one", 0, 900), result("tw", 1000, number=2)]
    for number, task in enumerate("uvw", 2):
        records += [DISCONNECTED, Resumed(3.0, task, 0.6, number), result("tw", 400, None, 1, task)]
    assert ids_and_texts(fold(*records)) == [(1, "one"), (2, "tw")]


def test_a_corrected_partial_s_id_is_not_reused_and_its_correction_applies_to_what_is_recognised_again() -> None:
    partial = result("tow", 1000, None, 2, words=[{"text": "tow", "begin_time": 1000, "end_time": 1300}])
    correction = Correction("replace", 2, (Word("tow", 1.0, 1.3),), (Word("two", 1.0, 1.3),))
    transcript = fold(
        sent_audio(0, 3),
        result("one", 0, 900),
        partial,
        Corrected(1.5, correction),
        DISCONNECTED,
        Resumed(3.0, "u", 0.6, 2),
        sent_audio(0.6, 3, "u"),
        timed_final(("tow", 400, 700), ("three", 700, 1000), task="u"),
    )
    assert ids_and_texts(transcript) == [(1, "one"), (3, "two three")]
    transcript.apply(Corrected(4.0, Correction("undo")))
    assert transcript.sentences[-1].text == "tow three"


def test_a_correction_of_a_final_survives_a_disconnect() -> None:
    correction = Correction("replace", 1, (Word("one", 0.0, 0.9),), (Word("won", 0.0, 0.9),))
    transcript = fold(
        sent_audio(0, 3),
        result("one", 0, 900),
        Corrected(1.5, correction),
        DISCONNECTED,
        Resumed(3.0, "u", 0.6, 2),
        sent_audio(0.6, 3, "u"),
        timed_final(("one", 0, 290), ("two", 400, 900), task="u"),
    )
    assert ids_and_texts(transcript) == [(1, "won"), (2, "two")]


def test_repeated_words_are_dropped_and_the_rest_of_their_sentence_is_kept() -> None:
    first_task = sent_audio(0, 9), timed_final(("one", 4000, 4500), ("two", 4500, 5000)), DISCONNECTED
    before = *first_task, Resumed(3.0, "u", 4.7, 2), sent_audio(4.7, 9, "u")
    again = timed_final(("two", 0, 290), ("three", 300, 800), ("four", 800, 1300), task="u")
    (first, second) = fold(*before, again).sentences
    assert (first.text, second.text) == ("one two", "three four")
    assert (second.id, second.start, second.end) == (2, 5.0, 6.0)
    assert [(word.text, word.start) for word in second.words] == [("three", 5.0), ("four", 5.5)]


def test_a_sentence_that_was_final_as_a_whole_is_dropped_with_its_partials() -> None:
    first_task = sent_audio(0, 9), timed_final(("one", 4000, 4500), ("two", 4500, 5000)), DISCONNECTED
    before = *first_task, Resumed(3.0, "u", 4.7, 2), sent_audio(4.7, 9, "u")
    partial = result("two", 0, None, 1, "u", words=[{"text": "two", "begin_time": 0, "end_time": None}])
    transcript = fold(*before, partial)
    assert transcript.text == "one two two", "it may get longer, so it is shown until it is known to repeat the final"
    transcript.apply(timed_final(("two", 0, 290), task="u"))
    assert ids_and_texts(transcript) == [(1, "one two")]
    transcript.apply(result("three", 1000, 1900, 2, "u"))
    assert [one.text for one in transcript.sentences] == ["one two", "three"]


def test_times_ahead_of_the_audio_make_nothing_final_that_was_not_sent() -> None:
    """A final may end beyond the audio that was sent by then: words of the next task after that position are new."""
    ahead = sent_audio(0, 3), result("one", 4000, 5000), sent_audio(3, 6)
    resumed = DISCONNECTED, Resumed(3.0, "u", 2.7, 2), sent_audio(2.7, 9, "u")
    transcript = fold(*ahead, *resumed, result("two", 800, 1200, 1, "u"))
    assert transcript.text == "two one"
    assert fold(*ahead).final_until == 3.0


def test_silence_that_was_sent_in_a_pause_is_not_part_of_the_clip() -> None:
    transcript = fold(
        sent_audio(0, 1),
        Silence(2.0, "t", 1.0, 1.0),
        Silence(3.0, "t", 1.0, 0.5),
        sent_audio(1, 2),
        result("one", 2600, 3000, 1),
        Received.of(4.0, "t", b'{"header":{"event":"task-finished"},"payload":{"usage":{"duration":5}}}'),
    )
    assert spans(transcript) == [(1, "one", 1.1, 1.5, True)]
    assert transcript.sent_until == 3.0
    assert transcript.usage == Usage(sent=4.5, silence=1.5, recognised=3.0, billed=5)


def test_audio_that_is_sent_again_is_counted() -> None:
    first_task = sent_audio(0, 5), timed_final(("one", 1000, 2000)), DISCONNECTED
    transcript = fold(*first_task, Resumed(3.0, "u", 1.7, 2), sent_audio(1.7, 4, "u"), sent_audio(5.7, 3.3, "u"))
    assert (transcript.usage.sent, transcript.usage.sent_again) == (12.3, 3.3)
    transcript.apply(DISCONNECTED)
    transcript.apply(Resumed(4.0, "v", 1.7, 3))
    transcript.apply(sent_audio(1.7, 9, "v"))
    assert transcript.usage.sent_again == 10.6


def test_a_gap_that_is_recognised_after_all_is_removed() -> None:
    gaps = Gap(2.0, 1.0, 2.0, "out of reach"), Gap(3.0, 4.0, 6.0, "the run failed")
    transcript = fold(sent_audio(0, 6), *gaps, RunEnded(3.0, "failed", Failure("ConnectionLost", "gone")))
    assert transcript.gaps == list(gaps)
    transcript.apply(Resumed(4.0, "u", 3.7, 2))
    assert transcript.gaps == [gaps[0]]
    assert (transcript.end, transcript.state) == (None, "reconnecting")


def test_a_reopened_run_has_no_end_and_connects_again() -> None:
    records = sent_audio(0, 3), result("one", 0, 900), RunEnded(3.0, "failed", Failure("ConnectionLost", "gone"))
    transcript = fold(*records, Reopened(4.0))
    assert (transcript.end, transcript.state) == (None, "connecting")
    assert ids_and_texts(transcript) == [(1, "one")], "its words are kept"
    for record in (Resumed(4.1, "u", 0.6, 2), event("task-started", task="u"), RunEnded(9.0, "finished")):
        transcript.apply(record)
    assert (transcript.end, transcript.state) == (RunEnded(9.0, "finished"), "finished")
    assert [record.position for record in transcript.resumes] == [0.6]
