"""A task's times on the run's clock: shifted, without silence that is not part of the clip, without repetitions."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.dashscope.messages import SentenceResult, WordResult
from paraformer_nb.transcript.clock import TaskClock, last_time


def result(*spans: tuple[Any, Any], text: str = "", **more: Any) -> SentenceResult:
    """A final of words a, b, c ... at these spans of milliseconds, from the first's begin to the last's end."""
    words = [WordResult(begin, end, chr(97 + n), "") for n, (begin, end) in enumerate(spans)]
    whole = {"begin_time": spans[0][0], "end_time": spans[-1][1], "sentence_end": True}
    return SentenceResult(text=text or " ".join(word.text or "" for word in words), words=words, **whole | more)


def converted(clock: TaskClock, *spans: tuple[Any, Any], **more: Any) -> Any:
    """A sentence on the run's clock: text, begin, end, and its words (text, begin, end); None where none is left."""
    on_run = clock.to_run_time(result(*spans, **more))
    if on_run is None:
        return None
    words = [(word.text, word.begin_time, word.end_time) for word in on_run.words or ()]
    return on_run.text, on_run.begin_time, on_run.end_time, words


# ---------------------------------------------------------------------------------------------------------- positions


def test_a_task_that_begins_with_the_run_keeps_its_times() -> None:
    received = result((100, 900), (900, 1500))
    assert TaskClock().to_run_time(received) is received


@pytest.mark.parametrize("start", [1.5, 4.35, 1234.56, 86_399.99])
def test_a_task_that_begins_later_counts_from_its_start(start: float) -> None:
    by = round(start * 1000)
    assert converted(TaskClock(start), (0, 100), (100, 350)) == (
        "a b",
        by,
        by + 350,
        [("a", by, by + 100), ("b", by + 100, by + 350)],
    )


def test_whole_milliseconds_stay_whole_and_others_keep_their_fraction() -> None:
    (_, begin, end, _) = converted(TaskClock(0.1 + 0.2), (0, 100.5))
    assert (begin, type(begin), end) == (300, int, 400.5)


def test_a_partial_without_an_end_has_none_on_the_run_s_clock() -> None:
    on_run = TaskClock(2.0).to_run_time(result((0, 100), (100, None), end_time=None, sentence_end=False))
    assert on_run is not None
    assert (on_run.end_time, [word.end_time for word in on_run.words or ()]) == (None, [2100, None])


def test_a_sentence_without_a_begin_time_begins_with_its_task() -> None:
    on_run = TaskClock(30.0, 29.0).to_run_time(result((None, None), begin_time=None, end_time=None))
    assert on_run is not None
    assert on_run.begin_time == 30_000


# ------------------------------------------------------------------------------------------------------------ pauses


def paused(*parts: tuple[str, float]) -> TaskClock:
    """A clock of a task that was sent these parts: "clip" or "pause", and seconds."""
    clock = TaskClock()
    for kind, seconds in parts:
        (clock.add_audio if kind == "clip" else clock.add_silence)(seconds)
    return clock


@pytest.mark.parametrize(
    ("time", "expected"),
    [(500, 500), (1000, 1000), (1500, 1000), (3000, 1000), (3200, 1200), (4000, 2000), (4500, 2000), (5100, 2100)],
)
def test_silence_that_was_sent_in_pauses_is_not_part_of_the_clip(time: int, expected: int) -> None:
    """1 s of the clip, 2 s of silence, 1 s of the clip, 1 s of silence, the clip; a time in silence is its start."""
    clock = paused(("clip", 1), ("pause", 2), ("clip", 1), ("pause", 1), ("clip", 9))
    assert converted(clock, (time, time + 10))[1] == expected


def test_a_word_that_spans_a_pause_is_as_long_as_it_is_in_the_clip() -> None:
    clock = paused(("clip", 1), ("pause", 5), ("clip", 1))
    assert converted(clock, (800, 6300))[1:3] == (800, 1300)


def test_a_long_pause_costs_no_more_than_a_short_one() -> None:
    """A pause of hours is sent in hundreds of thousands of blocks; a word's time is not looked up in all of them."""
    clock = paused(("clip", 0.3), *[("pause", 0.1)] * 36_000, ("clip", 1))
    short = paused(("clip", 0.3), ("pause", 0.1), ("clip", 1))
    assert len(pickle.dumps(clock)) == len(pickle.dumps(short)), "it keeps one silence, however many were sent"
    assert converted(clock, (3_600_400, 3_600_500))[1:3] == (400, 500)


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.sampled_from(["clip", "pause"]), st.integers(1, 40)), max_size=25), st.integers(0, 99_000))
def test_pauses_are_subtracted_one_by_one(parts: list[tuple[str, int]], time: int) -> None:
    """Against the simplest way: add up the parts of the clip before the time."""
    clock = paused(*((kind, tenths / 10) for kind, tenths in parts))
    position = expected = 0
    for kind, tenths in parts:
        expected += max(0, min(time - position, tenths * 100)) if kind == "clip" else 0
        position += tenths * 100
    expected += max(0, time - position)
    assert converted(clock, (time, time))[1] == pytest.approx(expected, abs=0.01)


# ------------------------------------------------------------------------------------------------ repetitions


def test_what_is_final_from_earlier_tasks_is_dropped() -> None:
    clock = TaskClock(9.7, 10.0)  # the task begins 0.3 s before the end of the last final
    assert converted(clock, (0, 280)) is None
    assert converted(clock, (0, 280), (290, 900)) == ("b", 9990, 10_600, [("b", 9990, 10_600)])
    assert converted(clock, (400, 900)) == ("a", 10_100, 10_600, [("a", 10_100, 10_600)])


@pytest.mark.parametrize(("span", "is_kept"), [((250, 340), False), ((250, 360), True), ((0, 600), False)])
def test_a_word_across_the_boundary_is_kept_where_its_middle_is_new(span: tuple[int, int], is_kept: bool) -> None:
    assert (converted(TaskClock(9.7, 10.0), span) is not None) == is_kept


def test_a_trimmed_sentence_has_the_text_of_the_words_that_are_left() -> None:
    words = [WordResult(0, 200, "one", ","), WordResult(400, 600, "two", ","), WordResult(600, 900, "three", ".")]
    sentence = SentenceResult(0, 900, "One, two, three.", words, True)
    on_run = TaskClock(9.7, 10.0).to_run_time(sentence)
    assert on_run is not None
    assert (on_run.text, on_run.begin_time, on_run.end_time) == ("two, three.", 10_100, 10_600)


def test_a_trimmed_sentence_in_chinese_has_no_spaces() -> None:
    words = [WordResult(0, 200, "今天", ""), WordResult(400, 600, "天气", ""), WordResult(600, 900, "好", "。")]
    on_run = TaskClock(9.7, 10.0).to_run_time(SentenceResult(0, 900, "今天天气好。", words, True))
    assert on_run is not None
    assert on_run.text == "天气好。"


def test_a_sentence_without_words_is_kept_or_dropped_by_its_own_middle() -> None:
    clock = TaskClock(9.7, 10.0)
    assert clock.to_run_time(SentenceResult(0, 280, "old", None, True)) is None
    assert clock.to_run_time(SentenceResult(100, 2000, "new", None, True)) is not None


def test_a_final_without_an_end_is_a_repetition_if_its_begin_is() -> None:
    """The vendor's page shows one; its words, too, may have no end."""
    clock = TaskClock(9.7, 10.0)
    assert converted(clock, (250, None), end_time=None) is None
    assert converted(clock, (250, None), end_time=None, sentence_end=False) is not None, (
        "a partial's word has not ended"
    )


def test_pauses_do_not_move_what_is_final() -> None:
    clock = TaskClock(9.7, 10.0)
    clock.add_audio(0.5)
    clock.add_silence(60.0)
    assert converted(clock, (0, 280)) is None
    assert converted(clock, (60_600, 60_900))[1:3] == (10_300, 10_600)


# ------------------------------------------------------------------------------------------------------ invalid times

INVALID = [-1, -(10**400), 10**400, 1e300, 1e12, 10**13]


@pytest.mark.parametrize("time", INVALID, ids=lambda time: str(time)[:6])
def test_an_invalid_time_stays_as_it_is(time: Any) -> None:
    clock = TaskClock(9.7, 10.0)
    clock.add_silence(1.0)
    on_run = clock.to_run_time(result((time, time), (2000, time), (time, 2500)))
    assert on_run is not None
    assert [word.begin_time for word in on_run.words or ()] == [time, 10_700, time]


@pytest.mark.parametrize("time", [*INVALID, None], ids=lambda time: str(time)[:6])
def test_the_latest_time_in_a_result(time: Any) -> None:
    assert last_time(result((100, 200), (200, 300), end_time=time)) == 300
    assert last_time(result((100, 200), (200, 300), end_time=350)) == 350
    assert last_time(result((100, time), begin_time=time, end_time=time)) == 100
    assert last_time(SentenceResult(time, time, "one")) == 0
