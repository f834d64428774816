"""Floor 3: the records of audio that was sent: blocks that go within a moment of each other make one stretch."""

from __future__ import annotations

from collections.abc import Callable

from ..recording import Audio, Known, Peaks

Recorder = Callable[[Known], None]

_MOMENT = 0.05  # seconds; views are not told more often than that either


class Stretch:
    """Audio that was sent and is not recorded yet.

    At the pace of speech, or of a recogniser, each block is a record of its own. A service that takes an hour in a
    second would make 7,200 of them, at more cost than the sending.
    """

    def __init__(self, recorder: Recorder, task: str, step: float) -> None:
        self._record, self._task, self._step = recorder, task, step
        self._told = float("-inf")
        self._position = 0.0
        self._seconds = 0.0
        self._peaks: list[bytes] = []

    def add(self, now: float, position: float, seconds: float, peaks: bytes) -> None:
        """Take in a block that was sent; record what there is, unless that was done a moment ago."""
        if not self._peaks:
            self._position, self._seconds = position, 0.0
        self._seconds += seconds
        self._peaks.append(peaks)
        if now - self._told >= _MOMENT:
            self.tell(now)

    def tell(self, now: float) -> None:
        """Record what there is."""
        if not self._peaks:
            return
        position, peaks = round(self._position, 6), b"".join(self._peaks)
        self._peaks.clear()
        self._told = now
        self._record(Audio(now, self._task, position, round(self._seconds, 6)))
        self._record(Peaks(now, position, self._step, peaks))
