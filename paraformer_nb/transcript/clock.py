"""A task's own clock, and where it lies on the run's.

A task counts milliseconds of the audio that it was sent. A run may take several tasks, each from another place of the
clip on, hearing again what an earlier one had not settled; and it may send silence that is no part of the clip.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, NamedTuple, TypeGuard

from msgspec.structs import replace

from ..dashscope.messages import SentenceResult
from ..text import join

_NO_TIME = 1e12  # ms; thirty years and more


def is_moment(time: Any) -> TypeGuard[float]:
    """Whether a number of milliseconds can be meant: a service may send anything."""
    return time is not None and 0 <= time < _NO_TIME


def last_moment(result: SentenceResult) -> float:
    """The last moment that a result speaks of, in its own milliseconds; 0 where it speaks of none."""
    times = [result.begin_time, result.end_time]
    times += [time for word in result.words or () for time in (word.begin_time, word.end_time)]
    return max((time for time in times if is_moment(time)), default=0)


class _Silence(NamedTuple):
    """Where silence begins and ends in a task's audio, and how long all before it is (ms)."""

    begin: float
    end: float
    before: float


class TaskClock:
    """One task's clock.

    Args:
        start: seconds from the run's start at which the task's audio begins.
        settled: seconds from the run's start up to which earlier tasks have settled what there is to hear; what this
            task hears before comes twice.
    """

    def __init__(self, start: float = 0.0, settled: float = 0.0) -> None:
        self._start = _plain(start * 1000)  # ms, as all that follows
        self._settled = settled * 1000
        self._sent = 0.0
        self._silences: list[_Silence] = []

    def hear(self, seconds: float) -> None:
        """So much of the clip was sent."""
        self._sent += seconds * 1000

    def pause(self, seconds: float) -> None:
        """So much silence was sent that is no part of the clip."""
        begin, end, before = self._silences[-1] if self._silences else (0.0, 0.0, 0.0)
        if self._silences and end == self._sent:
            self._silences.pop()  # a long pause is one, in however many pieces it comes
        else:
            begin, before = self._sent, before + end - begin
        self._sent += seconds * 1000
        self._silences.append(_Silence(begin, self._sent, before))

    def place(self, result: SentenceResult) -> SentenceResult | None:
        """The result with the run's milliseconds, without what was settled before; None where nothing is left of it."""
        if not self._start and not self._settled and not self._silences:
            return result
        words = [
            replace(word, begin_time=self._time(word.begin_time), end_time=self._time(word.end_time))
            for word in result.words or ()
        ]
        is_final = result.is_final
        kept = [word for word in words if not self._is_settled(word.begin_time, word.end_time, is_final)]
        begin = self._time(result.begin_time if is_moment(result.begin_time) else 0)
        end, text = self._time(result.end_time), result.text
        if not kept and (words or self._is_settled(begin, end, is_final)):
            return None
        if len(kept) < len(words):
            begin, text = kept[0].begin_time, join([f"{word.text or ''}{word.punctuation or ''}" for word in kept])
        return replace(result, begin_time=begin, end_time=end, text=text, words=kept)

    def _time(self, time: Any) -> Any:
        """A moment of the task on the run's clock; what is no moment stays as it is."""
        if not is_moment(time):
            return time
        last = bisect_left(self._silences, (time,)) - 1
        if last >= 0:
            begin, end, before = self._silences[last]
            time -= before + min(time, end) - begin
        return _plain(self._start + time)

    def _is_settled(self, begin: Any, end: Any, is_final: bool) -> bool:
        """Whether the middle of a span was settled by an earlier task. A span that is still open is not."""
        if end is None and is_final:
            end = begin
        return self._settled > 0 and is_moment(begin) and is_moment(end) and (begin + end) / 2 <= self._settled


def _plain(milliseconds: float) -> int | float:
    """Without the dust of floating point."""
    rounded = round(milliseconds, 3)
    return int(rounded) if rounded == int(rounded) else rounded
