"""Arrays of samples as 16-bit mono PCM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import AudioError
from .clip_input import ArrayInput
from .resample import Resampler

if TYPE_CHECKING:
    import numpy as np


class ArrayReader:
    """A `Reader` of an array. Raises AudioError if it is empty.

    Attributes:
        duration: the clip's length in seconds.
    """

    def __init__(self, given: ArrayInput, sample_rate: int) -> None:
        if not len(given.array):
            raise AudioError("the clip is empty: an array of 0 samples.")
        self._array = given.array
        self._rate = given.sample_rate
        self._sample_rate = sample_rate
        self.duration = len(given.array) / given.sample_rate

    def read(self, start: float, end: float | None, _size: int) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds, in chunks of about a second."""
        last = None if end is None else round(end * self._rate)
        return to_pcm(self._array[round(start * self._rate) : last], self._rate, self._sample_rate)


def to_pcm(array: np.ndarray[Any, Any], rate: int, sample_rate: int) -> Iterator[bytes]:
    """Convert an array of `ArrayInput`'s forms at `rate` to 16-bit mono PCM at `sample_rate`."""
    resampler = None if rate == sample_rate else Resampler(sample_rate)
    for at in range(0, len(array), rate):  # a second at a time: the whole is never copied
        pcm = _to_int16(array[at : at + rate])
        yield resampler.pcm(pcm, rate) if resampler else pcm
    if resampler:
        yield resampler.flush()


def _to_int16(array: np.ndarray[Any, Any]) -> bytes:
    import numpy as np

    if array.dtype == np.int16:
        mono = array if array.ndim == 1 else array.mean(axis=1, dtype=np.float32).round().astype("<i2")
        return mono.astype("<i2", copy=False).tobytes()
    mono = array if array.ndim == 1 else array.mean(axis=1)
    return bytes((np.clip(np.nan_to_num(mono), -1, 1) * 32767).round().astype("<i2").tobytes())
