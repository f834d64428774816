"""The length of ID3 tags, which may precede the frames of an MP3 or ADTS stream."""

from __future__ import annotations

ID3_MAGIC = b"ID3"
ID3_HEADER_SIZE = 10
"""Bytes of a tag's header."""


def id3_size(header: bytes | bytearray) -> int:
    """The bytes of a whole tag, from its header; 0 if these bytes are not a tag's header.

    The size is stored as four groups of 7 bits, and does not count the header itself.
    """
    if not header.startswith(ID3_MAGIC) or len(header) < ID3_HEADER_SIZE:
        return 0
    size = sum((byte & 127) << shift for byte, shift in zip(header[6:10], (21, 14, 7, 0), strict=True))
    return ID3_HEADER_SIZE + size
