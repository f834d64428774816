"""Any place of a clip as 48 kHz mono PCM, whatever the clip is made of, in constant memory.

`open_samples` chooses between three ways. Plain PCM (an array, a 16-bit WAV) is read where it lies. A container with an
index is decoded from the nearest place before. In a stream without one (MP3, raw AAC, Ogg) a jump lands by guess, so it
is decoded from its beginning, once and only as far as was asked for, into a temporary file of plain PCM.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..audio.clip import Clip, open_clip
from ..audio.decode import Decoder
from ..audio.wav import WavFormat, wav_format
from ..errors import AudioError
from .opus import RATE

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


def open_samples(clip: Path | bytes | tuple[Any, int], name: str) -> Samples:
    """The clip's samples. Raises AudioError for what cannot be decoded."""
    if isinstance(clip, tuple):
        array, rate = clip
        return Samples(lambda first, last: array[first:last], rate)
    with _open(clip) as file:
        form = wav_format(file)
    if form:
        return Samples(_wav_reader(clip, form), form.sample_rate)
    return _open_encoded(clip, name)


def _open(clip: Path | bytes) -> BinaryIO:
    return clip.open("rb") if isinstance(clip, Path) else io.BytesIO(clip)


def _wav_reader(clip: Path | bytes, form: WavFormat) -> Callable[[int, int], Array]:
    width = 2 * form.channels
    samples = form.size // width

    def take(first: int, last: int) -> Array:
        import numpy as np

        first, last = min(first, samples), min(last, samples)
        with _open(clip) as file:  # not mapped into memory: a file cut short meanwhile would end the kernel
            file.seek(form.data + first * width)
            data = file.read((last - first) * width)
        return np.frombuffer(data[: len(data) - len(data) % width], "<i2").reshape(-1, form.channels)

    return take


def _open_encoded(clip: Path | bytes, name: str) -> Samples:
    with ExitStack() as opened:
        file = opened.enter_context(_open(clip))
        decoder = Decoder(file, name)
        opened.pop_all()  # it stays open
    rate = decoder.sample_rate
    if not decoder.has_index:
        spool = Spool(decoder, min(rate, RATE), file)
        return Samples(spool.take, spool.sample_rate, spool.close)
    decoder.close()
    indexed = Indexed(file, name, rate)
    return Samples(indexed.take, rate, indexed.close)


class Samples:
    """A clip as 48 kHz mono PCM. `take(first, last)` gives it as it is, of any form, fewer samples where it ends."""

    def __init__(
        self, take: Callable[[int, int], Array], sample_rate: int, close: Callable[[], None] | None = None
    ) -> None:
        self._take, self._sample_rate, self._close = take, sample_rate, close

    def read(self, first: int, last: int) -> Array:
        """int16 samples `first` to `last` at 48 kHz, fewer where the clip ends."""
        import numpy as np

        # From a whole second on, where samples of any two rates fall together, and with some more on
        # both sides: so every reading of a place gives the same samples.
        begin = max(0, first // RATE - 1)
        end = last * self._sample_rate // RATE + self._sample_rate // 10
        piece = self._take(begin * self._sample_rate, end)
        if not len(piece):
            return np.zeros(0, np.int16)
        opened = open_clip((piece, self._sample_rate), sample_rate=RATE)
        assert isinstance(opened, Clip)
        pcm = np.frombuffer(b"".join(opened.blocks(RATE)), "<i2")
        return pcm[first - begin * RATE : last - begin * RATE]

    def close(self) -> None:
        """Close what was opened for it."""
        if self._close:
            self._close()


class Indexed:
    """A container with an index, decoded from the nearest place. To read on from a place just read needs no jump."""

    def __init__(self, file: BinaryIO, name: str, sample_rate: int) -> None:
        self._file, self._name, self._sample_rate = file, name, sample_rate
        self._decoder: Decoder | None = None
        self._pieces: Iterator[bytes] = iter(())
        self._held = bytearray()  # what was read last, and what the decoder gave beyond it
        self._at = 0  # the sample where that begins
        self._end: int | None = None  # the clip's last sample, once it was met

    def take(self, first: int, last: int) -> Array:
        """int16 samples `first` to `last` at its own rate, fewer where the clip ends."""
        import numpy as np

        if self._end is not None:
            first = min(first, self._end)  # not all decoders bear a jump behind it
        if self._decoder is None or not self._at <= first <= self._at + len(self._held) // 2:
            self._jump(first)
        del self._held[: 2 * (first - self._at)]
        self._at = first
        wanted = 2 * max(0, last - first)
        while len(self._held) < wanted:
            piece = next(self._pieces, None)
            if piece is None:
                self._end = first + len(self._held) // 2
                break
            self._held += piece
        return np.frombuffer(bytes(self._held[:wanted]), "<i2")

    def _jump(self, first: int) -> None:
        self._release()
        self._held.clear()
        self._at = first
        self._file.seek(0)
        self._decoder = Decoder(self._file, self._name)
        self._pieces = self._decoder.read(self._sample_rate, first / self._sample_rate, None)

    def _release(self) -> None:
        if self._decoder:
            self._decoder.close()
            self._decoder = None

    def close(self) -> None:
        """Close the container and its file."""
        self._release()
        self._file.close()


class Spool:
    """A stream without an index, decoded from its beginning into a temporary file, as far as was asked for."""

    def __init__(self, decoder: Decoder, sample_rate: int, file: BinaryIO) -> None:
        self.sample_rate = sample_rate
        self._decoder, self._file = decoder, file
        self._pieces = decoder.read(sample_rate, 0.0, None)
        self._pcm = tempfile.TemporaryFile(prefix="paraformer_nb-")  # noqa: SIM115 - it lives as long as this
        self._length = 0  # bytes

    def take(self, first: int, last: int) -> Array:
        """int16 samples `first` to `last` at its own rate, fewer where the clip ends."""
        import numpy as np

        self._pcm.seek(0, 2)
        try:
            while self._length < 2 * last and (piece := next(self._pieces, None)) is not None:
                self._length += self._pcm.write(piece)
        except OSError as error:
            raise AudioError(
                f"a clip of this kind is decoded into a temporary file to be played; that cannot be written: {error}. "
                f"Make room in {tempfile.gettempdir()!r}, or convert the clip to M4A, FLAC or WAV."
            ) from error
        self._pcm.seek(2 * first)
        return np.frombuffer(self._pcm.read(2 * max(0, last - first)), "<i2")

    def close(self) -> None:
        """Close the clip; the temporary file goes with it."""
        self._decoder.close()
        self._file.close()
        self._pcm.close()
