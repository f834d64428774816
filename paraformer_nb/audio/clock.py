"""Where decoded frames lie on the clip's time line, by their time stamps."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

logger = logging.getLogger("paraformer_nb")

MAX_HOLE = 60.0  # seconds that are filled with silence; a longer hole is a gap, not silence that is billed
_MIN_HOLE = 0.015  # seconds; smaller jumps are jitter and rounding
_MAX_OVERLAP = 0.1  # seconds; stamps that go back further count from there on
_MIN_OVERLAP = 0.05  # seconds; a recorder whose clock is slow gains this much now and then
_LONGEST_PAUSE = 24 * 3600.0  # seconds; no recorder pauses longer: the stamp is damaged
_SILENCE_PER_SOUND = 20.0  # radio traffic is mostly pauses; with more silence than this the stamps are damaged
_MIN_SOUND = 1.0  # seconds between two holes that are longer than `MAX_HOLE`


class Hole(NamedTuple):
    """A part of the clip in which nothing was recorded, in seconds."""

    start: float
    end: float


class Clock:
    """The positions of a track's frames, read one after the other.

    Args:
        origin: the stream's time at the clip's beginning, in seconds.
        duration: the clip's length, or None.
        has_stamps: False where FFmpeg only counts what it finds, with errors where the form of the sound changes.
        name: of the clip, for the log.

    Attributes:
        is_damaged: whether stamps contradicted each other, so that a position can only be found from the beginning.
    """

    def __init__(self, origin: float, duration: float | None, name: str, *, has_stamps: bool) -> None:
        self.is_damaged = False
        self._origin = origin
        self._duration = duration
        self._name = name
        self._has_stamps = has_stamps
        self._sound = 0.0  # seconds since `begin`
        self._silence = 0.0
        self._start = 0.0

    def begin(self, start: float) -> None:
        """Start a reading whose wanted part begins at `start`."""
        self._sound = self._silence = 0.0
        self._start = start

    def position(self, frame: Any) -> float | None:
        """A frame's position by its stamp, if it has one."""
        return None if frame.time is None else float(frame.time) - self._origin

    def stamp(self, position: float) -> int:
        """A position on the stream's clock, in microseconds, as FFmpeg's seeks want it."""
        return int((self._origin + position) * 1_000_000)

    def correction(self, frame: Any, expected: float) -> float:
        """Seconds between where the frame is `expected`, after the one before it, and where it lies.

        Above 0 for a hole, below 0 where it overlaps, 0 where it follows. Damaged stamps follow.
        """
        position = self.position(frame)
        jump = position - expected if position is not None and self._has_stamps else 0.0
        if not _is_jump(jump):
            jump = 0.0
        elif not self._is_plausible(jump, expected):
            logger.warning("%s: time stamps jump by %.1f s at %.1f s, and are not believed", self._name, jump, expected)
            self._origin += jump
            self.is_damaged = True
            jump = 0.0
        self._sound += frame.samples / frame.sample_rate
        self._silence += max(0.0, jump)
        return jump

    def _is_plausible(self, jump: float, expected: float) -> bool:
        if jump < 0:
            return jump >= -_MAX_OVERLAP
        if jump > _LONGEST_PAUSE:
            return False
        if expected <= self._start or expected + jump - self._start <= MAX_HOLE:
            return True  # at the beginning, or before the part that is wanted: an earlier reading found it so
        if jump > MAX_HOLE:
            is_inside = self._duration is None or expected + jump < self._duration + 1
            return is_inside and self._sound >= _MIN_SOUND
        return self._silence + jump <= MAX_HOLE + _SILENCE_PER_SOUND * self._sound


def _is_jump(jump: float) -> bool:
    return jump > _MIN_HOLE or jump < -_MIN_OVERLAP
