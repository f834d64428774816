"""Arrays of samples as 16-bit mono PCM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import AudioError
from .array_values import check_range
from .channels import ChosenChannel, check_exists
from .clip_input import ArrayInput
from .mix import CANCELLED, mean
from .notices import Notices
from .resample import Resampler

if TYPE_CHECKING:
    import numpy as np


class ArrayReader:
    """A `Reader` of an array, or of one channel of it. Raises AudioError if it is empty, ParameterError if its floats
    are far beyond 1 or it has no such channel.

    Attributes:
        duration: the clip's length in seconds.
        hole: None: it has no time stamps.
    """

    hole = None

    def __init__(self, given: ArrayInput, sample_rate: int, notices: Notices, *, channel: int | None = None) -> None:
        if not len(given.array):
            raise AudioError("the clip is empty: an array of 0 samples.")
        check_range(given.array)
        self._array = given.array
        if channel is not None:
            check_exists(channel, 1 if given.array.ndim == 1 else given.array.shape[1], given.name)
            self._array = ChosenChannel(channel, notices).samples(given.array, given.sample_rate)
        self._rate = given.sample_rate
        self._sample_rate = sample_rate
        self._notices = notices
        self.duration = len(given.array) / given.sample_rate

    def read(self, start: float, end: float | None, _size: int) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds, in chunks of about a second."""
        last = None if end is None else round(end * self._rate)
        part = self._array[round(start * self._rate) : last]
        return to_pcm(part, self._rate, self._sample_rate, lambda: self._notices.add(CANCELLED))


def to_pcm(
    array: np.ndarray[Any, Any], rate: int, sample_rate: int, on_cancelled: Callable[[], None] | None = None
) -> Iterator[bytes]:
    """Convert an array of `ArrayInput`'s forms at `rate` to 16-bit mono PCM at `sample_rate`.

    `on_cancelled` is called where channels cancel each other out, so that one of them alone is used.
    """
    resampler = None if rate == sample_rate else Resampler(sample_rate)
    for at in range(0, len(array), rate):  # a second at a time: the whole is never copied
        pcm, is_cancelled = _to_int16(array[at : at + rate])
        if is_cancelled and on_cancelled:
            on_cancelled()
        yield resampler.pcm(pcm, rate) if resampler else pcm
    if resampler:
        yield resampler.flush()


def _to_int16(array: np.ndarray[Any, Any]) -> tuple[bytes, bool]:
    """PCM, and whether channels cancelled each other out."""
    import numpy as np

    if array.dtype == np.int16:
        if array.ndim == 1:
            return array.astype("<i2", copy=False).tobytes(), False
        mono, is_cancelled = mean(array.astype(np.float32) / np.float32(32768))
        return (mono * 32768).round().astype("<i2").tobytes(), is_cancelled
    finite = np.clip(np.nan_to_num(array), -1, 1)
    mono, is_cancelled = (finite, False) if array.ndim == 1 else mean(finite)
    return (mono * 32767).round().astype("<i2").tobytes(), is_cancelled
