"""Any part of a clip as 48 kHz mono PCM, whatever the clip is made of, in constant memory.

`open_samples` chooses between three sources. Plain PCM (an array, a 16-bit WAV) is read directly. A container with an
index is decoded from the nearest indexed position. In a stream without one (MP3, raw AAC, Ogg) a seek is approximate,
so it is decoded from its beginning, once and only as far as needed, into a temporary file of plain PCM.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from ..audio.array_reader import to_pcm
from ..audio.clip_input import ArrayInput
from ..audio.decode import Decoder
from ..audio.files import with_correct_header
from ..audio.notices import Notices
from ..audio.wav import WavFormat, read_wav_format
from .indexed import IndexedSource
from .opus import OPUS_RATE
from .spooled import SpooledSource

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


class SampleSource(Protocol):
    """A clip's samples at its own sample rate, of any of `ArrayInput`'s forms."""

    @property
    def sample_rate(self) -> int:
        """Of what `read` returns, in Hz."""

    def read(self, first: int, last: int) -> Array:
        """Samples `first` to `last`, fewer where the clip ends."""

    def close(self) -> None:
        """Close what was opened."""


class Samples:
    """A clip's samples at 48 kHz, mono."""

    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def read(self, first: int, last: int) -> np.ndarray[Any, np.dtype[np.int16]]:
        """int16 samples `first` to `last`, fewer where the clip ends."""
        import numpy as np

        # Resampled from a whole second, where samples of any two rates coincide, and with a margin on both sides:
        # so every reading of a position gives the same samples.
        rate = self._source.sample_rate
        begin = max(0, first // OPUS_RATE - 1)  # seconds
        native = self._source.read(begin * rate, last * rate // OPUS_RATE + rate // 10)
        pcm = np.frombuffer(b"".join(to_pcm(native, rate, OPUS_RATE)), "<i2")
        return pcm[first - begin * OPUS_RATE : last - begin * OPUS_RATE]

    def close(self) -> None:
        """Close what was opened."""
        self._source.close()


def open_samples(clip: ArrayInput | BinaryIO, name: str) -> Samples:
    """Open an array or an opened file, which is closed with the samples.

    Raises AudioError if it cannot be decoded, OSError if it cannot be read; then the file is closed, too.
    """
    if isinstance(clip, ArrayInput):
        return Samples(_ArraySource(clip))
    with ExitStack() as opened:
        opened.enter_context(clip)
        file = with_correct_header(clip, Notices())
        if form := read_wav_format(file):
            return Samples(_WavSource(file, form, opened.pop_all()))
        decoder = Decoder(file, name)
        if decoder.has_index:
            return Samples(IndexedSource(decoder, file, name, opened.pop_all()))
        rate = min(decoder.sample_rate, OPUS_RATE)
        return Samples(SpooledSource(decoder, opened.pop_all(), sample_rate=rate))


class _ArraySource:
    def __init__(self, clip: ArrayInput) -> None:
        self._array = clip.array
        self.sample_rate = clip.sample_rate

    def read(self, first: int, last: int) -> Array:
        return self._array[first:last]

    def close(self) -> None:
        pass


class _WavSource:
    def __init__(self, file: BinaryIO, form: WavFormat, opened: ExitStack) -> None:
        self._file = file
        self._opened = opened
        self._form = form
        self.sample_rate = form.sample_rate

    def read(self, first: int, last: int) -> Array:
        import numpy as np

        frame = 2 * self._form.channels  # bytes
        first = min(first, self._form.samples)
        last = min(last, self._form.samples)
        # Not memory-mapped: if the file were truncated meanwhile, the kernel would crash.
        self._file.seek(self._form.data + first * frame)
        data = self._file.read((last - first) * frame)
        return np.frombuffer(data[: len(data) - len(data) % frame], "<i2").reshape(-1, self._form.channels)

    def close(self) -> None:
        self._opened.close()
