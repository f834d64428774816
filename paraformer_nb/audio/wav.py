"""Plain PCM WAV, read directly. A decoder would cost more than everything else this package does with it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_PCM, _EXTENSIBLE = 1, 0xFFFE


class WavFormat(NamedTuple):
    """What a WAV header says; `data` and `size` are where the samples lie, in bytes."""

    sample_rate: int
    channels: int
    data: int
    size: int


def wav_format(file: BinaryIO) -> WavFormat | None:
    """The format of a WAV file with 16-bit PCM in it; None for anything else. Leaves the file at its beginning."""
    file.seek(0)
    head = file.read(12)
    found = _chunks(file) if head[:4] == b"RIFF" and head[8:] == b"WAVE" else None
    if found is not None:
        end = file.seek(0, 2)
        size = min(found.size, end - found.data)  # a recorder that died wrote 0 or 4 GiB, or less than it promised
        found = found._replace(size=size - size % (2 * found.channels))
    file.seek(0)
    return found if found and found.size else None


def _chunks(file: BinaryIO) -> WavFormat | None:
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


def read_wav(file: BinaryIO, form: WavFormat, start: float, end: float | None, size: int) -> Iterator[bytes]:
    """Blocks of `size` bytes (the last one shorter) of a mono WAV's samples from `start` to `end` seconds."""
    first = min(2 * round(start * form.sample_rate), form.size)
    last = form.size if end is None else min(2 * round(end * form.sample_rate), form.size)
    file.seek(form.data + first)
    left = last - first
    while left > 0 and (block := file.read(min(size, left))):
        left -= len(block)
        yield block
