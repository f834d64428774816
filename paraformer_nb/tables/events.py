"""The events table: everything that happened in a run, from its journal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ..dashscope.event_decoder import event_name
from ..dashscope.messages import ResultGeneratedEvent, TaskFailedEvent, UnknownEvent, command_name
from ..errors import ParameterError
from ..journal.records import (
    Connected,
    Corrected,
    Disconnected,
    Gap,
    Noticed,
    Received,
    Record,
    RegionsSet,
    Reopened,
    Resumed,
    RunEnded,
    Sent,
)
from ..text import join, sanitise
from ..transcript.corrections import Correction
from .frame import make_frame

if TYPE_CHECKING:
    import pandas as pd

_CONTROLS = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")  # that JSON may hold unescaped


class _Row(NamedTuple):
    t: float
    event: str
    task: str | None
    text: str
    body: str | None = None

    def sanitised(self) -> _Row:
        body = self.body and _CONTROLS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", self.body)
        return _Row(self.t, sanitise(self.event), self.task, sanitise(self.text), body)


def events_table(records: Iterable[Record]) -> pd.DataFrame:
    """One row for each command, event, connection, disconnect, resume, gap, end and correction, in order.

    Columns: ``t`` float64 (seconds since the run started), ``event`` string (such as ``run-task``,
    ``result-generated``, ``disconnected``), ``task`` string (its id), ``text`` string (what was recognised, with the
    names of fields that could not be read; or why), ``body`` string (the JSON as sent or received, with escapes for
    control characters; NA where there is none).
    """
    rows = [row.sanitised() for record in records if (row := _row(record))]
    return make_frame(
        t=([row.t for row in rows], "float64"),
        event=([row.event for row in rows], "string"),
        task=([row.task for row in rows], "string"),
        text=([row.text for row in rows], "string"),
        body=([row.body for row in rows], "string"),
    )


def _row(record: Record) -> _Row | None:
    match record:
        case Received():
            return _received(record)
        case Sent():
            body = bytes(record.body)
            return _Row(record.t, command_name(body) or "unknown", record.task, "", body.decode())
        case Connected():
            return _Row(record.t, "connected", record.task, record.engine or "")
        case Disconnected():
            return _Row(record.t, "disconnected", record.task, record.reason)
        case Resumed():
            return _Row(record.t, "resumed", record.task, f"from {record.position:.2f} s, attempt {record.attempt}")
        case Reopened():
            return _Row(record.t, "reopened", None, "")
        case Gap():
            return _Row(record.t, "gap", None, f"{record.start:.2f}–{record.end:.2f} s: {record.reason}")
        case Noticed():
            return _Row(record.t, "notice", None, record.notice)
        case RunEnded():
            error = record.error
            return _Row(record.t, record.state, None, f"{error.kind}: {error.message}" if error else "")
        case Corrected():
            return _corrected(record)
        case RegionsSet():
            return _Row(record.t, "regions", None, str(len(record.regions)))
    return None


def _corrected(record: Corrected) -> _Row | None:
    try:
        correction = Correction.parse(record.correction)
    except ParameterError:
        return None  # written by a later version
    if correction.action != "replace":
        return _Row(record.t, "corrected", None, correction.action)
    old = join([word.text + word.punctuation for word in correction.old]).strip()
    new = join([word.text + word.punctuation for word in correction.new]).strip()
    return _Row(record.t, "corrected", None, f"{old!r} → {new!r}")


def _received(record: Received) -> _Row:
    event, text = record.event, ""
    if isinstance(event, ResultGeneratedEvent):
        text = event.sentence.text or ""
        if event.unread:
            text = f"{text} (unreadable: {', '.join(event.unread)})".lstrip()
    elif isinstance(event, TaskFailedEvent):
        text = f"{event.code}: {event.message}"
    elif isinstance(event, UnknownEvent) and event.is_unreadable:
        text = "unreadable"
    body = bytes(record.body)
    return _Row(record.t, event_name(body) or "unknown", record.task, text, body.decode())
