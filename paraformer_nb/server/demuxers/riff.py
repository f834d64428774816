"""Demux WAV or plain PCM as it arrives: bytes cut anywhere to whole samples, even if the WAV header's sizes are wrong.

FFmpeg's demuxer on a pipe was measured beside it (tests/benchmarks/demuxers.py): it first holds back 64 KiB (2 s at
16 kHz) to look for S/PDIF in them, and ends at the declared size, so that sound after it is dropped without a warning.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator

from ...errors import AudioError
from .demuxer import SAMPLE_RATES, Codec, Demuxer

_CODECS = {  # by format tag and bits per sample
    (1, 8): "pcm_u8",
    (1, 16): "pcm_s16le",
    (1, 24): "pcm_s24le",
    (1, 32): "pcm_s32le",
    (3, 32): "pcm_f32le",
    (3, 64): "pcm_f64le",
    (6, 8): "pcm_alaw",
    (7, 8): "pcm_mulaw",
}
_EXTENSIBLE = 0xFFFE
_MAX_CHANNELS = 8
_MAX_FORMAT = 4096  # bytes; FFmpeg's own limit for codec parameters
_MAX_CHUNK = 0x1000000  # bytes; a header with a larger size is not a chunk's
_MAGICS = (b"RIFF", b"RF64")


def is_riff(head: bytes) -> bool | None:
    """Whether a stream that begins with these bytes is a WAV file; None if more bytes are needed to decide."""
    if len(head) < 12 and any(magic.startswith(head[:4]) for magic in _MAGICS):
        return None
    return head[:4] in _MAGICS and head[8:12] == b"WAVE"


class RiffDemuxer(Demuxer):
    """Demuxes a WAV file or, if `plain` is given, PCM of that codec without a header: 16-bit mono.

    A header that was written before the sound often gives its size as 0, as 4 GiB or too small: sound continues until
    another chunk follows.
    """

    def __init__(self, plain: Codec | None = None) -> None:
        self._buffer = bytearray()
        self._codec = plain
        self._is_codec_returned = False
        self._sample_size = 2  # bytes, all channels
        self._ignored_left = 0 if plain else 12  # bytes of chunks that are not sound
        self._sound_left = _endless(2) if plain else 0  # bytes until the next chunk
        self._has_sound = False

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """Return the whole samples in these bytes. Raises AudioError if the header is damaged or unsupported."""
        self._buffer += data
        buffer = self._buffer
        while buffer:
            if self._codec is not None and not self._is_codec_returned:
                self._is_codec_returned = True
                yield self._codec
            if self._ignored_left:
                count = min(self._ignored_left, len(buffer))
                self._ignored_left -= count
                del buffer[:count]
            elif self._sound_left:
                whole = min(self._sound_left, len(buffer)) // self._sample_size * self._sample_size
                if not whole:
                    return
                self._sound_left -= whole
                samples = bytes(buffer[:whole])
                del buffer[:whole]
                yield samples
            elif not self._parse_chunk():
                return

    def finish(self) -> Iterator[Codec | bytes]:
        """Return nothing: only an incomplete sample or header is left."""
        return iter(())

    def _parse_chunk(self) -> bool:
        """Parse a chunk's header, or detect that sound continues; False if more bytes are needed."""
        buffer = self._buffer
        if len(buffer) < 9:  # a chunk of odd size is followed by a pad byte, which some writers omit
            return False
        start = 1 if self._has_sound and not _is_name(buffer[:4]) and _is_name(buffer[1:5]) else 0
        name, size = struct.unpack_from("<4sI", buffer, start)
        if self._has_sound and name in _MAGICS:  # another file follows
            self._ignored_left = start + 12
        elif name == b"data":
            self._begin_sound(size)
            del buffer[: start + 8]
        elif name == b"fmt " and size <= _MAX_FORMAT:
            if len(buffer) < start + 8 + size:
                return False
            self._parse_format(bytes(buffer[start + 8 : start + 8 + size]))
            self._ignored_left = start + 8 + size + size % 2
        elif _is_name(name) and size <= _MAX_CHUNK:
            self._ignored_left = start + 8 + size + size % 2
        elif self._has_sound:
            self.note = "there is more sound than the WAV header declares"
            self._sound_left = _endless(self._sample_size)
        else:
            raise AudioError(
                "Failed to decode audio: its WAV header is damaged. Nothing was decoded. Send the file again, or PCM."
            )
        return True

    def _begin_sound(self, size: int) -> None:
        if self._codec is None:
            raise AudioError(
                "Failed to decode audio: its WAV header has no format before the sound. Nothing was decoded. "
                "Send PCM of 16 bits, mono."
            )
        self._has_sound = True
        self._sound_left = _endless(self._sample_size) if size == 0 or size % self._sample_size else size

    def _parse_format(self, body: bytes) -> None:
        tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body.ljust(16, b"\0"))
        if tag == _EXTENSIBLE and len(body) >= 26:
            tag = struct.unpack_from("<H", body, 24)[0]
        name = _CODECS.get((tag, bits))
        if name is None or rate not in SAMPLE_RATES or not 1 <= channels <= _MAX_CHANNELS:
            raise AudioError(
                f"Failed to decode audio: its WAV header declares format {tag}, {bits} bits, {rate} Hz, "
                f"{channels} channels, which is not supported. Send PCM of 16 bits, mono."
            )
        codec = Codec((name,), sample_rate=rate, channels=channels)
        self._is_codec_returned = self._is_codec_returned and codec == self._codec
        self._codec = codec
        self._sample_size = channels * bits // 8


def _is_name(name: bytes | bytearray) -> bool:
    return name.replace(b" ", b"").isalnum()


def _endless(sample_size: int) -> int:
    return sys.maxsize // sample_size * sample_size
