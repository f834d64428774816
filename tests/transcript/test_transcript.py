"""The fold: partials replace, finals stay, and every time lies on the clip's own line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from paraformer_nb.transcript.engines import engine_notice

from paraformer_nb.dashscope.messages import FinishTask, RunTask, encode_command
from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import read
from paraformer_nb.journal.records import (
    Audio,
    ClipSource,
    Connected,
    Corrected,
    Disconnected,
    Gap,
    KnownRecord,
    Peaks,
    Received,
    Resumed,
    RunEnded,
    RunStarted,
    Sent,
    ServiceSource,
    Silence,
    UnknownRecord,
)
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.waveform import Waveform
from paraformer_nb.transcript.words import Sentence, Usage, Word


def run(start: float = 0.0) -> RunStarted:
    service = ServiceSource("embedded", "127.0.0.1", "scripted")
    return RunStarted(
        0.0, 1, "now", ClipSource("lesson.flac"), 16000, start, 40.0, service, "paraformer-realtime-v2", {}
    )


def event(name: str, payload: Any = None, task: str = "t") -> Received:
    message = {"header": {"task_id": task, "event": name}, "payload": payload or {}}
    return Received.of(1.0, task, json.dumps(message).encode())


def words(text: str, begin: int, end: int) -> list[dict[str, Any]]:
    """The words of a text, evenly spread."""
    parts = text.split()
    step = (end - begin) / max(1, len(parts))
    return [
        {
            "text": part,
            "begin_time": begin + round(n * step),
            "end_time": begin + round((n + 1) * step),
            "punctuation": "",
        }
        for n, part in enumerate(parts)
    ]


def heard(
    text: str, begin: int | None, end: int | None = None, number: int | None = 1, task: str = "t", **more: Any
) -> Received:
    """A result: final where it has an end, else partial with words up to 1 s long."""
    sentence = {
        "sentence_id": number,
        "begin_time": begin,
        "end_time": end,
        "text": text,
        "sentence_end": end is not None,
        "words": words(text, begin or 0, end or (begin or 0) + 1000),
    }
    return event("result-generated", {"output": {"sentence": sentence | more}}, task)


def fold(*records: KnownRecord | UnknownRecord, start: float = 0.0) -> Transcript:
    transcript = Transcript(RUN)
    for record in (run(start), event("task-started"), *records):
        transcript.apply(record)
    return transcript


def spans(transcript: Transcript) -> list[tuple[int, str, float, float, bool]]:
    return [(one.id, one.text, one.start, one.end, one.is_final) for one in transcript.sentences]


# --------------------------------------------------------------------------------------------- partials and finals


def test_a_partial_replaces_what_was_heard_before_and_never_appends() -> None:
    transcript = fold(heard("good", 100), heard("good more", 100), heard("good morning all", 100))
    assert transcript.text == "good morning all"
    assert [word.text for word in transcript.partials[0].words] == ["good", "morning", "all"]
    assert transcript.finals == []


def test_a_final_settles_its_sentence_and_nothing_stays_open() -> None:
    transcript = fold(heard("good", 100), Audio(1.0, "t", 0.0, 5.0), heard("Good morning.", 100, 900))
    assert transcript.partials == []
    assert spans(transcript) == [(1, "Good morning.", 0.1, 0.9, True)]
    assert transcript.final_until == 0.9


def test_a_partial_may_take_words_back() -> None:
    assert fold(heard("good morning all", 100), heard("good", 100)).text == "good"


def test_sentences_are_counted_from_1_over_the_whole_run() -> None:
    transcript = fold(
        heard("one", 0, 900),
        heard("two", 1000, 1900, 2),
        Resumed(5.0, "u", 2.0, 2),
        heard("three", 0, 900, 1, "u"),
        heard("four", 1000, None, 2, "u"),
    )
    assert [(one.id, one.text) for one in transcript.sentences] == [(1, "one"), (2, "two"), (3, "three"), (4, "four")]


def test_a_sentence_keeps_its_id_from_its_first_words_to_its_final() -> None:
    transcript = fold(heard("one", 0, 900))
    for record in (heard("two", 1000, number=2), heard("two more", 1000, number=2), heard("Two more.", 1000, 1900, 2)):
        transcript.apply(record)
        assert transcript.sentences[-1].id == 2


def test_an_end_time_makes_a_final_where_the_flag_is_missing() -> None:
    assert fold(heard("one", 0, 900, sentence_end=None)).settled[0].text == "one"
    assert fold(heard("one", 0, None, sentence_end=None)).settled == []


def test_a_final_without_end_time_ends_with_its_last_word() -> None:
    # The vendor's own page shows sentence_end true beside end_time null.
    final = heard("one two", 100, None, sentence_end=True, words=words("one two", 100, 820))
    assert spans(fold(final)) == [(1, "one two", 0.1, 0.82, True)]


def test_without_sentence_ids_each_final_is_a_sentence_of_its_own() -> None:
    transcript = fold(
        heard("one", 0, None, None),
        heard("One.", 0, 900, None),
        heard("two", 1000, None, None),
        heard("Two.", 1000, 1900, None),
        heard("thr", 2000, None, None),
    )
    assert [(one.id, one.text, one.is_final) for one in transcript.sentences] == [
        (1, "One.", True),
        (2, "Two.", True),
        (3, "thr", False),
    ]


def test_a_service_that_numbers_every_sentence_0_loses_none() -> None:
    transcript = fold(heard("one", 0, 900, 0), heard("two", 900, None, 0), heard("Two.", 900, 1900, 0))
    assert [one.text for one in transcript.finals] == ["one", "Two."]


def test_a_service_that_numbers_every_sentence_0_loses_none_that_overlap() -> None:
    transcript = fold(heard("one", 0, 900, 0), heard("two", 880, None, 0), heard("Two.", 880, 1900, 0))
    assert [one.text for one in transcript.finals] == ["one", "Two."]


def test_heartbeats_are_skipped() -> None:
    transcript = fold(heard("one", 0), heard("", 0, None, 0, heartbeat=True), heard("x", 0, 5, 1, heartbeat=True))
    assert transcript.text == "one"
    assert transcript.finals == []


def test_a_sentence_that_only_begins_or_comes_to_nothing_is_no_sentence() -> None:
    assert fold(heard("", 1940, sentence_begin=True)).sentences == []
    assert fold(heard("um", 0), heard("", 0, 400)).sentences == []


def test_a_final_that_comes_twice_or_is_followed_by_an_old_partial_counts_once() -> None:
    transcript = fold(
        heard("one", 0, 900), heard("one", 0, 900), heard("on", 0), heard("two", 1000, 1900, 2), heard("one", 0, 900)
    )
    assert [one.text for one in transcript.finals] == ["one", "two"]
    assert transcript.partials == []


@pytest.mark.parametrize("number", [1, None])
def test_a_final_without_words_and_end_time_that_comes_twice_counts_once(number: int | None) -> None:
    final = heard("one", 100, None, number, sentence_end=True, words=[])
    assert [one.text for one in fold(final, final).finals] == ["one"]


def test_unknown_events_and_records_pass_by() -> None:
    transcript = fold(
        heard("one", 0, 900),
        event("result-revised", {"output": {}}),
        Received.of(1.0, "t", b"\xff\x00 no JSON"),
        UnknownRecord(1.0, "mood", b"{}"),
        heard("two", 1000, 1900, 2),
    )
    assert transcript.text == "one two"


def test_a_command_of_a_later_version_passes_by() -> None:
    later = Sent(1.0, "t", Raw(b'{"header":{"action":"pause-task","task_id":"t"},"payload":{}}'))
    assert fold(heard("one", 0, 900), later).text == "one"


_TEXTS = st.lists(st.text("abc今天 ", min_size=1).filter(str.strip), min_size=1, max_size=5)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(_TEXTS, min_size=1, max_size=3), st.data())
def test_no_settled_sentence_is_lost_whatever_comes_again_or_out_of_order(
    tasks: list[list[str]], data: st.DataObject
) -> None:
    """Each task says its sentences, partial then final; then any of these events come, again and in any order."""
    events, expected = [], []
    transcript = fold()
    for task, texts in enumerate(tasks):
        transcript.apply(Resumed(0.0, str(task), 100.0 * task, task + 1))
        for number, text in enumerate(texts):
            begin = 1000 * number
            expected.append((100.0 * task + number, text))
            events += [
                heard(text[:1], begin, None, number, str(task)),
                heard(text, begin, begin + 900, number, str(task)),
            ]
    finals = [one for one in events if json.loads(bytes(one.body))["payload"]["output"]["sentence"]["sentence_end"]]
    shuffled = data.draw(st.permutations(finals + data.draw(st.lists(st.sampled_from(events), max_size=12))))
    settled: list[Sentence] = []
    for record in shuffled:
        transcript.apply(record)
        assert transcript.finals[: len(settled)] == settled, "what is settled stays as it is"
        settled = list(transcript.finals)
    assert sorted((one.start, one.text) for one in transcript.finals) == sorted(expected)
    assert transcript.partials == []
    assert sorted(one.id for one in settled) == sorted({one.id for one in settled})


# ------------------------------------------------------------------------------------------------------------- times


def test_times_are_seconds_of_the_clip_from_where_it_was_begun() -> None:
    transcript = fold(heard("one two", 500, 1500), start=12.0)
    assert spans(transcript) == [(1, "one two", 12.5, 13.5, True)]
    assert [(word.start, word.end) for word in transcript.finals[0].words] == [(12.5, 13.0), (13.0, 13.5)]


def test_a_later_tasks_times_begin_where_it_went_on() -> None:
    transcript = fold(
        heard("one", 0, 900),
        Disconnected(2.0, "t", "reset"),
        Resumed(3.0, "u", 5.5, 2),
        heard("two", 250, 900, 1, "u"),
        start=2.0,
    )
    assert [(one.start, one.end) for one in transcript.sentences] == [(2.0, 2.9), (5.75, 6.4)]


def test_going_on_after_a_loss_drops_what_was_unsettled_and_keeps_what_was_settled() -> None:
    lost = heard("one", 0, 900), heard("tw", 1000, number=2), Disconnected(2.0, "t", "reset", 1006)
    transcript = fold(*lost)
    assert transcript.state == "reconnecting"
    assert transcript.text == "one tw", "what was heard stays, should nobody go on"
    assert fold(*lost, Resumed(3.0, "u", 0.9, 2)).text == "one"


def test_sentences_stand_in_the_order_of_their_times() -> None:
    transcript = fold(heard("late", 5000, 5900, 2), heard("early", 0, 900, 1), heard("between", 3000, number=3))
    assert [one.text for one in transcript.sentences] == ["early", "between", "late"]


def test_words_without_times_stand_where_their_sentence_does() -> None:
    bare = [{"text": "one", "begin_time": None, "end_time": None}, {"text": "two", "begin_time": 700}]
    transcript = fold(heard("one two", 500, 1500, words=bare))
    assert [(word.start, word.end) for word in transcript.finals[0].words] == [(0.5, 0.5), (0.7, 0.7)]


def test_a_sentence_without_words_stands_as_one_word() -> None:
    transcript = fold(heard("今天天气好。", 500, 1500, words=None, speaker_id=3))
    (word,) = transcript.finals[0].words
    assert (word.text, word.start, word.end, word.speaker) == ("今天天气好。", 0.5, 1.5, "3")


def test_words_carry_mark_confidence_and_speaker() -> None:
    said = [
        {"text": "one", "begin_time": 0, "end_time": 9, "punctuation": ",", "confidence": 0.5, "speaker_id": "b"},
        {"text": "two", "begin_time": 9, "end_time": 20, "punctuation": None},
    ]
    first, second = fold(heard("one, two", 0, 20, words=said, speaker_id="a")).settled[0].words
    assert (first.punctuation, first.confidence, first.speaker) == (",", 0.5, "b")
    assert (second.punctuation, second.confidence, second.speaker) == ("", None, "a")


def test_a_sentence_without_text_is_made_of_its_words() -> None:
    said = [
        {"text": "今天", "begin_time": 0, "end_time": 9},
        {"text": "好", "begin_time": 9, "end_time": 20, "punctuation": "。"},
    ]
    assert fold(heard("", 0, 20, words=said)).text == "今天好。"


@pytest.mark.parametrize("time", [10**400, -(10**400), 1e308, -5, "nan", "inf", "12"], ids=lambda time: str(time)[:6])
def test_a_time_that_means_nothing_does_not_end_the_run(time: Any) -> None:
    transcript = fold(heard("odd", 0, 900, 1, begin_time=time), heard("one", 2000, 2900, 2))
    assert "one" in transcript.text


# -------------------------------------------------------------------------------------------------- tasks and pauses


def sent(position: float, seconds: float, task: str = "t") -> Audio:
    return Audio(1.0, task, position, seconds)


def told(*words: tuple[str, int, int], number: int = 1, task: str = "t") -> Received:
    """A final of these words: text, begin, end."""
    spans = [{"text": text, "begin_time": begin, "end_time": end, "punctuation": ""} for text, begin, end in words]
    text = " ".join(word[0] for word in words)
    return heard(text, words[0][1], words[-1][2], number, task, words=spans)


LOST = Disconnected(2.0, "t", "reset")


def test_what_is_heard_again_has_the_id_that_it_had() -> None:
    before = sent(0, 3), heard("one", 0, 900), heard("tw", 1000, number=2)
    transcript = fold(*before, LOST, Resumed(3.0, "u", 0.6, 2), sent(0.6, 3, "u"), heard("two", 400, 1300, 1, "u"))
    assert spans(transcript) == [(1, "one", 0.0, 0.9, True), (2, "two", 1.0, 1.9, True)]


def test_several_attempts_in_a_row_take_no_ids() -> None:
    records: list[KnownRecord] = [sent(0, 3), heard("one", 0, 900), heard("tw", 1000, number=2)]
    for number, task in enumerate("uvw", 2):
        records += [LOST, Resumed(3.0, task, 0.6, number), heard("tw", 400, None, 1, task)]
    assert [(one.id, one.text) for one in fold(*records).sentences] == [(1, "one"), (2, "tw")]


def test_a_partial_that_was_corrected_lends_its_id_to_nobody_and_its_correction_to_what_is_heard_again() -> None:
    partial = heard("tow", 1000, None, 2, words=[{"text": "tow", "begin_time": 1000, "end_time": 1300}])
    change = Correction("replace", 2, (Word("tow", 1.0, 1.3),), (Word("two", 1.0, 1.3),))
    transcript = fold(
        sent(0, 3),
        heard("one", 0, 900),
        partial,
        Corrected(1.5, change.plain),
        LOST,
        Resumed(3.0, "u", 0.6, 2),
        sent(0.6, 3, "u"),
        told(("tow", 400, 700), ("three", 700, 1000), task="u"),
    )
    assert [(one.id, one.text) for one in transcript.sentences] == [(1, "one"), (3, "two three")]
    transcript.apply(Corrected(4.0, Correction("undo").plain))
    assert transcript.sentences[-1].text == "tow three"


def test_a_correction_of_what_was_settled_outlasts_a_loss() -> None:
    change = Correction("replace", 1, (Word("one", 0.0, 0.9),), (Word("won", 0.0, 0.9),))
    transcript = fold(
        sent(0, 3),
        heard("one", 0, 900),
        Corrected(1.5, change.plain),
        LOST,
        Resumed(3.0, "u", 0.6, 2),
        sent(0.6, 3, "u"),
        told(("one", 0, 290), ("two", 400, 900), task="u"),
    )
    assert [(one.id, one.text) for one in transcript.sentences] == [(1, "won"), (2, "two")]


def test_words_that_come_twice_are_dropped_and_the_rest_of_their_sentence_stays() -> None:
    before = sent(0, 9), told(("one", 4000, 4500), ("two", 4500, 5000)), LOST, Resumed(3.0, "u", 4.7, 2)
    again = told(("two", 0, 290), ("three", 300, 800), ("four", 800, 1300), task="u")
    (first, second) = fold(*before, sent(4.7, 9, "u"), again).sentences
    assert (first.text, second.text) == ("one two", "three four")
    assert (second.id, second.start, second.end) == (2, 5.0, 6.0)
    assert [(word.text, word.start) for word in second.words] == [("three", 5.0), ("four", 5.5)]


def test_a_sentence_of_which_all_was_settled_leaves_no_trace_not_even_its_partials() -> None:
    before = sent(0, 9), told(("one", 4000, 4500), ("two", 4500, 5000)), LOST, Resumed(3.0, "u", 4.7, 2)
    partial = heard("two", 0, None, 1, "u", words=[{"text": "two", "begin_time": 0, "end_time": None}])
    transcript = fold(*before, sent(4.7, 9, "u"), partial)
    assert transcript.text == "one two two", "it may go on, and is shown until it is known to end"
    transcript.apply(told(("two", 0, 290), task="u"))
    assert [(one.id, one.text) for one in transcript.sentences] == [(1, "one two")]
    transcript.apply(heard("three", 1000, 1900, 2, "u"))
    assert [one.text for one in transcript.sentences] == ["one two", "three"]


def test_times_that_run_ahead_of_the_audio_settle_nothing_that_was_not_sent() -> None:
    """Words of the next task that lie behind what was sent when they settled are new, whatever was said of the end."""
    ahead = sent(0, 3), heard("one", 4000, 5000), sent(3, 6)
    transcript = fold(*ahead, LOST, Resumed(3.0, "u", 2.7, 2), sent(2.7, 9, "u"), heard("two", 800, 1200, 1, "u"))
    assert transcript.text == "two one"
    assert fold(*ahead).final_until == 3.0


def test_silence_in_a_pause_is_no_part_of_the_clip() -> None:
    transcript = fold(
        sent(0, 1),
        Silence(2.0, "t", 1.0, 1.0),
        Silence(3.0, "t", 1.0, 0.5),
        sent(1, 2),
        heard("one", 2600, 3000, 1),
        Received.of(4.0, "t", b'{"header":{"event":"task-finished"},"payload":{"usage":{"duration":5}}}'),
    )
    assert spans(transcript) == [(1, "one", 1.1, 1.5, True)]
    assert transcript.sent_until == 3.0
    assert transcript.usage == Usage(sent=4.5, silence=1.5, heard=3.0, billed=5)


def test_a_gap_that_is_heard_after_all_is_none() -> None:
    gaps = Gap(2.0, 1.0, 2.0, "out of reach"), Gap(3.0, 4.0, 6.0, "the run failed")
    transcript = fold(sent(0, 6), *gaps, RunEnded(3.0, "failed", "ConnectionLost: gone"))
    assert transcript.gaps == list(gaps)
    transcript.apply(Resumed(4.0, "u", 3.7, 2))
    assert transcript.gaps == [gaps[0]]
    assert (transcript.end, transcript.state) == (None, "reconnecting")


# ----------------------------------------------------------------------------------------------- state and the rest


def test_the_state_follows_the_run() -> None:
    transcript = Transcript(RUN)
    seen = [transcript.state]
    finish = Sent(5.0, "t", Raw(encode_command(FinishTask("t")).encode()))
    start = Sent(0.0, "t", Raw(encode_command(RunTask("t", "m")).encode()))
    for record in (
        run(),
        start,
        event("task-started"),
        heard("one", 0),
        Disconnected(1.0, "t", "reset"),
        Resumed(2.0, "u", 0.0, 2),
        event("task-started", task="u"),
        finish,
        heard("one", 0, 900, 1, "u"),
        event("task-finished", task="u"),
        RunEnded(9.0, "finished"),
    ):
        transcript.apply(record)
        if transcript.state != seen[-1]:
            seen.append(transcript.state)
    assert seen == ["connecting", "streaming", "reconnecting", "streaming", "finishing", "finished"]
    assert transcript.end == RunEnded(9.0, "finished")


def test_how_far_audio_was_sent_gaps_and_engine() -> None:
    transcript = fold(
        Connected(0.1, "t", "pocketsphinx"),
        Audio(1.0, "t", 2.0, 0.5),
        Audio(1.1, "t", 2.5, 0.25),
        Audio(1.2, "u", 2.0, 0.1),
        Gap(2.0, 3.0, 4.0, "lost"),
        Connected(0.1, "u"),
        start=2.0,
    )
    assert transcript.sent_until == 2.75
    assert transcript.gaps == [Gap(2.0, 3.0, 4.0, "lost")]
    assert transcript.engine == "pocketsphinx"


def test_before_anything_was_heard_there_is_an_empty_text() -> None:
    assert (Transcript(RUN).text, Transcript(RUN).sentences, Transcript(RUN).settled_until) == ("", [], 0.0)
    assert fold(start=7.0).final_until == 7.0


def test_a_loaded_recording_gives_what_the_live_run_gave() -> None:
    records = [
        run(3.0),
        event("task-started"),
        Peaks(1.0, 3.0, 0.01, bytes(range(40))),
        heard("one", 0),
        heard("one", 0, 900),
        Disconnected(2.0, "t", "reset"),
        Resumed(3.0, "u", 4.0, 2),
        heard("今天", 0, 900, 1, "u"),
        heard("two", 950, None, 2, "u"),
    ]
    file = io.BytesIO()
    live, loaded, writer = Transcript(RUN), Transcript(RUN), Appender(file)
    for record in records:
        live.apply(record)
        writer.append(record)
    file.seek(0)
    for record in read(file):
        loaded.apply(record)
    assert loaded.sentences == live.sentences
    assert (loaded.text, loaded.state, loaded.run) == (live.text, live.state, live.run)
    assert loaded.waveform.data == live.waveform.data


# --------------------------------------------------------------------------------------------------- other threads


class _Watched(dict[Any, Any]):
    """What is open, looked at in the midst of every change of it."""

    look: Callable[[], None]

    def pop(self, *key: Any) -> Any:
        try:
            return super().pop(*key)
        finally:
            self.look()

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self.look()


def test_a_reader_without_a_lock_never_misses_a_sentence() -> None:
    transcript = fold(heard("one", 0, 900), heard("two", 1000, None, 2))
    seen: list[list[int]] = []
    transcript._open = _Watched(transcript._open)
    transcript._open.look = lambda: seen.append([sentence.id for sentence in transcript.recognised])
    transcript.apply(heard("two three", 1000, None, 2))
    transcript.apply(heard("two three", 1000, 1900, 2))
    assert len(seen) >= 2
    assert all(ids == [1, 2] for ids in seen)


@pytest.mark.parametrize("reads", ["open", "settled"])
def test_a_sentence_that_settles_between_two_looks_of_a_reader_is_there_once(reads: str) -> None:
    """Right after the reader has looked at what is open, or at what has settled."""
    final = heard("two", 1000, 1900, 2)

    class Settling(Transcript):
        @property
        def open(self) -> list[Sentence]:
            opened = super().open
            if reads == "open":
                self.apply(final)
            return opened

    class Settled(list[Sentence]):
        def __iter__(self) -> Iterator[Sentence]:
            found = list(self[:])
            if reads == "settled":
                transcript.apply(final)
            return iter(found)

    transcript = Settling()
    for record in (run(), heard("one", 0, 900), heard("two", 1000, None, 2)):
        transcript.apply(record)
    transcript.finals = Settled(transcript.finals)
    assert [(sentence.id, sentence.is_final) for sentence in transcript.recognised] == [(1, True), (2, reads == "open")]


@pytest.mark.parametrize(("engine", "said"), [("pocketsphinx", "English only"), ("scripted", "nothing is recognised")])
def test_a_person_is_told_what_an_embedded_engine_is_worth(engine: str, said: str) -> None:
    assert said in engine_notice(engine)
    assert engine_notice(None) == engine_notice("another") == ""


# ---------------------------------------------------------------------------------------------------------- waveform


def test_pieces_of_the_waveform_lie_at_their_place() -> None:
    waveform = Waveform()
    waveform.write(12.0, b"\x01\x02" * 10)
    waveform.write(12.1, b"\x03\x04" * 10)
    assert (waveform.start, len(waveform)) == (12.0, 20)
    assert bytes(waveform.data) == b"\x01\x02" * 10 + b"\x03\x04" * 10


def test_a_hole_in_the_waveform_is_flat_and_what_comes_again_lies_over_itself() -> None:
    waveform = Waveform()
    waveform.write(0.0, b"\x01\x02" * 3)
    waveform.write(0.05, b"\x05\x06")
    waveform.write(0.01, b"\x07\x08")
    assert bytes(waveform.data) == b"\x01\x02\x07\x08\x01\x02\x00\x00\x00\x00\x05\x06"
