"""The waveform's peaks, assembled from the journal's records."""

from __future__ import annotations

from ..journal.records import PEAK_STEP

_QUIET = bytes(level & 0xFF for level in range(-4, 4))  # of int8, so up to 4/128 of full scale
_MAX_FILLED = 2 * 24 * 360_000
"""Bytes of zeros in all: 24 hours. Damaged or hostile peaks that lie further apart are left out."""


class Waveform:
    """Peaks of the clip from `start` on: `data` holds a (min, max) pair of int8 for every `step` seconds."""

    def __init__(self) -> None:
        self.start: float | None = None
        self.step = PEAK_STEP
        self.data = bytearray()
        self._filled = 0  # bytes of zeros between peaks

    def __len__(self) -> int:
        """The number of pairs."""
        return len(self.data) // 2

    @property
    def is_near_silent(self) -> bool:
        """Whether there is sound, and none of it is louder than 3 % of full scale (-30 dBFS)."""
        return bool(self.data) and not self.data.translate(None, _QUIET)

    def write(self, position: float, data: bytes) -> None:
        """Write peaks at a position: normally appended, overwriting what is there, zeros in between."""
        if self.start is None:
            self.start = position
        at = 2 * round((position - self.start) / self.step) if position > self.start else 0
        missing = at - len(self.data)
        if missing > 0:
            if self._filled + missing > _MAX_FILLED:
                return
            self._filled += missing
            self.data.extend(bytes(missing))
        self.data[at : at + len(data)] = data
