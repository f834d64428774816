"""A user's file object that can seek, read as a file of our own."""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import Any, BinaryIO, cast

from ..errors import AudioError, ParameterError
from .claims import attribute, claim, plain_file, release

_BUFFER = 64 * 1024  # bytes
_MAX_SIZE = sys.maxsize  # bytes; what a position can be


def can_seek(file: Any) -> bool:
    """Whether a file object can be read from any position. A closed one can: `GivenFile` reports that it is closed."""
    if attribute(file, "closed", False):
        return True
    try:
        if hasattr(file, "seekable"):
            return bool(file.seekable())
        file.seek(file.tell())  # mmap has no `seekable` before Python 3.13
    except Exception:  # noqa: BLE001 - it may raise anything, such as AttributeError for a member of a tar stream
        return False
    return True


class GivenFile(io.RawIOBase):
    """A user's file object, read from its beginning. Closing this does not close it.

    It keeps a position of its own, so the user may move the object's position meanwhile. Whatever the object does wrong
    becomes an AudioError that names it.
    """

    def __init__(self, file: Any, name: str) -> None:
        """Raises AudioError if another run is reading the object, or it is closed."""
        self._file = file
        self._name = name
        self._position = 0
        self._plain = _regular_file(file)
        self._check_open()
        claim(file, self, name)

    def buffered(self) -> BinaryIO:
        """Make the file to read from, whose `read` is never short."""
        return cast(BinaryIO, io.BufferedReader(self, _BUFFER))

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position that is read next, and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence)
        self._position = max(0, (self._size() if base is None else base) + offset)
        return self._position

    def tell(self) -> int:
        """The position that is read next."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read at most as many bytes as the buffer holds."""
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Let others read the object."""
        if not self.closed:
            release(self._file, self)
        super().close()

    def _size(self) -> int:
        self._check_open()
        try:
            if self._plain is not None:
                self._flush()
                return os.fstat(self._plain.fileno()).st_size
            self._file.seek(0, io.SEEK_END)  # it returns nothing in mmap before Python 3.13
            size = int(self._file.tell())
            if not 0 <= size <= _MAX_SIZE:
                raise ValueError(f"its end is at {size}")
        except Exception as error:
            raise self._failure(error) from error
        return size

    def _read(self, size: int) -> bytes:
        self._check_open()
        try:
            if self._plain is not None:  # whatever moves its position meanwhile, on another thread or descriptor
                self._flush()
                return os.pread(self._plain.fileno(), size, self._position)
            self._file.seek(self._position)
            data = self._file.read(size)
        except Exception as error:
            raise self._failure(error) from error
        return checked_bytes(data, size, self._name)

    def _flush(self) -> None:
        """Write what the user wrote, so that it is read."""
        if self._file.writable():
            self._file.flush()

    def _check_open(self) -> None:
        if attribute(self._file, "closed", False):
            raise AudioError(
                f"{self._name!r} was closed before it was read to its end. What was recognised before is kept. Keep "
                "the file object open until the run has ended (run.wait()), or give its path or its bytes."
            )

    def _failure(self, error: Exception) -> AudioError:
        return read_failure(self._name, error)


def _regular_file(file: Any) -> io.FileIO | None:
    """The file on disk whose bytes a file object gives, where it can be read without moving its position."""
    plain = plain_file(file)
    try:
        is_regular = plain is not None and plain.readable() and stat.S_ISREG(os.fstat(plain.fileno()).st_mode)
    except (OSError, ValueError):  # it is closed, or its descriptor is
        return None
    return plain if is_regular and hasattr(os, "pread") else None  # Windows has no pread


def read_failure(name: str, error: Exception) -> AudioError:
    """The error for a file object that raised one: it may raise anything."""
    return AudioError(
        f"{name!r} cannot be read ({type(error).__name__}: {error}). What was recognised before is kept. Give its path "
        "or its bytes."
    )


def checked_bytes(data: Any, size: int, name: str) -> bytes:
    """Check what a file object's `read(size)` returned.

    Raises ParameterError if it is text, AudioError if it is not bytes, or more than was asked for.
    """
    if isinstance(data, str):
        raise ParameterError(f"{name!r} was opened as text. Open it with mode 'rb'.")
    if data is None:
        raise AudioError(
            f"the read() of {name!r} returned None, not bytes: it does not wait for what is not there yet. What was "
            "recognised before is kept. Make it wait (set it to blocking), or give a path or bytes."
        )
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise AudioError(
            f"the read() of {name!r} returned {type(data).__name__}, not bytes: give a binary file object, a path or "
            "bytes."
        )
    received = bytes(data)  # a memoryview may count items that are larger
    if len(received) > size:
        raise AudioError(f"the read({size}) of {name!r} returned {len(received)} bytes. Give its path or its bytes.")
    return received
