"""Samples of a container with an index."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO

from ..audio.decode import Decoder

if TYPE_CHECKING:
    import numpy as np


class IndexedSource:
    """A container with an index, decoded from the nearest indexed position.

    Reading on from where the last reading ended needs no seek. It closes what `opened` has.

    Attributes:
        sample_rate: the clip's own, in Hz.
    """

    def __init__(self, decoder: Decoder, file: BinaryIO, name: str, opened: ExitStack) -> None:
        self.sample_rate = decoder.sample_rate
        self._file = file
        self._opened = opened
        self._name = name
        self._is_seekable = True
        self._decoder: Decoder | None = decoder  # None after a seek that failed
        self._chunks: Iterator[bytes] = decoder.read(self.sample_rate, 0.0, None, max_hole=math.inf)
        self._buffer = bytearray()  # the last reading, and what the decoder returned beyond it
        self._first = 0  # the sample at which the buffer begins
        self._end: int | None = None  # the clip's length in samples, once it was reached

    def read(self, first: int, last: int) -> np.ndarray[Any, np.dtype[np.int16]]:
        """int16 mono samples `first` to `last`, fewer where the clip ends."""
        import numpy as np

        if self._end is not None:
            first = min(first, self._end)  # not all decoders can seek beyond the end
        if self._decoder is None or not self._first <= first <= self._first + len(self._buffer) // 2:
            self._seek(first)
        del self._buffer[: 2 * (first - self._first)]
        self._first = first
        size = 2 * max(0, last - first)
        while len(self._buffer) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._end = first + len(self._buffer) // 2
                break
            self._buffer += chunk
        return np.frombuffer(bytes(self._buffer[:size]), "<i2")

    def _seek(self, first: int) -> None:
        is_damaged = self._decoder is not None and self._decoder.is_damaged
        self._close_decoder()
        self._buffer.clear()
        self._first = first
        self._is_seekable = self._is_seekable and not is_damaged
        self._decoder = Decoder(self._file, self._name, is_seekable=self._is_seekable)
        self._chunks = self._decoder.read(self.sample_rate, first / self.sample_rate, None, max_hole=math.inf)

    def close(self) -> None:
        """Close the container and its file."""
        self._close_decoder()
        self._opened.close()

    def _close_decoder(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None
