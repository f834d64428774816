"""MP3, AAC and AMR as they come: bytes cut anywhere to frames, each of which tells its own length.

FFmpeg's parsers would take any two bytes for a header, and keep what follows none without a bound. Here a frame counts
once others follow where it says that they do, so that what is something else is known as such, and soon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .packets import Codec, Source


class Framing(NamedTuple):
    """How the frames of a format follow one another.

    Attributes:
        codec: what decodes them.
        size: the bytes of a header that tell how long its frame is.
        start: how a header may begin, or the last bytes of what has come.
        length: a frame's length in bytes by its header, 0 where that is none.
        shared: those bits of a header's first four bytes that are the same in all frames of a stream.
        proof: how many headers in a row are no accident.
        magic: what may stand before the first frame, and is proof enough.
        delay: the encoder's delay in seconds, where a stream's first frame is there to tell it and has no sound.
    """

    codec: Codec
    size: int
    start: re.Pattern[bytes]
    length: Callable[[bytes], int]
    shared: int
    proof: int
    magic: bytes = b""
    delay: Callable[[bytes], float | None] = lambda _frame: None


class Framed(Source):
    """The frames of `MP3`, `ADTS` or `AMR`. ID3 tags before and between them are passed over."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._rest = bytearray()
        self._tag = 0  # bytes of it that are still to come
        self._kind: int | None = None  # what the frames share; None while it is not known where one begins
        self._is_begun = False

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """The frames that these bytes make complete."""
        self._rest += data
        return self._frames(is_end=False)

    def finish(self) -> Iterator[Codec | bytes]:
        """The frames that still waited for others to follow."""
        yield from self._frames(is_end=True)
        self._drop(len(self._rest))

    def _frames(self, is_end: bool) -> Iterator[Codec | bytes]:
        rest, framing = self._rest, self._framing
        while self._finds(is_end) and (length := framing.length(self._head(0))) <= len(rest):
            frame = bytes(rest[:length])
            del rest[:length]
            delay = None
            if not self._is_begun:
                self._is_begun, delay = True, framing.delay(frame)
                yield framing.codec._replace(delay=delay or 0.0)
            if delay is None:
                yield frame

    def _finds(self, is_end: bool) -> bool:
        """Whether a frame begins the rest, after all before it is dropped; False where more bytes must tell."""
        rest = self._rest
        while rest:
            if self._kind is None and not self._passes_tag(is_end):
                return False
            if self._kind is not None:
                if len(self._head(0)) < self._framing.size:
                    return False
                if self._kind_of(self._head(0)) == self._kind:
                    return True
                self._kind = None
            elif (is_proven := self._proof(is_end)) is None:
                return False
            elif is_proven:
                self._kind = self._kind_of(self._head(0))
            else:
                found = self._framing.start.search(rest, 1)
                self._drop(found.start() if found else len(rest))
        return False

    def _drop(self, count: int) -> None:
        self.skipped += count
        del self._rest[:count]

    def _passes_tag(self, is_end: bool) -> bool:
        """Leave out a tag, which may hold a picture of any size; False while it goes on."""
        rest, magic = self._rest, self._framing.magic
        if not self._tag and magic and rest.startswith(magic):
            self._tag, self._kind = len(magic), 0
        elif not self._tag and rest.startswith(b"ID3") and len(rest) >= 10:
            self._tag = 10 + sum((byte & 127) << shift for byte, shift in zip(rest[6:10], (21, 14, 7, 0), strict=True))
        elif not self._tag and not is_end and (magic.startswith(rest) or rest[:3] == b"ID3"[: len(rest)]):
            return False
        passed = min(self._tag, len(rest))
        self._tag -= passed
        del rest[:passed]
        return not self._tag

    def _proof(self, is_end: bool) -> bool | None:
        """Whether enough headers follow one another from here; None where more bytes must tell."""
        at, kind = 0, self._kind_of(self._head(0))
        for number in range(self._framing.proof):
            head = self._head(at)
            if is_end and at == len(self._rest):  # what has nothing before it and nothing behind it is no accident
                return number > 0 and (self._is_begun or not self.skipped)
            if len(head) < self._framing.size:
                return False if is_end else None
            if kind is None or self._kind_of(head) != kind:
                return False
            at += self._framing.length(head)
        return True

    def _head(self, at: int) -> bytes:
        """The header there, or what has come of it."""
        return bytes(self._rest[at : at + self._framing.size])

    def _kind_of(self, head: bytes) -> int | None:
        """What a header shares with the others of its stream; None where it is no header."""
        is_header = len(head) == self._framing.size and self._framing.length(head)
        return int.from_bytes(head[:4], "big") & self._framing.shared if is_header else None


_MP3_KBPS = (
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
)
_MP3_RATES = ((11025, 12000, 8000), (), (22050, 24000, 16000), (44100, 48000, 32000))  # MPEG-2.5, -, 2, 1
_MP3_DECODER_DELAY = 529  # samples


def _mp3_length(head: bytes) -> int:
    version, layer, bit_rate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if head[0] != 0xFF or head[1] < 0xE0 or version == 1 or layer != 1 or not 0 < bit_rate < 15 or rate == 3:
        return 0
    bits = (144_000 if version == 3 else 72_000) * _MP3_KBPS[version == 3][bit_rate]
    return bits // _MP3_RATES[version][rate] + (head[2] >> 1 & 1)


def _mp3_delay(frame: bytes) -> float | None:
    """Of a frame with an index and, since LAME, the encoder's delay in samples, in place of sound."""
    version, rate, is_mono = frame[1] >> 3 & 3, frame[2] >> 2 & 3, frame[3] >> 6 == 3
    at = 4 + ((17 if is_mono else 32) if version == 3 else (9 if is_mono else 17))
    if frame[36:40] == b"VBRI":
        return 0.0
    if frame[at : at + 4] not in (b"Xing", b"Info"):
        return None
    parts = frame[at + 7] if len(frame) > at + 7 else 0
    at += 8 + sum(size for bit, size in enumerate((4, 4, 100, 4)) if parts >> bit & 1) + 21
    samples = int.from_bytes(frame[at : at + 2], "big") >> 4
    return (samples + _MP3_DECODER_DELAY) / _MP3_RATES[version][rate] if samples else 0.0


def _adts_length(head: bytes) -> int:
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    is_header = head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13
    return length if is_header and length > 7 else 0


_AMR_LENGTHS = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)  # 8: a silence described, 15: nothing sent


def _amr_length(head: bytes) -> int:
    return 0 if head[0] & 0x83 else _AMR_LENGTHS[head[0] >> 3 & 15]


MP3 = Framing(
    Codec(("mp3float",)),
    size=4,
    start=re.compile(rb"\xff(?:[\xe2\xe3\xf2\xf3\xfa\xfb]|\Z)"),
    length=_mp3_length,
    shared=0xFFFE0C00,
    proof=2,
    delay=_mp3_delay,
)
ADTS = Framing(
    Codec(("aac",)),
    size=7,
    start=re.compile(rb"\xff(?:[\xf0\xf1\xf8\xf9]|\Z)"),
    length=_adts_length,
    shared=0xFFFEFDC0,
    proof=2,
)
# FFmpeg's own decoder leaves out the pauses that a telephone did not send, and all words behind them would be early.
AMR = Framing(
    Codec(("libopencore_amrnb", "amrnb")),
    size=1,
    start=re.compile(b"[%s]" % re.escape(bytes(byte for byte in range(128) if _amr_length(bytes([byte]))))),
    length=_amr_length,
    shared=0,
    proof=8,
    magic=b"#!AMR\n",
)
