"""Plain PCM WAV, read directly: a decoder would cost more than everything else that is done with it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_PCM = 1
_EXTENSIBLE = 0xFFFE


class WavFormat(NamedTuple):
    """The format of 16-bit PCM in a WAV file; `data` is the offset of the samples and `size` their length, in bytes."""

    sample_rate: int
    channels: int
    data: int
    size: int

    @property
    def samples(self) -> int:
        """The number of samples of one channel."""
        return self.size // (2 * self.channels)

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.samples / self.sample_rate


def read_wav_format(file: BinaryIO) -> WavFormat | None:
    """Read the format of a WAV file of 16-bit PCM; None for anything else. Leaves the file at its beginning."""
    file.seek(0)
    head = file.read(12)
    found = _parse_chunks(file) if head[:4] == b"RIFF" and head[8:] == b"WAVE" else None
    if found is not None:
        end = file.seek(0, 2)
        size = min(found.size, end - found.data)  # a recorder that crashed wrote 0 or 4 GiB, or a file was cut off
        found = found._replace(size=size - size % (2 * found.channels))
    file.seek(0)
    return found if found and found.size else None


def _parse_chunks(file: BinaryIO) -> WavFormat | None:
    form = None
    while len(head := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"fmt ":
            body = file.read(size + size % 2)
            if len(body) < 16:
                return None
            tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
            tag = struct.unpack_from("<H", body, 24)[0] if tag == _EXTENSIBLE and len(body) >= 26 else tag
            form = (rate, channels) if (tag, bits) == (_PCM, 16) and channels and rate else None
        elif name == b"data":
            return WavFormat(*form, file.tell(), size or 2**32) if form else None
        else:
            file.seek(size + size % 2, 1)
    return None


class WavReader:
    """A `Reader` of a mono WAV at its own sample rate.

    Attributes:
        duration: the clip's length in seconds.
    """

    def __init__(self, file: BinaryIO, form: WavFormat) -> None:
        self._file = file
        self._form = form
        self.duration = form.duration

    def read(self, start: float, end: float | None, size: int) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds in chunks of `size` bytes, the last one shorter."""
        first = self._offset(start)
        left = (self._form.size if end is None else self._offset(end)) - first
        self._file.seek(self._form.data + first)
        while left > 0 and (chunk := self._file.read(min(size, left))):
            left -= len(chunk)
            yield chunk

    def _offset(self, position: float) -> int:
        """The byte offset of a position within the samples."""
        return min(2 * round(position * self._form.sample_rate), self._form.size)
