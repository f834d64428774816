"""Demux MP3, ADTS and AMR as they arrive: bytes cut anywhere to frames, whose headers contain their own length.

A frame counts only if more frames follow at the positions that the headers give, so noise is rejected within 64 KiB.
FFmpeg was measured beside it (tests/benchmarks/demuxers.py): its MP3 demuxer on a pipe holds back 180 to 360 ms of
sound, ours 0 ms; its ADTS demuxer ends at the first damaged frame; each needs a thread per task and 30 to 70 % more
CPU. Its parsers decode noise as sound, the one of AMR all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...audio.id3 import ID3_MAGIC, id3_size
from .demuxer import Codec, Demuxer


class Framing(NamedTuple):
    """How a format divides its stream into frames.

    Attributes:
        codec: of the frames.
        header_size: bytes of a header that are needed to compute its frame's length.
        sync: matches the beginning of a header, also if it is cut off by the end of the buffer.
        length: a frame's length in bytes from its header; 0 if the header is invalid.
        stable_bits: the bits of a header's first four bytes that are the same in all frames of a stream.
        sync_run: how many consecutive headers are needed to trust the first one.
        magic: bytes that may precede the first frame; after them one header is enough.
        encoder_delay: seconds, if the frame is an index frame without sound; None for a frame with sound.
    """

    codec: Codec
    header_size: int
    sync: re.Pattern[bytes]
    length: Callable[[bytes], int]
    stable_bits: int
    sync_run: int
    magic: bytes = b""
    encoder_delay: Callable[[bytes], float | None] = lambda _frame: None


class FrameDemuxer(Demuxer):
    """Demuxes `MP3`, `ADTS` or `AMR`. ID3 tags before and between frames are ignored."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._buffer = bytearray()
        self._tag_left = 0  # bytes of an ID3 tag still to be discarded
        self._signature: int | None = None  # the frames' stable bits; None while out of sync
        self._has_codec = False

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """Return the frames that these bytes complete."""
        self._buffer += data
        return self._frames(is_end=False)

    def finish(self) -> Iterator[Codec | bytes]:
        """Return the frames that waited for others to follow."""
        yield from self._frames(is_end=True)
        self._skip(len(self._buffer))

    def _frames(self, is_end: bool) -> Iterator[Codec | bytes]:
        buffer = self._buffer
        framing = self._framing
        while self._synchronise(is_end) and (length := framing.length(self._header(0))) <= len(buffer):
            frame = bytes(buffer[:length])
            del buffer[:length]
            delay = None
            if not self._has_codec:
                self._has_codec = True
                delay = framing.encoder_delay(frame)
                yield framing.codec._replace(delay=delay or 0.0)
            if delay is None:
                yield frame

    def _synchronise(self, is_end: bool) -> bool:
        """Skip bytes until a frame begins the buffer; False if more bytes are needed to decide."""
        buffer = self._buffer
        while buffer:
            if self._signature is None and not self._discard_tag(is_end):
                return False
            if self._signature is not None:
                if len(self._header(0)) < self._framing.header_size:
                    return False
                if self._signature_of(self._header(0)) == self._signature:
                    return True
                self._signature = None
            elif (is_frame := self._begins_with_frames(is_end)) is None:
                return False
            elif is_frame:
                self._signature = self._signature_of(self._header(0))
            else:
                match = self._framing.sync.search(buffer, 1)
                self._skip(match.start() if match else len(buffer))
        return False

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._buffer[:count]

    def _discard_tag(self, is_end: bool) -> bool:
        """Discard an ID3 tag (which may contain a picture of any size) or the magic; False while it continues."""
        buffer = self._buffer
        magic = self._framing.magic
        if not self._tag_left and magic and buffer.startswith(magic):
            self._tag_left = len(magic)
            self._signature = 0
        elif not self._tag_left and (size := id3_size(buffer)):
            self._tag_left = size
        elif not self._tag_left and not is_end and (magic.startswith(buffer) or buffer[:3] == ID3_MAGIC[: len(buffer)]):
            return False
        discarded = min(self._tag_left, len(buffer))
        self._tag_left -= discarded
        del buffer[:discarded]
        return not self._tag_left

    def _begins_with_frames(self, is_end: bool) -> bool | None:
        """Whether enough consecutive headers begin here; None if more bytes are needed to decide."""
        position = 0
        signature = self._signature_of(self._header(0))
        for number in range(self._framing.sync_run):
            header = self._header(position)
            if is_end and position == len(self._buffer):  # whole frames up to the end, and nothing else before them
                return number > 0 and (self._has_codec or not self.skipped)
            if len(header) < self._framing.header_size:
                return False if is_end else None
            if signature is None or self._signature_of(header) != signature:
                return False
            position += self._framing.length(header)
        return True

    def _header(self, position: int) -> bytes:
        """The header at that position, or the available part of it."""
        return bytes(self._buffer[position : position + self._framing.header_size])

    def _signature_of(self, header: bytes) -> int | None:
        """The header's stable bits; None if it is not a header."""
        is_header = len(header) == self._framing.header_size and self._framing.length(header)
        return int.from_bytes(header[:4], "big") & self._framing.stable_bits if is_header else None
