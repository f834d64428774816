"""Samples of a stream without an index."""

from __future__ import annotations

import math
import tempfile
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from ..audio.decode import Decoder
from ..errors import AudioError

if TYPE_CHECKING:
    import numpy as np


class SpooledSource:
    """A stream without an index, decoded from its beginning into a temporary file, as far as needed. It closes
    what `opened` has.

    Attributes:
        sample_rate: of the temporary file, in Hz.
    """

    def __init__(self, decoder: Decoder, opened: ExitStack, *, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._decoder = decoder
        self._opened = opened
        self._chunks = decoder.read(sample_rate, 0.0, None, max_hole=math.inf)
        self._pcm = tempfile.TemporaryFile(prefix="paraformer_nb-")  # noqa: SIM115 - closed with this
        self._length = 0  # bytes

    def read(self, first: int, last: int) -> np.ndarray[Any, np.dtype[np.int16]]:
        """int16 mono samples `first` to `last`, fewer where the clip ends.

        Raises AudioError if the temporary file cannot be written.
        """
        import numpy as np

        self._pcm.seek(self._length)
        try:
            while self._length < 2 * last and (chunk := next(self._chunks, None)) is not None:
                if chunk.count(0) < len(chunk):
                    self._pcm.write(chunk)
                else:  # silence needs no room on disk: a hole of hours is a hole in the file
                    self._pcm.seek(len(chunk), 1)
                self._length += len(chunk)
            self._pcm.truncate(self._length)
            self._pcm.seek(2 * first)  # writes what is buffered
        except OSError as error:
            raise AudioError(
                f"a clip of this kind is decoded into a temporary file to be played, which cannot be written: {error}. "
                f"Make room in {tempfile.gettempdir()!r}, or convert the clip to M4A, FLAC or WAV."
            ) from error
        return np.frombuffer(self._pcm.read(2 * max(0, last - first)), "<i2")

    def close(self) -> None:
        """Close the clip, and delete the temporary file."""
        self._decoder.close()
        self._opened.close()
        with suppress(OSError):  # it writes what is buffered, which a full disk refuses
            self._pcm.close()
