"""Coalesces blocks sent within 50 ms into one audio record."""

from __future__ import annotations

from collections.abc import Callable

from ..journal.records import Audio, KnownRecord, Silence

Append = Callable[[KnownRecord], None]

_INTERVAL = 0.05  # seconds; views are not updated more often either
_SILENCE = 1.0  # seconds of silence in one record


class RecordCoalescer:
    """Audio that was sent and is not recorded yet.

    At the pace of speech, or of a recogniser, each block gets a record of its own. A service that reads an hour in a
    second would cause 7,200 of them, which would cost more than the sending.

    Args:
        append: where the records go.
        task: the task's id.
    """

    def __init__(self, append: Append, task: str) -> None:
        self._append = append
        self._task = task
        self._flushed = float("-inf")  # when audio was last recorded
        self._position = 0.0
        self._seconds = 0.0
        self._silence = 0.0
        self._peaks: list[bytes] = []

    def add_audio(self, now: float, position: float, seconds: float, peaks: bytes) -> None:
        """Add a block that was sent; record what there is, unless that was done within the last 50 ms."""
        if self._silence:
            self.flush(now)
        if not self._peaks:
            self._position, self._seconds = position, 0.0
        self._seconds += seconds
        self._peaks.append(peaks)
        if now - self._flushed >= _INTERVAL:
            self.flush(now)

    def add_silence(self, now: float, position: float, seconds: float) -> None:
        """Add silence that was sent; it is recorded by the second."""
        if self._peaks:
            self.flush(now)
        self._position = position
        self._silence += seconds
        if self._silence >= _SILENCE:
            self.flush(now)

    def flush(self, now: float) -> None:
        """Record what there is."""
        position, peaks, silence = round(self._position, 6), b"".join(self._peaks), round(self._silence, 6)
        self._peaks.clear()
        self._silence = 0.0
        if silence:
            self._append(Silence(now, self._task, position, silence))
        if peaks:
            self._flushed = now
            self._append(Audio(now, self._task, position, round(self._seconds, 6), peaks))
