"""How far a clip has come, and how fast it goes: both know of all the tasks that it takes."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from servers import result as told

from paraformer_nb.client.pacer import Pacer
from paraformer_nb.client.progress import Progress
from paraformer_nb.dashscope.messages import Event, ResultGeneratedEvent, TaskStartedEvent, decode_event


def heard(*words: str, number: int | None = 1, final: bool = True, **more: Any) -> Event:
    """A sentence of words of 100 ms; sentence 1 begins at 0 s, sentence 2 at 1 s of its task."""
    return decode_event(told("t", *words, number=number or 1, final=final, **{"sentence_id": number} | more).encode())


class Clip:
    """A clip on its way, as a session and its conversations have it go."""

    def __init__(self, start: float = 0.0) -> None:
        self.progress = Progress(start)
        self.connect()

    def connect(self, at: float | None = None) -> None:
        """Another task."""
        self.progress.attempt_anew()
        self.clock = self.progress.begin(self.progress.resume_at if at is None else at)

    def send(self, until: float) -> None:
        self.progress.sent = max(self.progress.sent, until)

    def take(self, event: Event) -> Any:
        taken = self.progress.take(event, self.clock)
        return taken.sentence if isinstance(taken, ResultGeneratedEvent) else taken


# ---------------------------------------------------------------------------------------------- where a clip stands


def test_only_what_is_final_is_settled() -> None:
    clip = Clip()
    clip.send(5.0)
    clip.take(heard("one", "two", final=False))
    assert clip.progress.settled == 0.0
    clip.take(heard("one", "two"))
    assert clip.progress.settled == pytest.approx(0.2)


def test_a_task_begins_just_before_the_end_of_what_is_settled_and_never_before_the_part() -> None:
    clip = Clip(start=60.0)
    assert clip.progress.resume_at == 60.0
    clip.send(70.0)
    clip.take(heard("one", "two", number=1))
    assert clip.progress.resume_at == 60.0, "0.3 s before its end lies before the part"
    clip.take(heard("one", "two", "three", number=4))
    assert clip.progress.resume_at == pytest.approx(60 + 3.3 - 0.3)


def test_times_that_run_ahead_of_the_audio_settle_nothing_that_was_not_sent() -> None:
    clip = Clip()
    clip.send(2.0)
    clip.take(heard("one", "two", number=9))  # at 8 s, says the service
    assert clip.progress.settled == 2.0
    clip.send(20.0)
    assert clip.progress.resume_at == pytest.approx(1.7)


@pytest.mark.parametrize("time", [10**400, -5, 1e300, None], ids=lambda time: str(time)[:5])
def test_times_that_mean_nothing_settle_nothing(time: Any) -> None:
    clip = Clip()
    clip.send(5.0)
    assert clip.take(heard("one", begin_time=time, end_time=time, words=None, sentence_end=True)).text == "one"
    assert clip.progress.settled == 0.0


def test_what_was_settled_before_is_told_once_and_settles_nothing_new() -> None:
    clip = Clip()
    clip.send(5.0)
    clip.take(heard("one", "two", number=2))
    clip.connect()
    attempt = clip.progress.attempt
    again = heard("two", words=[{"begin_time": 0, "end_time": 250, "text": "two", "punctuation": ""}], end_time=250)
    assert clip.take(again) is None
    assert (clip.progress.attempt, clip.progress.settled) == (attempt, pytest.approx(1.2))


def test_attempts_count_in_a_row_until_something_new_is_settled() -> None:
    clip = Clip()
    clip.send(5.0)
    clip.connect()
    clip.connect()
    assert (clip.progress.attempt, clip.progress.attempts) == (3, 3)
    clip.take(heard("one"))
    assert (clip.progress.attempt, clip.progress.attempts) == (0, 3)
    clip.take(heard("one"))  # the same again is nothing new
    clip.connect()
    assert (clip.progress.attempt, clip.progress.attempts) == (1, 4)


def test_what_is_out_of_reach_is_not_asked_for_again() -> None:
    clip = Clip()
    clip.send(300.0)
    clip.progress.skip_to(180.0)
    assert clip.progress.resume_at == pytest.approx(179.7)


# ------------------------------------------------------------------------------------------------- what events become


def test_sentences_are_counted_on_over_all_tasks() -> None:
    clip = Clip()
    clip.send(9.0)
    ids = [clip.take(heard("one", number=number)).sentence_id for number in (1, 2)]
    clip.connect(2.0)
    ids += [clip.take(heard("one", number=number, final=number == 1)).sentence_id for number in (1, 2)]
    clip.connect(4.0)
    ids += [clip.take(heard("one", number=1)).sentence_id]
    assert ids == [1, 2, 3, 4, 5]


def test_a_service_without_ids_is_left_without() -> None:
    clip = Clip()
    clip.send(9.0)
    clip.take(heard("one", number=None))
    clip.connect(2.0)
    sentence = clip.take(heard("two", number=None))
    assert (sentence.sentence_id, sentence.begin_time) == (None, 2000)


def test_other_events_and_heartbeats_pass_as_they_are() -> None:
    clip = Clip()
    clip.send(9.0)
    clip.connect(5.0)
    beat = heard(number=1, final=False, heartbeat=True)
    assert clip.progress.take(beat, clip.clock) is beat
    started = TaskStartedEvent("t")
    assert clip.progress.take(started, clip.clock) is started


# -------------------------------------------------------------------------------------------------------------- pace


def paced(*positions: float, pace: float = 1.0, stopped: bool = False) -> list[float]:
    """When each block was let go, in seconds after the first, on a clock that only waiting moves."""

    async def main() -> list[float]:
        stop = asyncio.Event()
        if stopped:
            stop.set()
        pacer = Pacer(pace, stop)
        times = []
        for position in positions:
            await pacer.wait(position)
            times.append(time.monotonic())
        return [each - times[0] for each in times]

    return asyncio.run(main())


@pytest.mark.parametrize("pace", [10.0, 40.0])
def test_blocks_go_no_faster_than_the_pace(pace: float) -> None:
    times = paced(5.0, 5.5, 6.0, 6.5, pace=pace)  # a resumed run begins somewhere
    assert all(time >= (n * 0.5) / pace - 0.002 for n, time in enumerate(times))


def test_what_is_behind_its_time_goes_at_once() -> None:
    """After a loss: an hour is sent again, and does not take an hour."""
    assert paced(3600.0, *range(3600))[-1] < 30


def test_a_stop_lets_everything_go() -> None:
    assert paced(0.0, 3600.0, stopped=True)[-1] < 30
