"""Write a journal so that a crash loses no final sentence and a full disk costs no more than a warning."""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import JournalError
from .appender import Appender, may_wait, waiting_size
from .files import JournalInUse, append_to, create, is_of, open_to_append, release
from .journal import Journal, read
from .records import Record, RunStarted
from .temporary import create_temporary, remove_temporary

_BUFFER = 256 * 1024  # bytes that one system call writes
_MAX_WAITING = 200  # records: a run without final results is written this often
_MAX_WAITING_BYTES = 1 << 20  # of events: partials may be long


class JournalWriter:
    """Appends a run's records to its file, or keeps them in memory where the file cannot be written.

    It is not thread-safe: the live transcript's lock guards it.

    Attributes:
        journal: the file, to read.
        is_kept: whether the file stays when the run is garbage-collected.
    """

    def __init__(self, journal: Journal, run: RunStarted, file: BinaryIO | None = None) -> None:
        """`file`: open for appending; None: the file was closed, and each record opens it again."""
        self.journal = journal
        self.is_kept = True
        self._run = run
        self._file = file
        self._appender = None if file is None else Appender(file)
        self._unsaved: list[Record] = []  # not confirmed on disk: always the last ones
        self._waiting_bytes = 0
        self._is_in_memory = False  # nothing is written any more
        _writers.add(self)

    @classmethod
    def create(cls, path: Path, run: RunStarted) -> JournalWriter:
        """Start a journal at `path`. Raises JournalError if it cannot be written or the file exists."""
        return cls(Journal(path), run, create(path, _BUFFER))

    @classmethod
    def temporary(cls, run: RunStarted) -> tuple[JournalWriter, OSError | None]:
        """Start a journal that is deleted with the run; also why it is in memory, where the disk is not writable."""
        try:
            path, file = create_temporary(_BUFFER)
        except OSError as error:
            writer = cls(Journal(Path("paraformer_nb-unwritten.jsonl")), run)
            writer._is_in_memory = True
            writer.is_kept = False
            return writer, error
        writer = cls(Journal(path), run, file)
        writer.is_kept = False
        weakref.finalize(writer, remove_temporary, path, os.getpid())
        return writer, None

    @classmethod
    def reopen(cls, journal: Journal, run: RunStarted) -> JournalWriter:
        """Continue a journal that no other run is writing. Raises JournalError if it cannot be written."""
        return cls(journal, run, open_to_append(journal.path, run, _BUFFER))

    # ------------------------------------------------------------------------------------------------------- writing

    def append(self, record: Record) -> OSError | JournalError | None:
        """Write a record, or keep it in memory. Returns why it is in memory only, the first time that this happens;
        JournalInUse each time, because the next call tries again."""
        self._unsaved.append(record)
        self._waiting_bytes += waiting_size(record)
        if self._is_in_memory or (may_wait(record) and not self._is_full()):
            return None
        return self.flush()

    def _is_full(self) -> bool:
        return len(self._unsaved) >= _MAX_WAITING or self._waiting_bytes >= _MAX_WAITING_BYTES

    def flush(self) -> OSError | JournalError | None:
        """Write what may wait. Returns as `append`."""
        if self._is_in_memory or not self._unsaved:
            return None
        try:
            if self._appender is None:
                append_to(self.journal.path, self._run, *self._unsaved)
            else:
                self._appender.append(*self._unsaved)
                self._check_file()
        except JournalInUse as error:
            return error
        except (OSError, JournalError) as error:
            self._is_in_memory = True
            self._abandon()
            return error
        self._unsaved.clear()
        self._waiting_bytes = 0
        return None

    def _check_file(self) -> None:
        """Raise OSError if the file was deleted or replaced, with all its records in memory."""
        assert self._file is not None
        try:
            found = os.stat(self.journal.path)  # noqa: PTH116 - asked for every final sentence, and twice as fast
        except FileNotFoundError:
            error = FileNotFoundError(errno.ENOENT, "it was deleted or moved")
        else:
            if os.path.samestat(found, os.fstat(self._file.fileno())):
                return
            error = FileNotFoundError(errno.ENOENT, "another file is now at its path")
        self._file.seek(0)
        self._unsaved = list(read(self._file))
        raise error

    def _abandon(self) -> None:
        if self._file is not None and self._appender is not None:
            release(self._file)
            self._appender.abandon()
            self._appender = self._file = None

    def close(self) -> None:
        """Close the file at the run's end. Corrections may follow; each opens it again."""
        self.flush()
        file, self._file, self._appender = self._file, None, None
        if file is not None:
            release(file)
            with suppress(OSError):  # a full disk, reported by `append`
                file.close()

    def open_again(self) -> None:
        """Open the file for a run that goes on after its end. Raises JournalError if it cannot be written."""
        if self._file is None and not self._is_in_memory:
            self._file = open_to_append(self.journal.path, self._run, _BUFFER)
            self._appender = Appender(self._file)

    def leave_to_parent(self) -> None:
        """In a forked child: close the file without a trace in it. The run goes on in the parent, which writes it."""
        if self._file is not None:
            raw: Any = getattr(self._file, "raw", self._file)  # not what the buffer holds, which the parent writes
            raw.close()
            self._file = self._appender = None

    # ------------------------------------------------------------------------------------------------------- reading

    @property
    def unsaved(self) -> list[Record]:
        """Records that are in memory only (a copy): after `flush`, what the disk does not take."""
        return list(self._unsaved)

    def records(self, unsaved: list[Record]) -> Iterator[Record]:
        """Read all records: those on disk, then the `unsaved`. Raises JournalError if the file is gone."""
        with self.saved(unsaved, "Nothing was read.") as source:
            yield from read(source)
        yield from unsaved

    def copy_to(self, path: Path, unsaved: list[Record]) -> None:
        """Copy the journal and the `unsaved` records to `path`; whole, or not at all.

        Raises JournalError if the journal is gone, or `path` exists or cannot be written.
        """
        with self.saved(unsaved, "Nothing was copied.") as source, ExitStack() as on_failure:
            create(path, 0).close()  # reserves the name
            on_failure.callback(path.unlink, missing_ok=True)
            try:
                with tempfile.TemporaryDirectory(prefix=".", suffix=".draft", dir=path.parent) as folder:
                    draft = Path(folder) / "draft.jsonl"
                    self._write_copy(source, unsaved, draft)
                    draft.replace(path)
            except OSError as error:
                raise JournalError(
                    f"the journal cannot be copied to {str(path)!r}: {error.strerror}. Nothing was written there; "
                    "choose another folder."
                ) from error
            on_failure.pop_all()

    def _write_copy(self, source: BinaryIO, unsaved: list[Record], draft: Path) -> None:
        with draft.open("xb") as target:
            shutil.copyfileobj(source, target)
            if self.is_kept and not isinstance(source, io.BytesIO):  # a private journal has private copies
                mode = os.fstat(target.fileno()).st_mode & os.fstat(source.fileno()).st_mode
                draft.chmod(stat.S_IMODE(mode))
        with draft.open("wb", _BUFFER) if _is_whole(unsaved) else open_to_append(draft, self._run, _BUFFER) as target:
            Appender(target).append(*unsaved)
            os.fsync(target.fileno())

    @contextmanager
    def saved(self, unsaved: list[Record], outcome: str) -> Iterator[BinaryIO]:
        """Open the part of the journal that is on disk: nothing, where the `unsaved` are all of it.

        Raises JournalError, with `outcome` in its message, if the file is gone or was replaced.
        """
        if _is_whole(unsaved):
            yield io.BytesIO()
            return
        path = self.journal.path
        advice = f"{outcome} Keep the words with run.words.to_csv(...)."
        try:
            file = path.open("rb")
        except OSError as error:
            raise JournalError(f"the journal {str(path)!r} cannot be read: {error.strerror}. {advice}") from error
        with file:
            if not self._is_own(file):
                raise JournalError(f"the file at {str(path)!r} is not this run's journal any more. {advice}")
            yield file

    def _is_own(self, file: BinaryIO) -> bool:
        try:
            return is_of(file, self._run)
        except (OSError, JournalError):
            return False


def _is_whole(records: list[Record]) -> bool:
    """Whether these are all of a run's records."""
    return bool(records) and isinstance(records[0], RunStarted)


_writers: weakref.WeakSet[JournalWriter] = weakref.WeakSet()


def _after_fork() -> None:
    for writer in list(_writers):
        writer.leave_to_parent()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
