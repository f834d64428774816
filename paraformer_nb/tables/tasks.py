"""The table of tasks: one attempt each, with what was sent, recognised and billed in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..dashscope.messages import ResultGeneratedEvent, TaskFailedEvent, TaskFinishedEvent
from ..journal.records import Audio, Connected, Disconnected, Received, Record, RunEnded, Sent, Silence
from ..text import sanitise
from ..transcript.history import History
from .frame import frame_of_rows, table_attrs
from .schema import TASKS

if TYPE_CHECKING:
    import pandas as pd


class _Task:
    def __init__(self, started: float) -> None:
        self.started = started
        self.ended: float | None = None
        self.sent = 0.0
        self.silence = 0.0
        self.billed = 0.0
        self.tokens: tuple[int | None, int | None] = None, None


def tasks_table(records: Iterable[Record], history: History) -> pd.DataFrame:
    """One row a task, in order; `schema.TASKS` has names, dtypes and meanings. `history`: of the same records."""
    tasks: dict[str, _Task] = {}
    for record in records:
        if isinstance(record, RunEnded):
            for task in tasks.values():
                task.ended = record.t if task.ended is None else task.ended
        elif isinstance(record, Connected | Sent | Received | Audio | Silence | Disconnected):
            _apply(tasks.setdefault(record.task, _Task(record.t)), record)
    recognised = _recognised(history)
    rows = [
        (sanitise(name), task.started, task.ended, task.sent, task.silence, recognised.get(name, 0.0), task.billed)
        for name, task in tasks.items()
    ]
    tokens = [task.tokens for task in tasks.values()]
    table = frame_of_rows(TASKS, [(*row, *own) for row, own in zip(rows, tokens, strict=True)])
    table.attrs.update(table_attrs(history.transcript))
    return table


def _apply(task: _Task, record: Connected | Sent | Received | Audio | Silence | Disconnected) -> None:
    match record:
        case Audio():
            task.sent += record.seconds
        case Silence():
            task.sent += record.seconds
            task.silence += record.seconds
        case Disconnected():
            task.ended = record.t
        case Received():
            event = record.event
            if isinstance(event, TaskFinishedEvent | TaskFailedEvent):
                task.ended = record.t
            if isinstance(event, TaskFinishedEvent | ResultGeneratedEvent) and event.usage is not None:
                task.billed = event.usage.duration or task.billed
            if b'_tokens"' in bytes(record.body):
                task.tokens = _tokens(bytes(record.body))


def _tokens(body: bytes) -> tuple[int | None, int | None]:
    """The tokens in and out that an event reports, where it does."""
    usage: Any = json.loads(body)
    for name in ("payload", "usage"):
        usage = usage.get(name) if isinstance(usage, dict) else None
    values = [usage.get(name) if isinstance(usage, dict) else None for name in ("input_tokens", "output_tokens")]
    known = [value if isinstance(value, int) and 0 <= value < 2**53 else None for value in values]
    return known[0], known[1]


def _recognised(history: History) -> dict[str, float]:
    """By task, the audio up to the end of its last final sentence."""
    recognised: dict[str, float] = {}
    for sentence in history.transcript.finals:
        for each in history.words_of(sentence):
            begin = history.sent[each.task].begin if each.task in history.sent else sentence.start
            recognised[each.task] = max(recognised.get(each.task, 0.0), each.word.end - begin)
    return recognised
