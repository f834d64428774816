"""AIFF, CAF and W64 files whose header counts too little sound: left by a crash, or written to a pipe."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO, NamedTuple

from .rebuilt_file import RebuiltFile

_MAX_CHUNKS = 1000
_MAX_HEADER = 1 << 20  # bytes before the sound
_W64_GUID = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # of most chunks, after four letters


class _Container(NamedTuple):
    """How a container lays its chunks out: an id, a size, a body, zeros up to a multiple of `alignment`.

    `sound`: the id of the sound. `own_size`: what the size counts besides the body.
    """

    magic: bytes
    first: int  # offset of the first chunk
    sound: bytes
    size: struct.Struct
    own_size: int
    alignment: int

    @property
    def head(self) -> int:
        """Bytes of a chunk before its body."""
        return len(self.sound) + self.size.size


_CONTAINERS = [
    _Container(b"FORM", 12, b"SSND", struct.Struct(">I"), 0, 2),
    _Container(b"caff", 8, b"data", struct.Struct(">q"), 0, 1),
    _Container(b"riff\x2e\x91\xcf\x11", 40, b"data" + _W64_GUID, struct.Struct("<q"), 24, 8),
]


def with_all_sound(file: BinaryIO) -> BinaryIO:
    """The same file with a header that counts the sound up to its end, where no chunk follows the sound that it counts;
    a correct file, or one of another container, as it is. Leaves the file at its beginning."""
    file.seek(0)
    magic = file.read(8)
    end = file.seek(0, 2)
    container = next((each for each in _CONTAINERS if magic.startswith(each.magic)), None)
    body = None if container is None else _short_sound(file, container, end)
    file.seek(0)
    if container is None or body is None:
        return file
    header = file.read(body - container.size.size)
    file.seek(0)
    size = container.size.pack(end - body + container.own_size)
    return io.BufferedReader(RebuiltFile(file, header + size, [(body, end - body)]))


def _short_sound(file: BinaryIO, container: _Container, end: int) -> int | None:
    """The offset of the sound if it goes on behind its chunk, else None."""
    position = container.first
    for _ in range(_MAX_CHUNKS):
        chunk = _chunk(file, container, position, end)
        if chunk is None or position + container.head > _MAX_HEADER:
            return None
        name, following = chunk
        if name == container.sound:
            is_followed = end - following < container.head or _is_chunk(file, container, following, end)
            return None if is_followed else position + container.head
        position = following
    return None


def _chunk(file: BinaryIO, container: _Container, position: int, end: int) -> tuple[bytes, int] | None:
    """The id of the chunk at a position and where the next one is: beyond `end` where it has all the rest."""
    file.seek(position)
    head = file.read(container.head)
    if len(head) < container.head:
        return None
    (size,) = container.size.unpack(head[len(container.sound) :])
    body = position + container.head
    if size == -1 and not container.own_size:  # CAF: up to the end
        return head[: len(container.sound)], end
    following = body + max(0, size - container.own_size)
    return head[: len(container.sound)], following + -(following) % container.alignment


def _is_chunk(file: BinaryIO, container: _Container, position: int, end: int) -> bool:
    chunk = _chunk(file, container, position, end)
    return chunk is not None and chunk[0][:4].isascii() and chunk[0][:4].decode().isprintable() and chunk[1] <= end + 1
