"""A pipe's bytes: what cannot seek is read once, as it arrives, and a reading that waits can be interrupted."""

from __future__ import annotations

import io
import os
import re
import selectors
import stat
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..errors import AudioError
from .claims import claim, plain_file, release
from .given_file import checked_bytes, read_failure

_OWN_DESCRIPTOR = re.compile(r"/dev/stdin|(?:/dev/fd|/proc/self/fd)/(\d+)")


class ReadingInterrupted(Exception):
    """The reading was interrupted by `Pipe.interrupt`."""


def is_pipe(path: Path) -> bool:
    """Whether a path names something that exists and is read as it arrives: a named pipe, a terminal, /dev/stdin."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def open_pipe(path: Path) -> io.FileIO:
    """Open a path that is a pipe, without waiting for its writer. Raises OSError."""
    own = _OWN_DESCRIPTOR.fullmatch(str(path))
    if own:  # duplicated: Linux cannot open a socket by such a name
        return io.FileIO(os.dup(int(own[1] or 0)), "rb")
    return io.FileIO(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)), "rb")


class Pipe:
    """A file object that cannot seek: a pipe, a socket's file, an HTTP response. It is read once, on one thread.

    Attributes:
        name: to show.
        can_interrupt: whether `interrupt` ends a reading that waits; else it ends with what arrives next.
    """

    def __init__(self, file: Any, name: str, *, is_own: bool = False) -> None:
        """`is_own`: close the file in the end. Raises AudioError if another run is reading the pipe."""
        self.name = name
        self._file = file
        self._is_interrupted = False
        self._buffer = bytearray()  # was peeked at, or returned beyond what was asked for
        # `read1` does not wait until all is there. That of a wrapper's file would pass by what the wrapper does.
        self._read_some = file.read1 if hasattr(type(file), "read1") else file.read
        with ExitStack() as opened:
            if is_own:
                opened.callback(file.close)
            claim(file, self, name)
            opened.callback(release, file, self)
            self._selector = self._make_selector(opened)
            self._close = opened.pop_all().close
        self.can_interrupt = self._selector is not None

    def _make_selector(self, opened: ExitStack) -> selectors.BaseSelector | None:
        """A selector of the pipe and of `interrupt`; None where the system cannot wait for both."""
        inner = plain_file(self._file)
        if sys.platform == "win32" or inner is None:
            return None
        selector = opened.enter_context(selectors.DefaultSelector())
        try:
            selector.register(inner.fileno(), selectors.EVENT_READ)
        except PermissionError:  # /dev/null and the like never make a reader wait
            return None
        interrupted, self._interrupter = os.pipe()
        opened.callback(os.close, interrupted)
        opened.callback(os.close, self._interrupter)
        selector.register(interrupted, selectors.EVENT_READ)
        return selector

    def seekable(self) -> bool:
        """False."""
        return False

    def read(self, size: int) -> bytes:
        """Return what has arrived, at most `size` bytes; wait for the first one. Empty at the end.

        Raises ReadingInterrupted after `interrupt`, AudioError if the file object raises something.
        """
        if not self._buffer:
            self._receive(size)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end; they are read again."""
        while len(self._buffer) < size and self._receive(size - len(self._buffer)):
            pass
        return bytes(self._buffer[:size])

    def _receive(self, size: int) -> bool:
        """Wait for bytes, and add them to the buffer. Returns False at the end."""
        while True:
            if self._is_interrupted:
                raise ReadingInterrupted
            if self._selector is not None:
                self._selector.select()
                if self._is_interrupted:
                    raise ReadingInterrupted
            try:
                data = self._read_some(size)
            except Exception as error:
                raise read_failure(self.name, error) from error
            if data is None and self._selector is not None:  # not blocking, and another reader was faster
                continue
            received = checked_bytes(data, sys.maxsize, self.name)
            self._buffer += received
            if not received:
                self._check_end()
            return bool(received)

    def _check_end(self) -> None:
        """Raise AudioError where an HTTP response ended before all was there: its `read` does not report that."""
        http = sys.modules.get("http.client")  # the maker of the response has imported it; slow to import
        missing = self._file.length if http is not None and isinstance(self._file, http.HTTPResponse) else None
        if missing:
            raise AudioError(
                f"{self.name!r} ended early: the connection was closed {missing} bytes before its end. What was "
                "recognised before is kept. Download it again, and give its path."
            )

    def interrupt(self) -> None:
        """End the reading, on whatever thread it is. The pipe must not be closed yet."""
        self._is_interrupted = True
        if self._selector is not None:
            os.write(self._interrupter, b"\0")

    def close(self) -> None:
        """Let others read the pipe; close it if it is our own. Not while it is being read."""
        self._close()
