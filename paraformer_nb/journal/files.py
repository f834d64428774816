"""Journals as files: create, claim, append; one writer at a time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import JournalError
from .appender import Appender
from .journal import parse_line, read
from .records import DamagedRecord, Record, RunStarted


class JournalInUse(JournalError):
    """Another run, or another process for a moment, is writing the journal: trying again later helps."""


def claim(file: BinaryIO, name: str) -> None:
    """Become the one writer of a journal, until `release`.

    Raises JournalInUse if another run is, in this process or elsewhere. (Windows, and file systems without locks, do
    not report it.)
    """
    if not _lock(file, is_shared=False):
        raise JournalInUse(
            f"a run is writing the journal {name!r}, here or in another process: wait until it ends. Nothing was "
            "changed."
        )


def release(file: BinaryIO) -> None:
    """Let others write a journal. Closing its file does not, where a process that was forked meanwhile has it, too."""
    try:
        import fcntl
    except ImportError:
        return
    with suppress(OSError):  # a file system without locks
        fcntl.flock(file, fcntl.LOCK_UN)


def is_being_written(path: Path) -> bool:
    """Whether a run is writing a journal now, as far as the system reports it."""
    try:
        with path.open("rb") as file:
            is_free = _lock(file, is_shared=True)
            release(file)
            return not is_free
    except OSError:
        return False


def create(path: Path, buffer_size: int) -> BinaryIO:
    """Create a file for a journal, to write and read. Raises JournalError if it cannot be written or exists."""
    try:
        file = _open_to_append(path, "x+b", buffer_size)
    except FileExistsError:
        if path.is_dir():
            raise JournalError(f"{str(path)!r} is a directory: name a file in it.") from None
        raise JournalError(
            f"{str(path)!r} exists and was left as it is. Load it with pnb.load(...), or choose another name."
        ) from None
    except OSError as error:
        raise JournalError(f"the journal cannot be written to {str(path)!r}: {error.strerror}.") from error
    claim(file, path.name)
    return file


def open_to_append(path: Path, run: RunStarted, buffer_size: int) -> BinaryIO:
    """Open `run`'s journal to continue after its last whole line; a torn line left by a crash is cut off.

    Raises JournalError if it cannot be written, or the file is not this run's any more.
    """
    try:
        file = _open_to_append(path, "r+b", buffer_size)
    except OSError as error:
        raise JournalError(f"the journal cannot be written to {str(path)!r}: {error.strerror}.") from error
    try:
        claim(file, path.name)
        if not is_of(file, run):
            raise JournalError(f"the file at {str(path)!r} is not this run's journal any more.")
        _repair_last_line(file)
        file.seek(0, os.SEEK_END)
    except BaseException:
        release(file)
        file.close()
        raise
    return file


def append_to(path: Path, run: RunStarted, *records: Record) -> None:
    """Append records to `run`'s journal, which no run is writing; a torn line left by a crash is cut off.

    Raises OSError and JournalError if it cannot be written, or the file is not this run's any more; JournalInUse if
    a run is writing it.
    """
    with _open_to_append(path, "r+b") as file:
        claim(file, path.name)
        try:
            if not is_of(file, run):
                raise JournalError("the file was replaced by another one")
            _repair_last_line(file)
            Appender(file).append(*records)
        finally:
            release(file)


def is_of(file: BinaryIO, run: RunStarted) -> bool:
    """Whether an open journal is `run`'s. Rewinds it. Raises OSError and JournalError as `read`."""
    first = next(read(file), None)
    file.seek(0)
    return isinstance(first, RunStarted) and (first.t, first.started) == (run.t, run.started)


def _open_to_append(path: Path, mode: str, buffer_size: int = -1) -> BinaryIO:
    """Open in append mode: another process (an older view of the run) may append, too."""
    opened = open(path, mode, buffer_size, opener=lambda name, flags: os.open(name, flags | os.O_APPEND, 0o666))  # noqa: SIM115
    return cast(BinaryIO, opened)


def _lock(file: BinaryIO, *, is_shared: bool) -> bool:
    """Lock a file exclusively or shared. Returns False where another has it."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_NB | (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX))
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def _repair_last_line(file: BinaryIO) -> None:
    """Cut off a torn last line that `read` would ignore; add the line break to one that only lacks it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 1))
    if file.read(1) == b"\n":
        return
    file.seek(0)
    whole = sum(len(line) for line in file if line.endswith(b"\n"))
    file.seek(whole)
    if isinstance(parse_line(file.read(), 0, 0.0), DamagedRecord):
        file.seek(whole)
        file.truncate()
    else:
        file.write(b"\n")
