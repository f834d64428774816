"""The records of audio that was sent: blocks that go within a moment of each other make one stretch."""

from __future__ import annotations

from collections.abc import Callable

from ..journal.records import Audio, KnownRecord, Peaks, Silence

Recorder = Callable[[KnownRecord], None]

_MOMENT = 0.05  # seconds; views are not told more often than that either
_PAUSE = 1.0  # seconds of silence that make one record


class RecordCoalescer:
    """Audio that was sent and is not recorded yet.

    At the pace of speech, or of a recogniser, each block is a record of its own. A service that takes an hour in a
    second would make 7,200 of them, at more cost than the sending.
    """

    def __init__(self, recorder: Recorder, task: str, step: float) -> None:
        self._record, self._task, self._step = recorder, task, step
        self._told = float("-inf")
        self._position = 0.0
        self._seconds = 0.0
        self._silence = 0.0
        self._peaks: list[bytes] = []

    def add(self, now: float, position: float, seconds: float, peaks: bytes) -> None:
        """Take in a block that was sent; record what there is, unless that was done a moment ago."""
        if self._silence:
            self.tell(now)
        if not self._peaks:
            self._position, self._seconds = position, 0.0
        self._seconds += seconds
        self._peaks.append(peaks)
        if now - self._told >= _MOMENT:
            self.tell(now)

    def pause(self, now: float, position: float, seconds: float) -> None:
        """Take in silence that was sent; record it by the second."""
        if self._peaks:
            self.tell(now)
        self._position = position
        self._silence += seconds
        if self._silence >= _PAUSE:
            self.tell(now)

    def tell(self, now: float) -> None:
        """Record what there is."""
        position, peaks, silence = round(self._position, 6), b"".join(self._peaks), round(self._silence, 6)
        self._peaks.clear()
        self._silence = 0.0
        if silence:
            self._record(Silence(now, self._task, position, silence))
        if peaks:
            self._told = now
            self._record(Audio(now, self._task, position, round(self._seconds, 6)))
            self._record(Peaks(now, position, self._step, peaks))
