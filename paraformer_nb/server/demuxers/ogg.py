"""Demux Ogg as it arrives: bytes cut anywhere to packets of Opus or Speex (RFC 3533, RFC 7845).

FFmpeg's demuxer on a pipe was measured beside it (tests/benchmarks/demuxers.py): it holds back no more sound (0 to
8 ms), but needs a thread per task, 30 to 50 % more CPU and 0.1 MiB more memory per task, and does not report skipped
bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from .demuxer import SAMPLE_RATES, Codec, Demuxer

# Capture pattern, version, flags, granule position, serial number, sequence number, checksum, number of lacing values.
_HEADER = struct.Struct("<4sBBqIIIB")
_CHECKSUM = slice(22, 26)
_CONTINUED = 1
_FIRST = 2
_MAX_PACKET = 0x10000  # bytes; audio packets are shorter, but tags with a picture may be longer
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Page(NamedTuple):
    size: int
    flags: int
    serial: int
    sequence: int
    segments: list[bytes]
    """Packets, or parts of packets at the page's beginning and end."""
    is_continued: bool
    """Whether the last segment continues in the next page."""


class OggDemuxer(Demuxer):
    """Demuxes the first Opus or Speex stream in Ogg, and the streams chained after it."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._serial: int | None = None  # of the selected stream
        self._next_sequence = 0
        self._headers_left = 0  # header packets before the audio packets
        self._has_second_page = False
        self._partial_packet: bytes | None = None

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """Return the packets of the pages that these bytes complete."""
        self._buffer += data
        while (page := self._read_page()) is not None:
            is_selectable = page.flags & _FIRST and (self._serial is None or self._has_second_page)
            if is_selectable and (identified := _identify(page.segments)):
                codec, self._headers_left = identified
                self._select(page)
                yield codec
            elif page.serial == self._serial:
                self._has_second_page = True
                yield from self._packets(page)
            elif self._serial is None and not page.flags & _FIRST:
                self.skipped += page.size

    def finish(self) -> Iterator[Codec | bytes]:
        """Return nothing: the checksum of an incomplete page cannot be verified."""
        self._skip(len(self._buffer))
        return iter(())

    def _select(self, first: _Page) -> None:
        self._serial = first.serial
        self._next_sequence = first.sequence + 1
        self._has_second_page = False
        self._partial_packet = None

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._buffer[:count]

    def _read_page(self) -> _Page | None:
        """The next page with a correct checksum; None if more bytes are needed."""
        buffer = self._buffer
        while True:
            start = buffer.find(b"OggS")
            self._skip(start if start >= 0 else max(0, len(buffer) - 3))
            if len(buffer) < _HEADER.size:
                return None
            _, version, flags, _, serial, sequence, _, count = _HEADER.unpack_from(buffer)
            body = _HEADER.size + count
            lacing = bytes(buffer[_HEADER.size : body])
            end = body + sum(lacing)
            if version == 0 and (len(lacing) < count or len(buffer) < end):
                return None
            if version == 0 and _is_intact(bytes(buffer[:end])):
                page = _Page(end, flags, serial, sequence, *_split(bytes(buffer[body:end]), lacing))
                del buffer[:end]
                return page
            self._skip(4)

    def _packets(self, page: _Page) -> Iterator[bytes]:
        """The packets that a page of the selected stream completes; incomplete ones are skipped."""
        segments = page.segments
        partial = self._partial_packet
        if page.sequence != self._next_sequence:
            self.skipped += len(partial or b"")
            partial = None
        if page.flags & _CONTINUED and segments:
            first = segments.pop(0)
            if partial is None:
                self.skipped += len(first)
            else:
                segments.insert(0, (partial + first)[:_MAX_PACKET])
        self._next_sequence = page.sequence + 1
        self._partial_packet = segments.pop() if page.is_continued and segments else None
        for packet in segments:
            if self._headers_left:
                self._headers_left -= 1
            elif packet:  # to FFmpeg an empty packet is the end of the stream
                yield packet


def _is_intact(page: bytes) -> bool:
    """Whether the page's checksum is right: zlib's, but with reversed bits and an initial value of zero."""
    blank = page[: _CHECKSUM.start] + bytes(4) + page[_CHECKSUM.stop :]
    checksum = zlib.crc32(blank.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return checksum.to_bytes(4, "big").translate(_REVERSED_BITS) == page[_CHECKSUM]


def _split(body: bytes, lacing: bytes) -> tuple[list[bytes], bool]:
    """A page's segments, and whether the last one continues in the next page."""
    segments = []
    begin = end = 0
    for size in lacing:
        end += size
        if size < 255:
            segments.append(body[begin:end])
            begin = end
    is_continued = lacing[-1:] == b"\xff"
    return ([*segments, body[begin:]] if is_continued else segments), is_continued


def _identify(segments: list[bytes]) -> tuple[Codec, int] | None:
    """The codec of a stream with this first page, and its number of further header packets; None if unsupported."""
    header = segments[0] if segments else b""
    if header.startswith(b"OpusHead"):
        return Codec(("opus",), header), 1
    if header.startswith(b"Speex   ") and len(header) >= 80:
        (rate,) = struct.unpack_from("<I", header, 36)
        (extra_headers,) = struct.unpack_from("<I", header, 68)
        return (Codec(("speex",), header), 1 + extra_headers) if rate in SAMPLE_RATES else None
    return None
