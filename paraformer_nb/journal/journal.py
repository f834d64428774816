"""A journal on disk, to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..errors import JournalError
from .records import VERSION, Record, RunStarted, decode_record


class Journal:
    """The log of a run, a JSON Lines file: iterate over it for its records.

    Attributes:
        path: the file.

    Example:
        >>> [type(record).__name__ for record in Journal("run.jsonl")]
        ['RunStarted', 'Connected', 'Received', 'Received', 'RunEnded']
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def __iter__(self) -> Iterator[Record]:
        with self.path.open("rb") as file:
            yield from read(file)

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"Journal({self.path.name!r})"


def read(file: BinaryIO) -> Iterator[Record]:
    """Read the records of an open journal, in order. A torn last line, left by a crash, ends it without an error.

    Raises JournalError if the file is not a journal, has another version, or a line before the last is damaged.
    """
    for number, line in enumerate(file, 1):
        try:
            record = decode_record(line)
        except (msgspec.MsgspecError, UnicodeError) as error:
            if number > 1 and not line.endswith(b"\n"):
                return
            what = "this is not a journal" if number == 1 else f"line {number} is damaged"
            raise JournalError(f"{what}: {error}. Nothing was changed.") from error
        if number == 1 and not isinstance(record, RunStarted):
            raise JournalError("this is not a journal: its first record is not 'run-started'. Nothing was changed.")
        if isinstance(record, RunStarted) and record.version != VERSION:
            raise JournalError(
                f"this journal has version {record.version}, and this paraformer_nb reads version {VERSION}. Read it "
                "with the paraformer_nb that wrote it, or update. Nothing was changed."
            )
        yield record
