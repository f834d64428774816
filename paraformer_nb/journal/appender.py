"""Append records to an open file: what is flushed at once, and what may wait."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, BinaryIO

import msgspec

from ..dashscope.messages import ResultGeneratedEvent
from ..text import SURROGATES
from .records import Audio, Peaks, Received, Record, Silence, UnknownRecord, encode_record


class Appender:
    """Appends records to an open binary file. All but audio, silence, peaks and partials reach the operating system at
    once, so a process that dies loses no final sentence."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = file.tell()  # of what has reached the operating system

    def append(self, record: Record) -> bool:
        """Write one record. Returns whether it, and all before it, has reached the operating system.

        Raises OSError as the file does; nothing can be written after that: `abandon`.
        """
        try:
            line = record.raw.rstrip(b"\n") if isinstance(record, UnknownRecord) else encode_record(record)
        except UnicodeEncodeError:  # such as a file name that is not UTF-8
            line = encode_record(_encodable(msgspec.to_builtins(record)))
        self._file.write(line + b"\n")
        if _may_wait(record):
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Pass everything to the operating system. Raises OSError as `append`."""
        self._file.flush()
        self._end = self._file.seek(0, os.SEEK_END)  # another process may have appended, too

    def abandon(self) -> None:
        """Close the file without what a failed write left of a line, and without what is buffered."""
        raw: Any = getattr(self._file, "raw", self._file)  # the buffer would try again
        with suppress(OSError):
            raw.seek(self._end)
            raw.truncate()
        raw.close()


def _may_wait(record: Record) -> bool:
    if isinstance(record, Received):
        return isinstance(record.event, ResultGeneratedEvent) and not record.event.sentence.is_final
    return isinstance(record, (Audio, Silence, Peaks))


def _encodable(value: Any) -> Any:
    """Builtin values, with U+FFFD for what cannot be encoded."""
    if isinstance(value, dict):
        return {key: _encodable(each) for key, each in value.items()}
    return value.translate(SURROGATES) if isinstance(value, str) else value
