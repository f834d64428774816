"""Append records to an open file, and decide which of them may wait."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO

import msgspec

from ..dashscope.messages import ResultGeneratedEvent
from ..text import SURROGATES
from .records import (
    Audio,
    DamagedRecord,
    Peaks,
    Received,
    Record,
    Silence,
    UnknownRecord,
    encode_record,
    encode_records,
)

_AS_READ = (UnknownRecord, DamagedRecord)  # written again as they were read


class Appender:
    """Appends records to an open binary file, each time as far as the operating system: a process that dies loses
    nothing that was appended."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = file.tell()  # of what has reached the operating system

    def append(self, *records: Record) -> None:
        """Write records. Raises OSError as the file does, or if it has become shorter; nothing can be written after
        that: `abandon`."""
        data = _encode(records)
        self._file.write(data)
        self._file.flush()
        expected, self._end = self._end + len(data), self._file.seek(0, os.SEEK_END)
        if self._end < expected:  # it is longer where another process appended, too
            raise OSError(errno.EIO, "another program has shortened it")

    def abandon(self) -> None:
        """Close the file without what a failed write left of a line."""
        raw: Any = getattr(self._file, "raw", self._file)  # the buffer would try again
        with suppress(OSError):
            raw.seek(self._end)
            raw.truncate()
        raw.close()


def may_wait(record: Record) -> bool:
    """Whether a record need not be written before the next one that must be: losing it in a crash costs no word that
    is final."""
    if isinstance(record, Received):
        return isinstance(record.event, ResultGeneratedEvent) and not record.event.sentence.is_final
    return isinstance(record, (Audio, Silence, Peaks))


def waiting_size(record: Record) -> int:
    """Bytes that a record which waits keeps in memory, near enough: those of the event in it."""
    return memoryview(record.body).nbytes if isinstance(record, Received) else 0


def _encode(records: Sequence[Record]) -> bytes:
    """Records as lines."""
    try:
        if not any(isinstance(record, _AS_READ) for record in records):
            return encode_records(records)
    except UnicodeEncodeError:
        pass  # encoded one by one below
    return b"".join(_encode_one(record) + b"\n" for record in records)


def _encode_one(record: Record) -> bytes:
    try:
        return record.raw.rstrip(b"\n") if isinstance(record, _AS_READ) else encode_record(record)
    except UnicodeEncodeError:  # such as a file name that is not UTF-8
        return encode_record(_encodable(msgspec.to_builtins(record)))


def _encodable(value: Any) -> Any:
    """Builtin values, with U+FFFD for what cannot be encoded."""
    if isinstance(value, dict):
        return {key: _encodable(each) for key, each in value.items()}
    return value.translate(SURROGATES) if isinstance(value, str) else value
