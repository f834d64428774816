"""The recording, an append-only log of one run, as JSON Lines. Everything else is a fold over it.

One line a record; `kind` says which. `t` is seconds on a monotonic clock since the run began; positions are seconds on
the clip's own time line. A recording without an `End` was cut short; after it come only edits. A key is never in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Raw, Struct

from ..dashscope.messages import Event, ResultGeneratedEvent, UnknownEvent, decode_event
from ..errors import JournalError
from ..text import SURROGATES

VERSION = 1
PEAK_STEP = 0.01
"""Seconds of the clip that one pair of peaks stands for."""


class ClipSource(Struct, frozen=True):
    """Where a clip came from: its name, and where it was a file its path and size in bytes."""

    name: str
    path: str | None = None
    size: int | None = None


class ServiceSource(Struct, frozen=True):
    """Which service answered: "dashscope" or "embedded", its host, and the embedded service's engine."""

    kind: str
    host: str
    engine: str | None = None


class RunStarted(Struct, tag_field="kind", tag="run", frozen=True):
    """The first line. `start` and `end` are the part of the clip that is heard; `end` is None where it is unknown."""

    t: float
    version: int
    started: str
    clip: ClipSource
    sample_rate: int
    start: float
    end: float | None
    service: ServiceSource
    model: str
    parameters: dict[str, Any]


class Connected(Struct, tag_field="kind", tag="connected", frozen=True):
    """A handshake was answered. `engine` is what the embedded service calls itself; other services say nothing."""

    t: float
    task: str
    engine: str | None = None


class Sent(Struct, tag_field="kind", tag="sent", frozen=True):
    """A command, as it crossed."""

    t: float
    task: str
    body: Raw


class Received(Struct, tag_field="kind", tag="received", dict=True):
    """An event, as it crossed (a text that is no JSON is kept as a JSON string)."""

    t: float
    task: str
    body: Raw

    @classmethod
    def of(cls, t: float, task: str, data: bytes) -> Received:
        """The record of a frame's bytes, whatever they are."""
        event = decode_event(data)
        body = _one_line(data) if isinstance(event, UnknownEvent) or b"\n" in data else data
        if isinstance(event, UnknownEvent) and b"\\u" in data:
            event = decode_event(body)  # half a character was all that was wrong with it, maybe
        record = cls(t, task, Raw(body))
        record.__dict__["event"] = event
        return record

    @cached_property
    def event(self) -> Event:
        """The typed event."""
        return decode_event(bytes(self.body))


class Audio(Struct, tag_field="kind", tag="audio", frozen=True):
    """A block of audio that was sent: where it lies in the clip, not its bytes."""

    t: float
    task: str
    position: float
    seconds: float


class Silence(Struct, tag_field="kind", tag="silence", frozen=True):
    """Silence that was sent at `position` while a live source paused: it keeps a task alive, and is no part of the
    clip's time line."""

    t: float
    task: str
    position: float
    seconds: float


class Peaks(Struct, tag_field="kind", tag="peaks", frozen=True):
    """A piece of the waveform: `data` holds a (min, max) pair of int8 for every `step` seconds from `position` on."""

    t: float
    position: float
    step: float
    data: bytes


class Disconnected(Struct, tag_field="kind", tag="lost", frozen=True):
    """A connection ended before its task did."""

    t: float
    task: str
    reason: str
    code: int | None = None


class Resumed(Struct, tag_field="kind", tag="resumed", frozen=True):
    """A new task goes on from `position`, and hears again what was not settled. `attempt`: the second, the third ..."""

    t: float
    task: str
    position: float
    attempt: int


class Gap(Struct, tag_field="kind", tag="gap", frozen=True):
    """A part of the clip that was never heard."""

    t: float
    start: float
    end: float
    reason: str


class Corrected(Struct, tag_field="kind", tag="edit", frozen=True):
    """What a person corrected, also after the end; `transcript.Change` says what a `change` is."""

    t: float
    change: Any  # a dict; what a later version makes of it costs no more than itself


class RunEnded(Struct, tag_field="kind", tag="end", frozen=True):
    """How the run ended; only edits come after it. `state` is finished, stopped or failed; `seconds` of audio were
    sent; `sha256` is of the clip's file, in a recording that is kept."""

    t: float
    state: str
    error: str | None = None
    seconds: float = 0.0
    sha256: str | None = None


class UnknownRecord(Struct, frozen=True):
    """A record of a kind that a later version wrote: kept and ignored."""

    t: float
    kind: str
    raw: bytes


KnownRecord = (
    RunStarted
    | Connected
    | Sent
    | Received
    | Audio
    | Silence
    | Peaks
    | Disconnected
    | Resumed
    | Gap
    | Corrected
    | RunEnded
)
Record = KnownRecord | UnknownRecord

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(KnownRecord).decode


def _one_line(data: bytes) -> bytes:
    """JSON bytes without line breaks; bytes that are no JSON as a JSON string."""
    try:
        text = data.decode()
        try:
            return msgspec.json.format(data, indent=-1)
        except msgspec.DecodeError:  # half a character (a lone surrogate), maybe: Python's decoder takes it
            return json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False).translate(SURROGATES).encode()
    except (ValueError, RecursionError):
        return _encode(data.decode("utf-8", "replace"))


def _can_wait(record: Record) -> bool:
    if isinstance(record, Received):
        return isinstance(record.event, ResultGeneratedEvent) and not record.event.sentence.is_final
    return isinstance(record, (Audio, Silence, Peaks))


def _readable(value: Any) -> Any:
    """Plain values, with a replacement for what is no character."""
    if isinstance(value, dict):
        return {key: _readable(its) for key, its in value.items()}
    return os.fsencode(value).decode("utf-8", "replace") if isinstance(value, str) else value


class Writer:
    """Appends records to an open binary file. All but audio, peaks and partials reaches the operating system at once:
    a process that dies loses no settled word."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = file.tell()  # of what has reached the operating system

    def append(self, record: Record) -> bool:
        """Write one record. Returns whether it, and all before it, has reached the operating system.

        Raises OSError as the file does; then nothing can be written any more: `give_up`.
        """
        try:
            line = record.raw.rstrip(b"\n") if isinstance(record, UnknownRecord) else _encode(record)
        except UnicodeEncodeError:  # a file name that is no UTF-8
            line = _encode(_readable(msgspec.to_builtins(record)))
        self._file.write(line + b"\n")
        if _can_wait(record):
            return False
        self.flush()
        return True

    def flush(self) -> None:
        """Have all of it reach the operating system. Raises OSError as `append`."""
        self._file.flush()
        self._end = self._file.seek(0, os.SEEK_END)  # somebody else may have appended, too

    def give_up(self) -> None:
        """Close the file, without what a failed write has left of a line, and without what waited to be written."""
        raw = getattr(self._file, "raw", self._file)  # the buffer would try again
        with suppress(OSError):
            raw.seek(self._end)
            raw.truncate()
        raw.close()


def read(file: BinaryIO) -> Iterator[Record]:
    """The records of an open recording, in order. A torn last line, left by a crash, ends it without an error.

    Raises JournalError where the file is no recording, or a line in its midst is damaged.
    """
    for number, line in enumerate(file, 1):
        try:
            record = record_of(line)
        except (msgspec.MsgspecError, UnicodeError) as error:
            if number > 1 and not line.endswith(b"\n"):
                return
            what = "this is no recording" if number == 1 else f"line {number} is damaged"
            raise JournalError(f"{what}: {error}. Nothing was changed.") from error
        if number == 1 and not isinstance(record, RunStarted):
            raise JournalError("this is no recording: it does not begin with a 'run' record. Nothing was changed.")
        if isinstance(record, RunStarted) and record.version > VERSION:
            raise JournalError(f"this recording has version {record.version}; update paraformer_nb to read it.")
        yield record


class _AnyRecord(Struct):
    kind: str
    t: float = 0.0


_decode_any = msgspec.json.Decoder(_AnyRecord).decode
_KINDS = {str(struct.__struct_config__.tag) for struct in KnownRecord.__args__}


def record_of(line: bytes) -> Record:
    try:
        return _decode(line)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        some = _decode_any(line)
        if some.kind in _KINDS:
            raise
        return UnknownRecord(some.t, some.kind, line)


class Journal:
    """A recording on disk: iterate over it for its records.

    Attributes:
        path: the file, JSON Lines.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Record]:
        with self.path.open("rb") as file:
            yield from read(file)

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"Recording({self.path.name!r})"
