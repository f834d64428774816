"""stdin, stdout and stderr as the shell gives them: with another encoding than UTF-8, closed, or full."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import ParameterError

_ESCAPE = "paraformer_nb.escape"


class StdoutClosed(Exception):
    """stdout is closed, or cannot be written."""


class _Unfailing(io.FileIO):
    """stderr that discards what cannot be written: no message is worth a run."""

    def write(self, data: Any) -> int:
        """Write bytes; all of them count as written."""
        try:
            return super().write(data) or len(data)
        except OSError:
            return len(data)


def prepare_streams() -> None:
    """Make every text printable, and messages harmless where stderr is closed."""
    codecs.register_error(_ESCAPE, _escape)
    for descriptor in range(3):
        _fill(descriptor)
    stderr: io.TextIOWrapper | None = sys.__stderr__
    if sys.stderr is stderr and (stderr is None or not stderr.isatty()):
        encoding = "utf-8" if stderr is None else stderr.encoding
        buffer = io.BufferedWriter(_Unfailing(2, "wb", closefd=False))
        sys.stderr = io.TextIOWrapper(buffer, encoding, "backslashreplace", line_buffering=True)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in ("strict", "surrogateescape"):
        sys.stdout.reconfigure(errors=_ESCAPE)


def check_stdout(outputs: Sequence[Path]) -> None:
    """Raise StdoutClosed if the words could be written nowhere."""
    if sys.stdout is None and not outputs:
        raise StdoutClosed("stdout is closed, so the words cannot be printed. Nothing was sent. Give --output FILE.")


def write_line(text: str) -> None:
    """Print a line on stdout, now. Raises StdoutClosed if it cannot be written."""
    if sys.stdout is None:
        raise StdoutClosed("stdout is closed.")
    try:
        print(text, flush=True)
    except OSError as error:  # on Windows a closed pipe is an invalid argument
        raise _failed(error) from error


def flush_stdout() -> bool:
    """Write what Python would write when it exits. Returns False if it cannot be written."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _discard_stdout()
        return False
    return True


def message(text: str) -> None:
    """Print a message on stderr, if that can be written."""
    print(f"paraformer-nb: {text}", file=sys.stderr, flush=True)


def report(error: Exception) -> None:
    """Print an error on stderr, and each of its notes on a line of its own."""
    message(str(error))
    for note in getattr(error, "__notes__", ()):
        print(f"  {note}", file=sys.stderr, flush=True)


def stdin_clip() -> io.FileIO:
    """The clip that is piped into stdin. Raises ParameterError if there is none."""
    if sys.stdin is None:
        raise ParameterError("-: stdin is closed. Pipe a clip into it, or give a file.")
    if sys.stdin.isatty():
        raise ParameterError("-: stdin is a terminal. Pipe a clip into it: cat clip.mp3 | paraformer-nb transcribe -")
    # Not its buffer, whose lock a thread that waits for the pipe would hold when the process exits.
    file = io.FileIO(sys.stdin.fileno(), "rb", closefd=False)
    file.name = "stdin"
    return file


def _failed(error: OSError) -> StdoutClosed:
    _discard_stdout()
    if isinstance(error, BrokenPipeError):
        return StdoutClosed("stdout was closed by its reader.")
    return StdoutClosed(f"stdout cannot be written: {error.strerror}.")


def _discard_stdout() -> None:
    """Send what is written from now on, and what is still buffered, nowhere: Python flushes it when it exits."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _fill(descriptor: int) -> None:
    """Open a standard descriptor that the shell closed: else a socket or the journal would get its number, and messages
    of libraries would be written there."""
    try:
        os.fstat(descriptor)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)  # normally the lowest free number, which is this one
        if null != descriptor:
            os.dup2(null, descriptor)
            os.close(null)


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Replace what an encoding does not have by \uXXXX, as JSON does, so that JSON stays valid."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
