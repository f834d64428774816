"""WAV as it comes, or plain PCM: bytes cut anywhere to samples, whatever a header could not know."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator

from ...errors import AudioError
from .packets import RATES, Codec, Source

_CODECS = {  # by the format's tag and the bits of a sample
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
_MOST_CHANNELS = 8
_LONGEST_FORMAT = 4096  # bytes; FFmpeg's own limit for what a codec has to say
_LONGEST_CHUNK = 0x1000000  # bytes; a longer one is none, whatever it says
_MARKS = (b"RIFF", b"RF64")


def is_riff(head: bytes) -> bool | None:
    """Whether a stream that begins with these bytes is a WAV file; None where more must tell."""
    if len(head) < 12 and any(mark.startswith(head[:4]) for mark in _MARKS):
        return None
    return head[:4] in _MARKS and head[8:12] == b"WAVE"


class Riff(Source):
    """The samples of a WAV file or, where `plain` says what they are, of 16-bit mono without a header.

    A header that was written before the sound often says that there is none, or 4 GiB of it, or too little: sound goes
    on until something else follows.
    """

    def __init__(self, plain: Codec | None = None) -> None:
        self._rest = bytearray()
        self._codec, self._told = plain, False
        self._block = 2  # bytes of a sample of all channels
        self._skip = 0 if plain else 12  # bytes to pass over
        self._left = _endless(2) if plain else 0  # bytes of sound until a chunk
        self._has_sound = False

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """The whole samples in these bytes. Raises AudioError where this is no WAV, or one of no PCM."""
        self._rest += data
        rest = self._rest
        while rest:
            if self._codec is not None and not self._told:
                self._told = True
                yield self._codec
            if self._skip:
                passed = min(self._skip, len(rest))
                self._skip -= passed
                del rest[:passed]
            elif self._left:
                whole = min(self._left, len(rest)) // self._block * self._block
                if not whole:
                    return
                self._left -= whole
                samples = bytes(rest[:whole])
                del rest[:whole]
                yield samples
            elif not self._chunk():
                return

    def finish(self) -> Iterator[Codec | bytes]:
        """Nothing: what is left is half a sample or half a header."""
        return iter(())

    def _chunk(self) -> bool:
        """Take the header of a chunk, or see that sound goes on; False where more bytes are needed."""
        rest = self._rest
        if len(rest) < 9:  # behind an odd number of bytes there should be one more, which may be missing
            return False
        at = 1 if self._has_sound and not _is_name(rest[:4]) and _is_name(rest[1:5]) else 0
        name, size = struct.unpack_from("<4sI", rest, at)
        if self._has_sound and name in _MARKS:  # another file behind the first
            self._skip = at + 12
        elif name == b"data":
            self._begin_sound(size)
            del rest[: at + 8]
        elif name == b"fmt " and size <= _LONGEST_FORMAT:
            if len(rest) < at + 8 + size:
                return False
            self._take_format(bytes(rest[at + 8 : at + 8 + size]))
            self._skip = at + 8 + size + size % 2
        elif _is_name(name) and size <= _LONGEST_CHUNK:
            self._skip = at + 8 + size + size % 2
        elif self._has_sound:
            self.note = "there is more sound than the WAV header says"
            self._left = _endless(self._block)
        else:
            raise AudioError("Failed to decode audio: its WAV header is damaged. Nothing was heard.")
        return True

    def _begin_sound(self, size: int) -> None:
        if self._codec is None:
            raise AudioError("Failed to decode audio: its WAV header does not say what its samples are.")
        self._has_sound = True
        self._left = _endless(self._block) if size == 0 or size % self._block else size

    def _take_format(self, body: bytes) -> None:
        tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body.ljust(16, b"\0"))
        if tag == _EXTENSIBLE and len(body) >= 26:
            tag = struct.unpack_from("<H", body, 24)[0]
        name = _CODECS.get((tag, bits))
        if name is None or rate not in RATES or not 1 <= channels <= _MOST_CHANNELS:
            raise AudioError(
                f"Failed to decode audio: its WAV header says format {tag}, {bits} bits, {rate} Hz, "
                f"{channels} channels, which is not read here. Send PCM of 16 bits, mono."
            )
        codec = Codec((name,), sample_rate=rate, channels=channels)
        self._told = self._told and codec == self._codec
        self._codec, self._block = codec, channels * bits // 8


def _is_name(name: bytes | bytearray) -> bool:
    return name.replace(b" ", b"").isalnum()


def _endless(block: int) -> int:
    return sys.maxsize // block * block
