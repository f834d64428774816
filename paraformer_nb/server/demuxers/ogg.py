"""Ogg as it comes: bytes cut anywhere to the packets of Opus or Speex in them (RFC 3533, RFC 7845)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from .packets import RATES, Codec, Source

_HEAD = struct.Struct("<4sBBqIIIB")  # mark, version, flags, granule position, serial, sequence, checksum, lacing values
_CHECKSUM = slice(22, 26)
_CONTINUED, _FIRST = 1, 2
_LONGEST = 0x10000  # bytes; no packet of sound is longer, but one of tags may be, with a picture in it
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Page(NamedTuple):
    size: int
    flags: int
    serial: int
    sequence: int
    pieces: list[bytes]
    is_open: bool  # whether the last piece goes on in the next page


class Ogg(Source):
    """The packets of the first stream of Opus or Speex in an Ogg stream, and of those that are chained behind it."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._serial: int | None = None  # of the stream that is heard
        self._sequence = 0  # of its next page
        self._headers = 0  # packets of it to pass over until there is sound
        self._is_begun = False  # whether it is past its first page
        self._packet: bytes | None = None  # begun in an earlier page

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """The packets of the pages that these bytes make complete."""
        self._rest += data
        while (page := self._page()) is not None:
            if page.flags & _FIRST and (self._serial is None or self._is_begun) and (found := _codec(page.pieces)):
                codec, self._headers = found
                self._serial, self._sequence, self._is_begun, self._packet = page.serial, page.sequence + 1, False, None
                yield codec
            elif page.serial == self._serial:
                self._is_begun = True
                yield from self._packets(page)
            elif self._serial is None and not page.flags & _FIRST:
                self.skipped += page.size

    def finish(self) -> Iterator[Codec | bytes]:
        """Nothing: a page that is cut off cannot be checked."""
        self._drop(len(self._rest))
        return iter(())

    def _drop(self, count: int) -> None:
        self.skipped += count
        del self._rest[:count]

    def _page(self) -> _Page | None:
        """The next page whose checksum is right; None where more bytes are needed."""
        rest = self._rest
        while True:
            at = rest.find(b"OggS")
            self._drop(at if at >= 0 else max(0, len(rest) - 3))
            if len(rest) < _HEAD.size:
                return None
            _, version, flags, _, serial, sequence, _, count = _HEAD.unpack_from(rest)
            body = _HEAD.size + count
            lacing = bytes(rest[_HEAD.size : body])
            end = body + sum(lacing)
            if version == 0 and (len(lacing) < count or len(rest) < end):
                return None
            if version == 0 and _is_intact(bytes(rest[:end])):
                page = _Page(end, flags, serial, sequence, *_pieces(bytes(rest[body:end]), lacing))
                del rest[:end]
                return page
            self._drop(4)

    def _packets(self, page: _Page) -> Iterator[bytes]:
        """What a page of the stream completes. Of a packet, a part of which is lost, the other parts are left out."""
        pieces, begun = page.pieces, self._packet
        if page.sequence != self._sequence:
            self.skipped += len(begun or b"")
            begun = None
        if page.flags & _CONTINUED and pieces:
            first = pieces.pop(0)
            if begun is None:
                self.skipped += len(first)
            else:
                pieces.insert(0, (begun + first)[:_LONGEST])
        self._sequence = page.sequence + 1
        self._packet = pieces.pop() if page.is_open and pieces else None
        for packet in pieces:
            if self._headers:
                self._headers -= 1
            elif packet:  # to FFmpeg an empty one is the end
                yield packet


def _is_intact(page: bytes) -> bool:
    """By Ogg's checksum: zlib's, but the bits of each byte run the other way, and it begins at zero."""
    blank = page[: _CHECKSUM.start] + bytes(4) + page[_CHECKSUM.stop :]
    checksum = zlib.crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return checksum.to_bytes(4, "big").translate(_REVERSED) == page[_CHECKSUM]


def _pieces(body: bytes, lacing: bytes) -> tuple[list[bytes], bool]:
    """A page's packets or parts of them, and whether the last is such a part."""
    pieces, begin, at = [], 0, 0
    for size in lacing:
        at += size
        if size < 255:
            pieces.append(body[begin:at])
            begin = at
    is_open = lacing[-1:] == b"\xff"
    return ([*pieces, body[begin:]] if is_open else pieces), is_open


def _codec(pieces: list[bytes]) -> tuple[Codec, int] | None:
    """What decodes a stream with this first page, and how many headers are to come; None for what is not ours."""
    head = pieces[0] if pieces else b""
    if head.startswith(b"OpusHead"):
        return Codec(("opus",), head), 1
    if head.startswith(b"Speex   ") and len(head) >= 80:
        (rate,), (headers,) = struct.unpack_from("<I", head, 36), struct.unpack_from("<I", head, 68)
        return (Codec(("speex",), head), 1 + headers) if rate in RATES else None
    return None
