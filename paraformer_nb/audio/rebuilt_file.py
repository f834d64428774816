"""A file with another header: what a program that reads it expects there, before the sound as it is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO


class RebuiltFile(io.RawIOBase):
    """A view of a file: a header, then (offset, size) parts of the file. The file stays open."""

    def __init__(self, file: BinaryIO, header: bytes, parts: Sequence[tuple[int, int]]) -> None:
        self._file = file
        self._header = header
        self._parts = parts
        self._starts = list(accumulate((size for _, size in parts), initial=len(header)))
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, self._starts[-1])[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _read(self, count: int) -> bytes:
        position = self._position
        if position < len(self._header):
            return self._header[position : position + count]
        for (offset, size), start in zip(self._parts, self._starts, strict=False):
            if position < start + size:
                self._file.seek(offset + position - start)
                return self._file.read(min(count, start + size - position))
        return b""
