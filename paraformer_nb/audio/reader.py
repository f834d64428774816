"""The interface of arrays, files and encoded clips that are read as PCM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from .clock import Hole


class Reader(Protocol):
    """A clip as 16-bit mono PCM, from any position and as often as wanted; a reading ends the one before."""

    @property
    def duration(self) -> float | None:
        """The clip's length in seconds, or None where it is not known."""

    @property
    def hole(self) -> Hole | None:
        """Where the last reading stopped because nothing was recorded for long, so that sound goes on after it."""

    def read(self, start: float, end: float | None, size: int) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds (None: to the clip's end), in chunks of about `size` bytes."""
