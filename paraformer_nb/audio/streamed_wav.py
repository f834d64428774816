"""WAV that a program writes to a pipe: its header leaves the length open, and everything after it is sound."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .resample import Resampler

_PCM = 1
_EXTENSIBLE = 0xFFFE
_UNKNOWN = 0x7FFF_0000  # bytes from which a length is a placeholder: FFmpeg's is 0xFFFFFFFF, SoX's 0x7FFFF000
_MAX_HEADER = 1 << 16  # bytes
_LAYOUTS = {1: "mono", 2: "stereo"}


class StreamedWav(NamedTuple):
    """The format of 16-bit PCM of unknown length; `data` is the offset of the samples, in bytes."""

    sample_rate: int
    channels: int
    data: int


def parse_streamed_wav(peek: Callable[[int], bytes]) -> StreamedWav | None:
    """Read the header of mono or stereo PCM of unknown length; None for anything else.

    `peek(n)` gives the first n bytes, fewer where there are no more. No more of them is waited for than necessary:
    FFmpeg would look at 64 kB first, which is two seconds of speech.
    """
    head = peek(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    form, at = None, 12
    while at < _MAX_HEADER and len(head := peek(at + 8)) == at + 8:
        name, size = struct.unpack_from("<4sI", head, at)
        at += 8
        if name == b"data":
            is_streamed = form is not None and (not size or size >= _UNKNOWN)
            return StreamedWav(*form, at) if form and is_streamed else None
        if name == b"fmt ":
            form = _parse_format(peek(at + min(size, _MAX_HEADER))[at:])
            if form is None:
                return None
        at += size + size % 2
    return None


def _parse_format(body: bytes) -> tuple[int, int] | None:
    """The sample rate and channels of 16-bit PCM."""
    if len(body) < 16:
        return None
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if tag == _EXTENSIBLE and len(body) >= 26:
        tag = struct.unpack_from("<H", body, 24)[0]
    return (rate, channels) if (tag, bits) == (_PCM, 16) and channels in _LAYOUTS and rate else None


def to_pcm(wav: StreamedWav, sound: Iterator[bytes], sample_rate: int) -> Iterator[bytes]:
    """Convert the bytes that follow the header, in chunks of any size, to mono PCM."""
    frame_size = 2 * wav.channels
    resampler = None if (wav.sample_rate, wav.channels) == (sample_rate, 1) else Resampler(sample_rate)
    pending = b""
    for chunk in sound:
        pending += chunk
        whole = len(pending) - len(pending) % frame_size
        frames, pending = pending[:whole], pending[whole:]
        yield resampler.pcm(frames, wav.sample_rate, _LAYOUTS[wav.channels]) if resampler else frames
    yield resampler.flush() if resampler else b""
