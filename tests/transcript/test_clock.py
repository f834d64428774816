"""A task's clock on the run's: shifted, without the pauses that are no part of the clip, without what comes twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.dashscope.messages import SentenceResult, WordResult
from paraformer_nb.transcript.clock import TaskClock, last_time


def result(*spans: tuple[Any, Any], text: str = "", **more: Any) -> SentenceResult:
    """A final of words a, b, c ... at these spans of milliseconds, from the first's begin to the last's end."""
    words = [WordResult(begin, end, chr(97 + n), "") for n, (begin, end) in enumerate(spans)]
    told = {"begin_time": spans[0][0], "end_time": spans[-1][1], "sentence_end": True}
    return SentenceResult(text=text or " ".join(word.text or "" for word in words), words=words, **told | more)


def placed(clock: TaskClock, *spans: tuple[Any, Any], **more: Any) -> Any:
    """Where a clock puts a sentence, and the words of it: text, begin, end; None where nothing is left."""
    put = clock.to_run_time(result(*spans, **more))
    if put is None:
        return None
    words = [(word.text, word.begin_time, word.end_time) for word in put.words or ()]
    return put.text, put.begin_time, put.end_time, words


# ------------------------------------------------------------------------------------------------------------- places


def test_a_task_that_begins_with_the_run_keeps_its_times() -> None:
    told = result((100, 900), (900, 1500))
    assert TaskClock().to_run_time(told) is told


@pytest.mark.parametrize("begins", [1.5, 4.35, 1234.56, 86_399.99])
def test_a_task_that_begins_later_counts_from_there(begins: float) -> None:
    by = round(begins * 1000)
    assert placed(TaskClock(begins), (0, 100), (100, 350)) == (
        "a b",
        by,
        by + 350,
        [("a", by, by + 100), ("b", by + 100, by + 350)],
    )


def test_whole_milliseconds_stay_whole_and_others_keep_their_fraction() -> None:
    (_, begin, end, _) = placed(TaskClock(0.1 + 0.2), (0, 100.5))
    assert (begin, type(begin), end) == (300, int, 400.5)


def test_a_partial_s_open_end_stays_open() -> None:
    put = TaskClock(2.0).to_run_time(result((0, 100), (100, None), end_time=None, sentence_end=False))
    assert put is not None
    assert (put.end_time, [word.end_time for word in put.words or ()]) == (None, [2100, None])


def test_a_sentence_that_does_not_say_when_it_began_began_with_its_task() -> None:
    put = TaskClock(30.0, 29.0).to_run_time(result((None, None), begin_time=None, end_time=None))
    assert put is not None
    assert put.begin_time == 30_000


# ------------------------------------------------------------------------------------------------------------ pauses


def paused(*parts: tuple[str, float]) -> TaskClock:
    """A clock of a task that was sent these parts: "clip" or "pause", and seconds."""
    clock = TaskClock()
    for kind, seconds in parts:
        (clock.hear if kind == "clip" else clock.pause)(seconds)
    return clock


@pytest.mark.parametrize(
    ("told", "meant"),
    [(500, 500), (1000, 1000), (1500, 1000), (3000, 1000), (3200, 1200), (4000, 2000), (4500, 2000), (5100, 2100)],
)
def test_silence_that_was_sent_in_pauses_is_no_part_of_the_clip(told: int, meant: int) -> None:
    """1 s of the clip, 2 s of silence, 1 s of the clip, 1 s of silence, the clip; what lies in silence is its place."""
    clock = paused(("clip", 1), ("pause", 2), ("clip", 1), ("pause", 1), ("clip", 9))
    assert placed(clock, (told, told + 10))[1] == meant


def test_a_word_that_goes_on_over_a_pause_is_as_long_as_it_was_in_the_clip() -> None:
    clock = paused(("clip", 1), ("pause", 5), ("clip", 1))
    assert placed(clock, (800, 6300))[1:3] == (800, 1300)


def test_a_long_pause_costs_no_more_than_a_short_one() -> None:
    """A pause of hours comes in hundreds of thousands of pieces, each word's time would be sought among them all."""
    clock = paused(("clip", 0.3), *[("pause", 0.1)] * 36_000, ("clip", 1))
    assert len(clock._silences) == 1
    assert placed(clock, (3_600_400, 3_600_500))[1:3] == (400, 500)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.sampled_from(["clip", "pause"]), st.integers(1, 40)), max_size=25), st.integers(0, 99_000))
def test_pauses_are_taken_out_one_by_one(parts: list[tuple[str, int]], time: int) -> None:
    """Beside the plain way: count what lies before the moment and belongs to the clip."""
    clock = paused(*((kind, tenths / 10) for kind, tenths in parts))
    at = meant = 0
    for kind, tenths in parts:
        meant += max(0, min(time - at, tenths * 100)) if kind == "clip" else 0
        at += tenths * 100
    meant += max(0, time - at)
    assert placed(clock, (time, time))[1] == pytest.approx(meant, abs=0.01)


# ------------------------------------------------------------------------------------------------ what comes twice


def test_what_earlier_tasks_have_settled_is_dropped() -> None:
    clock = TaskClock(9.7, 10.0)  # the task begins 0.3 s before the end of what is settled
    assert placed(clock, (0, 280)) is None
    assert placed(clock, (0, 280), (290, 900)) == ("b", 9990, 10_600, [("b", 9990, 10_600)])
    assert placed(clock, (400, 900)) == ("a", 10_100, 10_600, [("a", 10_100, 10_600)])


@pytest.mark.parametrize(("span", "stays"), [((250, 340), False), ((250, 360), True), ((0, 600), False)])
def test_a_word_across_the_border_belongs_where_its_middle_lies(span: tuple[int, int], stays: bool) -> None:
    assert (placed(TaskClock(9.7, 10.0), span) is not None) == stays


def test_a_trimmed_sentence_reads_as_what_is_left_of_it() -> None:
    words = [WordResult(0, 200, "one", ","), WordResult(400, 600, "two", ","), WordResult(600, 900, "three", ".")]
    sentence = SentenceResult(0, 900, "One, two, three.", words, True)
    put = TaskClock(9.7, 10.0).to_run_time(sentence)
    assert put is not None
    assert (put.text, put.begin_time, put.end_time) == ("two, three.", 10_100, 10_600)


def test_a_trimmed_sentence_in_chinese_has_no_spaces() -> None:
    words = [WordResult(0, 200, "今天", ""), WordResult(400, 600, "天气", ""), WordResult(600, 900, "好", "。")]
    put = TaskClock(9.7, 10.0).to_run_time(SentenceResult(0, 900, "今天天气好。", words, True))
    assert put is not None
    assert put.text == "天气好。"


def test_a_sentence_without_words_is_kept_or_dropped_by_its_own_middle() -> None:
    clock = TaskClock(9.7, 10.0)
    assert clock.to_run_time(SentenceResult(0, 280, "old", None, True)) is None
    assert clock.to_run_time(SentenceResult(100, 2000, "new", None, True)) is not None


def test_a_final_without_an_end_comes_twice_where_it_began() -> None:
    """The vendor's page shows one; its words, too, may have no end."""
    clock = TaskClock(9.7, 10.0)
    assert placed(clock, (250, None), end_time=None) is None
    assert placed(clock, (250, None), end_time=None, sentence_end=False) is not None, "a partial's word is still open"


def test_pauses_do_not_move_what_is_settled() -> None:
    clock = TaskClock(9.7, 10.0)
    clock.add_audio(0.5)
    clock.add_silence(60.0)
    assert placed(clock, (0, 280)) is None
    assert placed(clock, (60_600, 60_900))[1:3] == (10_300, 10_600)


# ----------------------------------------------------------------------------------------------------------- nonsense

NONSENSE = [-1, -(10**400), 10**400, 1e300, 1e12, 10**13]


@pytest.mark.parametrize("time", NONSENSE, ids=lambda time: str(time)[:6])
def test_what_is_no_moment_stays_as_it_is(time: Any) -> None:
    clock = TaskClock(9.7, 10.0)
    clock.add_silence(1.0)
    put = clock.to_run_time(result((time, time), (2000, time), (time, 2500)))
    assert put is not None
    assert [word.begin_time for word in put.words or ()] == [time, 10_700, time]


@pytest.mark.parametrize("time", [*NONSENSE, None], ids=lambda time: str(time)[:6])
def test_the_last_time_that_a_result_speaks_of(time: Any) -> None:
    assert last_time(result((100, 200), (200, 300), end_time=time)) == 300
    assert last_time(result((100, 200), (200, 300), end_time=350)) == 350
    assert last_time(result((100, time), begin_time=time, end_time=time)) == 100
    assert last_time(SentenceResult(time, time, "one")) == 0
