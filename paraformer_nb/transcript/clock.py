"""A task's own clock, and how its times map to the run's.

A task counts milliseconds of the audio that it was sent. A run may take several tasks, each starting at another
position of the clip and recognising again what was not final; and a task may be sent silence that is not part of the
clip.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, NamedTuple, TypeGuard

from msgspec.structs import replace

from ..dashscope.messages import SentenceResult
from ..journal.records import Audio, Record, Resumed, RunStarted
from ..text import join

_MAX_TIME = 1e12  # ms; over thirty years


def is_time(time: Any) -> TypeGuard[float]:
    """Whether a value is a plausible number of milliseconds: a service may send anything."""
    return time is not None and 0 <= time < _MAX_TIME


def last_time(result: SentenceResult) -> float:
    """The latest time in a result, in its own milliseconds; 0 where it has none."""
    times = [result.begin_time, result.end_time]
    times += [time for word in result.words or () for time in (word.begin_time, word.end_time)]
    return max((time for time in times if is_time(time)), default=0)


def first_word_time(result: SentenceResult) -> float | None:
    """The earliest time of a result's words, in its own milliseconds; None where they have none."""
    return min((word.begin_time for word in result.words or () if is_time(word.begin_time)), default=None)


def position_after(record: Record, position: float) -> float:
    """The position up to which the clip has been sent, on the attempt that goes on, after a record; `position`: before
    it."""
    match record:
        case Audio():
            return record.position + record.seconds
        case Resumed():
            return record.position
        case RunStarted():
            return record.start
    return position


class _Silence(NamedTuple):
    """Where silence begins and ends in a task's audio, and the total silence before it (ms)."""

    begin: float
    end: float
    before: float


class TaskClock:
    """One task's clock.

    Args:
        start: seconds from the run's start at which the task's audio begins.
        final_until: seconds from the run's start up to which earlier tasks' results are final; what this task
            recognises before that is a repetition.
    """

    def __init__(self, start: float = 0.0, final_until: float = 0.0) -> None:
        self._start = _rounded(start * 1000)  # ms, as everything below
        self._final_until = final_until * 1000
        self._sent = 0.0
        self._silences: list[_Silence] = []

    def add_audio(self, seconds: float) -> None:
        """Count audio of the clip that was sent."""
        self._sent += seconds * 1000

    def add_silence(self, seconds: float) -> None:
        """Count silence that was sent and is not part of the clip."""
        begin, end, before = self._silences[-1] if self._silences else (0.0, 0.0, 0.0)
        if self._silences and end == self._sent:
            self._silences.pop()  # consecutive silences are one, however they are split
        else:
            begin, before = self._sent, before + end - begin
        self._sent += seconds * 1000
        self._silences.append(_Silence(begin, self._sent, before))

    def to_run_time(self, result: SentenceResult) -> SentenceResult | None:
        """Convert a result to the run's milliseconds and drop words that are final already; None if none is left."""
        if not self._start and not self._final_until and not self._silences:
            return result
        words = [
            replace(word, begin_time=self._time(word.begin_time), end_time=self._time(word.end_time))
            for word in result.words or ()
        ]
        is_final = result.is_final
        kept = [word for word in words if not self._is_repeated(word.begin_time, word.end_time, is_final)]
        begin = self._time(result.begin_time if is_time(result.begin_time) else 0)
        end, text = self._time(result.end_time), result.text
        if not kept and (words or self._is_repeated(begin, end, is_final)):
            return None
        if len(kept) < len(words):
            begin, text = kept[0].begin_time, join([f"{word.text or ''}{word.punctuation or ''}" for word in kept])
        return replace(result, begin_time=begin, end_time=end, text=text, words=kept)

    def _time(self, time: Any) -> Any:
        """A time of the task on the run's clock; an invalid time stays as it is."""
        if not is_time(time):
            return time
        last = bisect_left(self._silences, (time,)) - 1
        if last >= 0:
            begin, end, before = self._silences[last]
            time -= before + min(time, end) - begin
        return _rounded(self._start + time)

    def _is_repeated(self, begin: Any, end: Any, is_final: bool) -> bool:
        """Whether the middle of a span lies where an earlier task's results are final. A span without an end does not,
        unless the sentence is final."""
        if end is None and is_final:
            end = begin
        return self._final_until > 0 and is_time(begin) and is_time(end) and (begin + end) / 2 <= self._final_until


def _rounded(milliseconds: float) -> int | float:
    """Round off floating-point noise; an int where the time is whole."""
    rounded = round(milliseconds, 3)
    return int(rounded) if rounded == int(rounded) else rounded
