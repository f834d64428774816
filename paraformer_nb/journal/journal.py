"""A journal on disk, to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..errors import JournalError
from .bounds import any_out_of_bounds, out_of_bounds
from .records import VERSION, DamagedRecord, Record, RunStarted, decode_lines, decode_record

_MAX_LINE = 16 * 1024 * 1024  # bytes
_KEPT = 1000  # bytes of a longer line that are kept
_BLOCK = 1 << 20  # bytes read at once
_PARTIAL = re.compile(rb'"sentence_end"\s*:\s*false')  # as the service wrote it
_KIND = re.compile(rb'"kind":"([a-z-]+)"')


class _First(msgspec.Struct):
    kind: str
    version: int


_FIRST_KINDS = ("run-started", "run")  # the second one in version 1
_decode_first = msgspec.json.Decoder(_First).decode


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

    A line that is damaged costs only itself: it becomes a `DamagedRecord`.

    Raises JournalError if the first line is not that of a journal of this version.
    """
    line = file.readline(_MAX_LINE)
    if not line:
        return
    first = _read_first(line)
    yield first
    number = 1
    time = first.t
    for block in _blocks(file):
        if records := _decode_block(block):
            yield from records
            time = records[-1].t
        else:
            for record in _parse_lines(block, number, time):
                time = record.t
                yield record
        number += block.count(b"\n")


def _decode_block(block: bytes) -> list[Record]:
    """The records of some lines, decoded at once; none where each line has to be looked at."""
    try:
        if not block.isascii():
            block.decode()
        records: list[Record] = decode_lines(block)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return []
    is_usual = len(records) == block.count(b"\n") and not any_out_of_bounds(records)
    return records if is_usual else []


def _parse_lines(block: bytes, number: int, time: float) -> Iterator[Record]:
    """The records of some lines, each decoded on its own; `number` and `time` are those of the line before."""
    for count, line in enumerate(BytesIO(block), 1):
        record = parse_line(line, number + count, time)
        if isinstance(record, DamagedRecord) and not line.endswith(b"\n"):
            return
        if record is not None:
            time = record.t
            yield record


def parse_line(line: bytes, number: int, time: float) -> Record | None:
    """The record of one line, or a `DamagedRecord`, with the time of the record before; None for a blank line."""
    line = line.lstrip(b"\0")  # a power cut leaves zeros, to which the next line was appended
    if not line or line.isspace():
        return None
    try:
        record = decode_record(_as_utf8(line))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return DamagedRecord(time, number, str(error), line, _may_have_result(line))
    if problem := out_of_bounds(record):
        return DamagedRecord(time, number, problem, line, _may_have_result(line))
    return record


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, about a megabyte of them at once. Of a line that is too long the beginning."""
    while block := file.read(_BLOCK):
        rest = b"" if block.endswith(b"\n") else file.readline(_MAX_LINE)
        if len(rest) == _MAX_LINE and not rest.endswith(b"\n"):
            block = block[: block.rfind(b"\n") + 1 + _KEPT]
            rest = _skip_line(file)
        yield block + rest


def _skip_line(file: BinaryIO) -> bytes:
    """Read to the end of a line. Returns its line break, if it has one."""
    while rest := file.readline(_BLOCK):
        if rest.endswith(b"\n"):
            return b"\n"
    return b""


def _read_first(line: bytes) -> RunStarted:
    line = line.removeprefix(b"\xef\xbb\xbf")  # some editors add this mark
    version = _version_of(line)
    if version is not None and version != VERSION:
        raise JournalError(_other_version(version))
    record = parse_line(line, 1, 0.0)
    if isinstance(record, RunStarted):
        return record
    why = record.problem if isinstance(record, DamagedRecord) else "its first record is not 'run-started'"
    raise JournalError(
        f"this is not a journal, or its first line is damaged, without which the others mean nothing: {why}. Nothing "
        "was changed."
    )


def _version_of(line: bytes) -> int | None:
    """The version of a journal that begins with this line, whatever its other fields are."""
    try:
        first = _decode_first(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return first.version if first.kind in _FIRST_KINDS else None


def _other_version(version: int) -> str:
    if version < VERSION:
        return (
            f"this is a journal of an older version ({version}), and this paraformer_nb reads version {VERSION}. Read "
            "it with the paraformer_nb that wrote it, and keep the words with run.words.to_csv(...); or transcribe the "
            "clip again. Nothing was changed."
        )
    return (
        f"this journal has version {version}, and this paraformer_nb reads version {VERSION}. Update paraformer_nb, or "
        "read it with the one that wrote it. Nothing was changed."
    )


def _as_utf8(line: bytes) -> bytes:
    """A line with U+FFFD for bytes that are not UTF-8: they cost only themselves, not the words around them."""
    if line.isascii():
        return line
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace").encode()
    return line


def _may_have_result(line: bytes) -> bool:
    """Whether a damaged line may have held a final sentence."""
    kinds = _KIND.findall(line)
    return (b"received" in kinds and not _PARTIAL.search(line)) or not kinds
