"""The interface of arrays, files and encoded clips that are read as PCM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Reader(Protocol):
    """A clip as 16-bit mono PCM, from any position and as often as wanted; a reading ends the one before."""

    @property
    def duration(self) -> float | None:
        """The clip's length in seconds, or None where it is not known."""

    def read(self, start: float, end: float | None, size: int) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds (None: to the clip's end), in chunks of about `size` bytes."""
