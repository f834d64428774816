"""The chunks of a WAV file: where its sound is, even if its header was written before the sound was known.

One rule for files and for streams that arrive: sound lasts as long as its `data` chunk declares, and on from there
unless another chunk follows. A size that cannot be right (0, 4 GiB, not whole samples) is not believed. A chunk behind
the sound confirms its end: then only a further `data` chunk, or another file joined to this one, has sound.
"""

from __future__ import annotations

import struct
import sys
from enum import Enum, auto
from typing import NamedTuple

MAGICS = (b"RIFF", b"RF64", b"BW64")
HEADER_SIZE = 12
"""Bytes of the file's header, before its first chunk."""
MAX_FORMAT = 4096
"""Bytes of a `fmt ` chunk; FFmpeg's own limit for codec parameters."""

_PCM_TAGS = (1, 3, 6, 7)  # PCM, float, A-law, µ-law: codecs whose samples have a fixed size
_EXTENSIBLE = 0xFFFE
_MAX_CHUNK = 0x1000000  # bytes; a header with a larger size is not a chunk's
_UNKNOWN = 0xFFFFFFFF


class WaveFormat(NamedTuple):
    """The values of a `fmt ` chunk."""

    tag: int
    channels: int
    sample_rate: int
    bits: int
    block_size: int

    @classmethod
    def parse(cls, body: bytes) -> WaveFormat:
        """Parse a chunk's body; missing bytes count as zeros."""
        tag, channels, rate, _, block_size, bits = struct.unpack_from("<HHIIHH", body.ljust(16, b"\0"))
        if tag == _EXTENSIBLE and len(body) >= 26:
            tag = struct.unpack_from("<H", body, 24)[0]
        return cls(tag, channels, rate, bits, block_size)

    @property
    def sample_size(self) -> int:
        """Bytes of a sample of all channels; 1 for a compressed codec, whose last block may be incomplete."""
        return max(1, self.channels * self.bits // 8) if self.tag in _PCM_TAGS else 1


class Kind(Enum):
    """What the next bytes are."""

    FILE = auto()  # the header of this file, or of another one joined to it
    FORMAT = auto()  # a `fmt ` chunk; its body begins 8 bytes before the end of what `size` counts
    SOUND = auto()  # a header of `size` bytes, behind which sound begins
    MORE_SOUND = auto()  # sound, although the declared size is exhausted
    OTHER = auto()  # a chunk without sound
    REST = auto()  # bytes behind the last chunk
    DAMAGED = auto()  # neither a chunk nor sound


class Part(NamedTuple):
    """The next bytes of a file: `size` of them belong to this part, `body` is a `fmt ` chunk's."""

    kind: Kind
    size: int
    body: bytes = b""


class RiffParser:
    """Parses the headers between a WAV file's chunks, from where the file begins. The caller reads or skips the rest.

    Attributes:
        sample_size: bytes of a sample of all channels, by the last `fmt ` chunk.
        sound_left: bytes of sound behind the last part, to be set to 0 once they were read or skipped.
    """

    def __init__(self) -> None:
        self.sample_size = 0
        self.sound_left = 0
        self._is_begun = False
        self._has_sound = False
        self._is_end_confirmed = False  # another chunk followed the sound
        self._long_size = 0  # of the sound, from a `ds64` chunk

    def parse(self, head: bytes | bytearray) -> Part | None:
        """Parse the next part from its first bytes; None if these are too few to decide."""
        if not self._is_begun:
            self._is_begun = True
            return Part(Kind.FILE, HEADER_SIZE)
        if len(head) < 9:  # a chunk of odd size is followed by a pad byte, which some writers omit
            return None
        start = 1 if self._has_sound and not _is_name(head[:4]) and _is_name(head[1:5]) else 0
        name, size = struct.unpack_from("<4sI", head, start)
        padded = start + 8 + size + size % 2
        if self._has_sound and name in MAGICS:
            self._is_end_confirmed = True
            return Part(Kind.FILE, start + HEADER_SIZE)
        if name == b"data":
            return self._begin_sound(start + 8, size)
        if name in (b"fmt ", b"ds64") and size <= MAX_FORMAT:
            if len(head) < start + 8 + size:
                return None
            return self._parse_values(name, bytes(head[start + 8 : start + 8 + size]), padded)
        if _is_name(name) and size <= _MAX_CHUNK:
            self._is_end_confirmed = self._has_sound
            return Part(Kind.OTHER, padded)
        return self._parse_unknown()

    def _begin_sound(self, header: int, size: int) -> Part:
        if size == _UNKNOWN:
            size = self._long_size
        self._has_sound = True
        self._is_end_confirmed = False
        is_declared = size != 0 and size % (self.sample_size or 1) == 0
        self.sound_left = size if is_declared else endless(self.sample_size)
        return Part(Kind.SOUND, header)

    def _parse_values(self, name: bytes, body: bytes, size: int) -> Part:
        if name == b"ds64":
            self._long_size = struct.unpack_from("<Q", body.ljust(16, b"\0"), 8)[0]
            return Part(Kind.OTHER, size)
        self.sample_size = WaveFormat.parse(body).sample_size
        return Part(Kind.FORMAT, size, body)

    def _parse_unknown(self) -> Part:
        if self._is_end_confirmed:
            return Part(Kind.REST, sys.maxsize)
        if not self._has_sound:
            return Part(Kind.DAMAGED, 0)
        self.sound_left = endless(self.sample_size)
        return Part(Kind.MORE_SOUND, 0)


def is_riff(head: bytes) -> bool | None:
    """Whether a stream that begins with these bytes is a WAV file; None if more bytes are needed to decide."""
    if len(head) < HEADER_SIZE and any(magic.startswith(head[:4]) for magic in MAGICS):
        return None
    return head[:4] in MAGICS and head[8:12] == b"WAVE"


def endless(sample_size: int) -> int:
    """A number of whole samples' bytes that is larger than any file."""
    return sys.maxsize // max(1, sample_size) * max(1, sample_size)


def _is_name(name: bytes | bytearray) -> bool:
    return name.replace(b" ", b"").isalnum()
