"""A sound track's length, where its file says it for sure.

FFmpeg estimates a length for every file: from the bit rate, from another track's, from the last time stamp. Such a
length may be short of the sound, or beyond it.
"""

from __future__ import annotations

import re
import struct
from itertools import pairwise
from typing import TYPE_CHECKING, Any, BinaryIO

from .id3 import ID3_HEADER_SIZE, id3_size

if TYPE_CHECKING:
    from av.container import InputContainer

_COUNTED = {"aiff", "au", "caf", "w64", "wav"}  # containers that count the bytes of the sound: sure for plain PCM
_WHOLE = {"ape", "dsf", "tta", "wv"}  # containers whose header counts the samples
_MAX_TAGS = 10  # ID3 tags in a row
_MAX_BOXES = 1000  # of an MP4 file
_TAIL = 1 << 16  # bytes; no Ogg page is longer
_LATE = 0.05  # seconds; encoders' delays are shorter
_HEAD = 1 << 16  # bytes in which the first Ogg page of every track lies
_OTHER_SIZE = 1 / 16  # of an MP3's size: what tags at its end may add
_TAG_DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def sure_length(container: InputContainer, stream: Any, file: BinaryIO, origin: float) -> float | None:
    """The position of the sound's end in seconds after `origin` on the stream's clock; None where it is not sure.

    The position of `file` is not kept.
    """
    formats = set(container.format.name.split(","))
    if "matroska" in formats:
        return _matroska_length(container, stream, origin)
    if stream.duration is None or stream.time_base is None or not _is_counted(formats, stream, file):
        return None
    start = stream.start_time or 0
    return float((start + stream.duration) * stream.time_base) - (origin if stream.start_time is not None else 0.0)


def _is_counted(formats: set[str], stream: Any, file: BinaryIO) -> bool:
    """Whether the stream's duration counts its own samples."""
    if "mov" in formats:
        return not _is_fragmented(file)
    if "mp3" in formats:
        return _has_frame_count(file)
    if "ogg" in formats:  # whose duration FFmpeg counts from 0, also where the first packets are missing
        start = float((stream.start_time or 0) * stream.time_base)
        return start < _LATE and _is_one_ogg(file)
    if "flac" in formats:
        return _has_sample_count(file)
    return bool(formats & _WHOLE) or bool(formats & _COUNTED and stream.codec_context.name.startswith("pcm_"))


def _matroska_length(container: InputContainer, stream: Any, origin: float) -> float | None:
    """The track's own length, which a muxer writes as a tag, or the file's where there is no other track."""
    if match := _TAG_DURATION.match(stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = match.groups()
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds) - origin
    is_estimated = stream.duration is not None  # by FFmpeg, for a file that does not say it
    if container.duration is None or is_estimated or len(container.streams) > 1:
        return None
    return float(container.duration / 1_000_000) - origin


def _is_fragmented(file: BinaryIO) -> bool:
    """Whether an MP4 file was written in fragments, whose sum is not known before all were read."""
    end = file.seek(0, 2)
    position = 0
    for _ in range(_MAX_BOXES):
        file.seek(position)
        head = file.read(16)
        if len(head) < 16:
            return False
        size, name = struct.unpack_from(">I4s", head)
        if name == b"moof":
            return True
        size = struct.unpack_from(">Q", head, 8)[0] if size == 1 else size or end
        position += max(8, size)
    return True


def _after_tags(file: BinaryIO) -> int:
    """The offset behind the ID3 tags at the beginning."""
    position = 0
    for _ in range(_MAX_TAGS):
        file.seek(position)
        size = id3_size(file.read(ID3_HEADER_SIZE))
        if not size:
            break
        position += size
    return position


def _has_frame_count(file: BinaryIO) -> bool:
    """Whether an MP3 file counts its frames, and all of them: joined files have the count of the first one only."""
    begin = _after_tags(file)
    end = file.seek(0, 2)
    file.seek(begin)
    head = file.read(2048)
    for mark in (b"Xing", b"Info"):
        at = head.find(mark)
        if at < 0 or len(head) < at + 16:
            continue
        flags, _, size = struct.unpack_from(">III", head, at + 4)
        if flags & 3 == 3:  # has both counts, of frames and of bytes
            return bool(end - begin - size <= size * _OTHER_SIZE)
    return b"VBRI" in head


def _is_one_ogg(file: BinaryIO) -> bool:
    """Whether an Ogg file is one recording from its beginning on.

    Of several joined ones the last page belongs to a track that the first page does not know. One that was captured
    from a station does not begin at 0: its first page ends later than pages are long.
    """
    file.seek(0)
    head = file.read(_HEAD)
    tracks: dict[bytes, list[int]] = {}  # the positions at which each track's first pages end
    position = 0
    while head[position : position + 4] == b"OggS" and len(head) > position + 27:
        flags, granule, serial = struct.unpack_from("<Bq4s", head, position + 5)
        if flags & 2:  # the first page of a track
            if any(tracks.values()):
                return False  # of another recording, which follows
            tracks[serial] = []
        elif granule > 0 and serial in tracks:
            tracks[serial].append(granule)
        count = head[position + 26]
        position += 27 + count + sum(head[position + 27 : position + 27 + count])
    for ends in tracks.values():
        if len(ends) > 1 and ends[0] > 2 * max(after - before for before, after in pairwise(ends)):
            return False
    file.seek(max(0, file.seek(0, 2) - _TAIL))
    tail = file.read(_TAIL)
    last = tail.rfind(b"OggS")
    return last >= 0 and tail[last + 14 : last + 18] in tracks


def _has_sample_count(file: BinaryIO) -> bool:
    """Whether a FLAC file counts its samples; an encoder that writes to a pipe leaves 0."""
    file.seek(_after_tags(file))
    head = file.read(26)
    return head[:4] == b"fLaC" and bool(head[21] & 15 or any(head[22:26]))  # https://www.rfc-editor.org/rfc/rfc9639
