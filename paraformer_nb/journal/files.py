"""Recordings as files: made, gone on with, appended to; one writer at a time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from ..errors import JournalError
from .records import KnownRecord, RunStarted, Writer, read, record_of


def _open(path: Path, mode: str, buffer_size: int = -1) -> BinaryIO:
    """What is written goes behind all that stands there by then: an older view of the run may append, too."""
    opened = open(path, mode, buffer_size, opener=lambda name, flags: os.open(name, flags | os.O_APPEND, 0o666))  # noqa: SIM115
    return cast(BinaryIO, opened)


def claim(file: BinaryIO, name: str) -> None:
    """From now on this is the one writer of a recording, until the file is closed.

    Raises JournalError where another is, in this process or elsewhere. (Windows, and file systems that know no locks,
    do not tell.)
    """
    if not _lock(file, is_shared=False):
        raise JournalError(
            f"a run is writing the recording {name!r}, here or in another process: wait until it ends. Nothing was "
            "changed."
        )


def is_being_written(path: Path) -> bool:
    """Whether a run is writing a recording now, as far as the system tells."""
    try:
        with path.open("rb") as file:
            return not _lock(file, is_shared=True)
    except OSError:
        return False


def _lock(file: BinaryIO, *, is_shared: bool) -> bool:
    """Lock a file, for oneself or beside other readers. Returns False where another has it."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_NB | (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX))
    except BlockingIOError:
        return False
    except OSError:  # no locks here
        pass
    return True


def create(path: Path, buffer_size: int) -> BinaryIO:
    """A new file for a recording, to be written and read. Raises JournalError where it cannot be written, or stands
    there already."""
    try:
        file = _open(path, "x+b", buffer_size)
    except FileExistsError:
        if path.is_dir():
            raise JournalError(f"{str(path)!r} is a directory: name a file in it.") from None
        raise JournalError(
            f"{str(path)!r} is there already and was left as it is. Load it with pnb.load(...), or choose another name."
        ) from None
    except OSError as error:
        raise JournalError(f"the recording cannot be written to {str(path)!r}: {error.strerror}.") from error
    claim(file, path.name)
    return file


def open_to_append(path: Path, run: RunStarted, buffer_size: int) -> BinaryIO:
    """`run`'s recording, to go on with behind its last whole line. What a crash left of another line goes.

    Raises JournalError where it cannot be written, or another file stands there now.
    """
    try:
        file = _open(path, "r+b", buffer_size)
    except OSError as error:
        raise JournalError(f"the recording cannot be written to {str(path)!r}: {error.strerror}.") from error
    try:
        claim(file, path.name)
        if not is_of(file, run):
            raise JournalError(f"another file than this run's recording stands at {str(path)!r} now.")
        _go_to_end(file)
        file.seek(0, os.SEEK_END)
    except BaseException:
        file.close()
        raise
    return file


def append_to(path: Path, run: RunStarted, record: KnownRecord) -> None:
    """Append a record to `run`'s recording, which nobody is writing any more. What a crash left of a last line goes.

    Raises OSError and JournalError where it cannot be written, or another file stands there now.
    """
    with _open(path, "r+b") as file:
        claim(file, path.name)
        if not is_of(file, run):
            raise JournalError("another file stands there now")
        _go_to_end(file)
        Writer(file).append(record)


def is_of(file: BinaryIO, run: RunStarted) -> bool:
    """Whether an open recording is `run`'s. Leaves it at its beginning. Raises OSError and JournalError as `read`."""
    first = next(read(file), None)
    file.seek(0)
    return isinstance(first, RunStarted) and (first.t, first.started) == (run.t, run.started)


def _go_to_end(file: BinaryIO) -> None:
    """Behind the last whole line: one that `read` would leave out is cut off, one that only lacks its end gets it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1))
    if file.read(1) == b"\n":
        return
    file.seek(0)
    whole = sum(len(line) for line in file if line.endswith(b"\n"))
    file.seek(whole)
    try:
        record_of(file.read())
    except (msgspec.MsgspecError, UnicodeError):
        file.seek(whole)
        file.truncate()
    else:
        file.write(b"\n")
