"""Write Opus packets to a WebM file with exact timestamps.

Written by hand, because a general muxer shifts timestamps by the encoder's delay and rounds them. Here packets lie on a
grid of 20 ms and nothing is to be skipped (pre-skip 0), so that windows of one clip join exactly, to the sample.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from .opus import OPUS_RATE, PACKET_MS

_CLUSTER = 250  # packets; 5 s, with one entry of the index each
_PREROLL_NS = 80_000_000  # of audio that an Opus decoder should decode before the position of a seek

# https://www.matroska.org/technical/elements.html
_EBML, _DOC_TYPE, _DOC_VERSION, _DOC_READ_VERSION = 0x1A45DFA3, 0x4282, 0x4287, 0x4285
_SEGMENT, _INFO, _TIMESTAMP_SCALE, _DURATION, _MUXER, _WRITER = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489, 0x4D80, 0x5741
_TRACKS, _ENTRY, _NUMBER, _UID, _TYPE, _CODEC, _PRIVATE = 0x1654AE6B, 0xAE, 0xD7, 0x73C5, 0x83, 0x86, 0x63A2
_CODEC_DELAY, _SEEK_PREROLL, _AUDIO, _FREQUENCY, _CHANNELS = 0x56AA, 0x56BB, 0xE1, 0xB5, 0x9F
_CUES, _POINT, _CUE_TIME, _POSITIONS, _CUE_TRACK, _CUE_CLUSTER = 0x1C53BB6B, 0xBB, 0xB3, 0xB7, 0xF7, 0xF1
_CLUSTER_ID, _TIMESTAMP, _SIMPLE_BLOCK = 0x1F43B675, 0xE7, 0xA3


def webm(packets: Sequence[bytes], first_ms: int = 0, *, is_whole: bool = False) -> bytes:
    """A WebM file of Opus packets of 20 ms each, the first of them at `first_ms`.

    A whole file has a duration and an index. A window of a longer clip has neither: a player would mistake its end for
    the clip's.
    """
    info = [_uint(_TIMESTAMP_SCALE, 1_000_000), _element(_MUXER, b"paraformer_nb"), _element(_WRITER, b"paraformer_nb")]
    if is_whole:
        info.append(_element(_DURATION, struct.pack(">d", PACKET_MS * len(packets))))
    clusters = [
        _cluster(packets[at : at + _CLUSTER], first_ms + at * PACKET_MS) for at in range(0, len(packets), _CLUSTER)
    ]
    before = _element(_INFO, *info) + _element(_TRACKS, _track())
    index = _index(clusters, first_ms, len(before)) if is_whole else b""
    return _header() + _element(_SEGMENT, before, index, *clusters)


def _header() -> bytes:
    doc_type = _element(_DOC_TYPE, b"webm")
    return _element(_EBML, doc_type, _uint(_DOC_VERSION, 4), _uint(_DOC_READ_VERSION, 2))  # the rest has its defaults


def _track() -> bytes:
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, OPUS_RATE, 0, 0)
    audio = _element(_AUDIO, _element(_FREQUENCY, struct.pack(">d", OPUS_RATE)), _uint(_CHANNELS, 1))
    return _element(
        _ENTRY,
        _uint(_NUMBER, 1),
        _uint(_UID, 1),
        _uint(_TYPE, 2),
        _element(_CODEC, b"A_OPUS"),
        _uint(_CODEC_DELAY, 0),
        _uint(_SEEK_PREROLL, _PREROLL_NS),
        _element(_PRIVATE, head),
        audio,
    )


def _cluster(packets: Sequence[bytes], at_ms: int) -> bytes:
    blocks = (
        _element(_SIMPLE_BLOCK, b"\x81" + struct.pack(">hB", i * PACKET_MS, 0x80) + packet)
        for i, packet in enumerate(packets)
    )
    return _element(_CLUSTER_ID, _uint(_TIMESTAMP, at_ms), *blocks)


def _index(clusters: Sequence[bytes], first_ms: int, offset: int) -> bytes:
    """The offset of each cluster. The index, at `offset`, precedes them; its size does not depend on its content."""

    def index(first_cluster: int) -> bytes:
        points = []
        at = first_cluster
        for number, cluster in enumerate(clusters):
            positions = _element(_POSITIONS, _uint(_CUE_TRACK, 1), _uint(_CUE_CLUSTER, at))
            points.append(_element(_POINT, _uint(_CUE_TIME, first_ms + number * _CLUSTER * PACKET_MS), positions))
            at += len(cluster)
        return _element(_CUES, *points)

    return index(offset + len(index(0)))


def _element(element_id: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = struct.pack(">Q", len(body) | 1 << 56)  # always in eight bytes: simple, and known in advance
    return element_id.to_bytes((element_id.bit_length() + 7) // 8, "big") + size + body


def _uint(element_id: int, value: int) -> bytes:
    return _element(element_id, struct.pack(">Q", value))
