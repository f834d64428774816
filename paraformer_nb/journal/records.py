"""The records of a journal: one struct a kind. Everything else about a run is a fold over them.

One line of JSON a record; `kind` is the class's name in kebab-case. `t` is seconds on a monotonic clock since the run
started; positions are seconds on the clip's own time line. A journal without a `run-ended` was cut short; only
corrections, regions and the digest of the clip follow a `run-ended`, unless the run was reopened. No record holds an
API key.

To add a kind: a struct here, listed in `KnownRecord`; a case in `Transcript.apply` if it changes the transcript; a case
in `tables/events.py` if `run.events` shows it; a case in `may_wait` of `appender.py` if it need not reach the disk at
once. Older versions keep and ignore kinds that they do not know. Decoding checks the bounds of `Seconds` and `Count`:
a damaged or hostile journal must not make us allocate or draw without end. `bounds.py` has the other checks.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

from ..dashscope.event_decoder import decode_event
from ..dashscope.messages import Event, UnknownEvent
from ..errors import ParameterError
from ..text import SURROGATES

VERSION = 2
"""Of the file format; a journal of another version is refused."""

PEAK_STEP = 0.01
"""Seconds of the clip that one pair of peaks stands for."""

MAX_SECONDS = 1e7
"""Of a time or position in a journal: 115 days."""

Seconds: TypeAlias = Annotated[float, Meta(ge=0, le=MAX_SECONDS)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=10_000_000)]


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class ClipSource(Struct, frozen=True):
    """Where a clip came from: its name, and for a file its path and size in bytes."""

    name: str
    path: str | None = None
    size: int | None = None


class ServiceSource(Struct, frozen=True, omit_defaults=True):
    """Which service a run uses: "dashscope" or "embedded", its host, the embedded service's engine, and the region."""

    kind: str
    host: str
    engine: str | None = None
    region: str | None = None


class Failure(Struct, frozen=True, omit_defaults=True):
    """An error as data: the name of its class, its message, and for a `TaskFailed` the constructor's arguments.

    `failures.py` converts errors to this and back.
    """

    kind: str
    message: str
    task: dict[str, Any] | None = None


class RunStarted(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """The first record. `start` and `end` are the part of the clip to recognise; `end` is None where it is unknown.

    `extra`: parameters that were sent unchecked, beside `parameters`.
    `channel` is the one that was chosen, counted from 0; None: all of them, mixed. `speaker` speaks the words of which
    the service names no speaker.
    """

    t: Seconds
    version: Count
    started: str
    clip: ClipSource
    sample_rate: Count
    start: Seconds
    end: Seconds | None
    service: ServiceSource
    model: str
    parameters: dict[str, Any]
    extra: dict[str, Any] = {}
    channel: Count | None = None
    speaker: str | None = None


class Reopened(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """The run was continued with `pnb.resume`: the end before it no longer holds."""

    t: Seconds


class ClipHashed(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """The SHA-256 digest of the clip's file, in hexadecimal: only a file that has it is opened as the journal's clip.

    It is near the start, so that a run that is cut short has it, or at the end of a copy of a journal that lacked it.
    """

    t: Seconds
    sha256: str


class Connected(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """A handshake succeeded. The embedded service names its `engine` and a `notice` to show beside the words."""

    t: Seconds
    task: str
    engine: str | None = None
    notice: str = ""


class Sent(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """A command, as sent."""

    t: Seconds
    task: str
    body: Raw


class Received(Struct, tag_field="kind", tag=_kebab, dict=True):
    """An event, as received (a text that is not JSON is kept as a JSON string)."""

    t: Seconds
    task: str
    body: Raw

    @classmethod
    def of(cls, t: float, task: str, data: bytes) -> Received:
        """Make the record of a frame's bytes, whatever they are."""
        event = decode_event(data)
        body = data
        if isinstance(event, UnknownEvent) or b"\n" in data:
            body = _one_line(data)
            event = decode_event(body)  # as it will be read from the journal
        record = cls(t, task, Raw(body))
        record.__dict__["event"] = event
        return record

    @cached_property
    def event(self) -> Event:
        """The typed event."""
        return decode_event(bytes(self.body))


class Audio(Struct, tag_field="kind", tag=_kebab, frozen=True, omit_defaults=True, gc=False):
    """Audio that was sent: its position in the clip, not its bytes; and its waveform, as in `Peaks`."""

    t: Seconds
    task: str
    position: Seconds
    seconds: Seconds
    peaks: bytes = b""


class Silence(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """Silence that was sent at `position` while a live source paused: it keeps a task alive and is not part of the
    clip's time line."""

    t: Seconds
    task: str
    position: Seconds
    seconds: Seconds


class Peaks(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """Waveform of a clip that was not sent: a (min, max) pair of int8 for every `step` seconds from `position` on."""

    t: Seconds
    position: Seconds
    step: Seconds
    data: bytes


class Disconnected(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """A connection ended before its task did."""

    t: Seconds
    task: str
    reason: str
    code: Count | None = None


class RetryPlanned(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """The next attempt begins after `delay` seconds. `attempt` is the number of that attempt among the `attempts`
    consecutive ones after which the run fails."""

    t: Seconds
    delay: Seconds
    attempt: Count
    attempts: Count
    reason: str


class Resumed(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """A new task starts at `position`; what was not final is recognised again. `attempt` counts from 1 in the run."""

    t: Seconds
    task: str
    position: Seconds
    attempt: Count


class Gap(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """A part of the clip that was never recognised."""

    t: Seconds
    start: Seconds
    end: Seconds
    reason: str


class Noticed(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """What the user should know: how the clip is read (which of its tracks, one channel alone), or about the request
    (a model that is not known)."""

    t: Seconds
    notice: str


class Corrected(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """A person's correction; it may follow the end. `correction` is a `transcript.corrections.Correction`, as a struct
    or as the JSON object of one; an object that this version cannot read is ignored."""

    t: Seconds
    correction: Any


MAX_LABEL = 200
"""Characters of a region's label that are kept."""


class Region(Struct, frozen=True):
    """A span of the clip that a person marked, with a label or ``""``."""

    start: Seconds
    end: Seconds
    label: str = ""


class RegionsSet(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """The regions that a person marked, all of them: they replace those before. It may follow the end."""

    t: Seconds
    regions: list[Region]


class RunEnded(Struct, tag_field="kind", tag=_kebab, frozen=True):
    """How the run ended: `state` is finished, stopped or failed; `seconds` of audio were sent; `sha256` is the digest
    of the clip's file, where it is known by then; `reason` says why a run stopped itself, such as its budget."""

    t: Seconds
    state: str
    error: Failure | None = None
    seconds: Seconds = 0.0
    sha256: str | None = None
    reason: str = ""


class UnknownRecord(Struct, frozen=True):
    """A record of a kind that a later version wrote: kept and ignored."""

    t: float
    kind: str
    raw: bytes


class DamagedRecord(Struct, frozen=True):
    """A line that cannot be read. It is never written: reading a damaged journal yields it in the line's place.

    `has_result`: whether the line may have held a final sentence.
    """

    t: float
    line: int
    problem: str
    raw: bytes
    has_result: bool


KnownRecord = (
    RunStarted
    | ClipHashed
    | Reopened
    | Connected
    | Sent
    | Received
    | Audio
    | Silence
    | Peaks
    | Disconnected
    | RetryPlanned
    | Resumed
    | Gap
    | Noticed
    | Corrected
    | RegionsSet
    | RunEnded
)
Record = KnownRecord | UnknownRecord | DamagedRecord


class _AnyRecord(Struct):
    kind: str
    t: float = 0.0


encode_record = msgspec.json.Encoder().encode
encode_records = msgspec.json.Encoder().encode_lines
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(KnownRecord)
decode_lines = _decoder.decode_lines
"""Decode whole lines, all of known kinds; raises as `decode_record`. It does not check where a line ends."""
_decode_any = msgspec.json.Decoder(_AnyRecord).decode
_KINDS = {str(struct.__struct_config__.tag) for struct in KnownRecord.__args__}


def decode_record(line: bytes) -> Record:
    """Decode one line. Raises msgspec.MsgspecError or UnicodeError if it is damaged."""
    try:
        known: KnownRecord = _decoder.decode(line)
        return known
    except msgspec.ValidationError:
        record = _decode_any(line)
        if record.kind in _KINDS:
            raise
        return UnknownRecord(record.t, record.kind, line)


def run_and_rest(records: Iterable[Record]) -> tuple[RunStarted, Iterator[Record]]:
    """The first record of a journal, and those after it. Raises ParameterError if it is not a `RunStarted`."""
    each = iter(records)
    first = next(each, None)
    if not isinstance(first, RunStarted):
        raise ParameterError("these are not a journal's records: the first is not a RunStarted.")
    return first, each


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _one_line(data: bytes) -> bytes:
    """JSON bytes without line breaks, mended where Python's decoder reads them; other bytes as a JSON string."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        msgspec.json.decode(text)  # format would let a number through that is out of range
        return msgspec.json.format(text.encode(), indent=-1)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:  # perhaps a lone surrogate, NaN, 1e400 or a control character in a text
        value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite, strict=False)
        return json.dumps(value, ensure_ascii=False).translate(SURROGATES).encode()
    except (ValueError, RecursionError):
        return encode_record(text)
