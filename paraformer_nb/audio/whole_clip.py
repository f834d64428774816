"""Read a clip from beginning to end, for its length and waveform."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import ParameterError
from .clip import Clip, open_clip
from .peaks import bin_samples, peaks

_RATE = 16_000  # Hz at which it is read
_BLOCK = 60  # seconds read at once


class WholeClip(NamedTuple):
    """A clip that was read.

    Attributes:
        name, path, size: as a `Clip`'s, the path as text.
        end: seconds.
        peaks: the waveform, a (min, max) pair of int8 for every 10 ms.
        sha256: the digest of its file, or None.
    """

    name: str
    path: str | None
    size: int | None
    end: float
    peaks: bytes
    sha256: str | None


def read_whole(clip: Any) -> WholeClip:
    """Read a clip in any form that `open_clip` accepts.

    Raises AudioError if it cannot be read, and ParameterError if it can be read only once, which it then is not.
    """
    opened = open_clip(clip, sample_rate=_RATE)
    if not isinstance(opened, Clip):
        opened.close()
        raise ParameterError(f"{opened.name!r} can be read only once: give a file, bytes or an array.")
    try:
        pairs, samples = [], 0
        for block in opened.blocks(_BLOCK * _RATE):
            pairs.append(peaks(block, bin_samples(_RATE)))
            samples += len(block) // 2
        path = None if opened.path is None else str(opened.path)
        return WholeClip(opened.name, path, opened.size, samples / _RATE, b"".join(pairs), opened.sha256())
    finally:
        opened.close()
