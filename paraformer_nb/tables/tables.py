"""A transcript's words and sentences, and a recording's events, as pandas DataFrames.

Times are seconds on the clip's own time line; every column has the same dtype however few rows there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..dashscope.messages import ResultGeneratedEvent, TaskFailedEvent, command_name
from ..errors import ParameterError
from ..journal.records import Connected, Corrected, Disconnected, Gap, Received, Record, Resumed, RunEnded, Sent
from ..text import join, sanitise
from ..transcript.corrections import Correction

if TYPE_CHECKING:
    import pandas as pd

    from ..journal.records import RunStarted
    from ..transcript.search import Match
    from ..transcript.words import Sentence, Word

_STEERING = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")  # of what JSON may hold unescaped

WORD_COLUMNS = ("sentence_id", "text", "punctuation", "start", "end", "confidence", "speaker", "is_final")


def words_table(sentences: Iterable[Sentence], run: RunStarted | None, engine: str | None = None) -> pd.DataFrame:
    """One row a word, sorted by start, with a RangeIndex.

    Columns: ``sentence_id`` int64 (from 1, over the whole run), ``text`` and ``punctuation`` string, ``start`` and
    ``end`` float64 seconds, ``confidence`` float64 (0 to 1, NaN where unknown), ``speaker`` string (NA where unknown),
    ``is_final`` bool (False while the service may still change it). ``attrs`` has ``clip``, ``service`` (the
    `engine` that it named, else its host), ``model``.
    """
    rows = sorted(
        ((word, sentence.id, sentence.is_final) for sentence in sentences for word in sentence.words),
        key=lambda row: row[0].start,
    )
    words = [row[0] for row in rows]
    frame = _frame(
        sentence_id=([row[1] for row in rows], "int64"),
        text=([word.text.strip() for word in words], "string"),
        punctuation=([word.punctuation for word in words], "string"),
        start=([word.start for word in words], "float64"),
        end=([word.end for word in words], "float64"),
        confidence=([word.confidence for word in words], "float64"),
        speaker=([word.speaker for word in words], "string"),
        is_final=([row[2] for row in rows], "bool"),
    )
    frame.attrs.update(_attrs(run, engine))
    return frame


def word_row(sentence: Sentence, word: Word) -> dict[str, Any]:
    """One row of the words table as plain values, for those who want no table."""
    values = (
        sentence.id,
        word.text.strip(),
        word.punctuation,
        word.start,
        word.end,
        word.confidence,
        word.speaker,
        sentence.is_final,
    )
    return dict(zip(WORD_COLUMNS, values, strict=True))


def sentences_table(sentences: Iterable[Sentence], run: RunStarted | None, engine: str | None = None) -> pd.DataFrame:
    """One row a sentence, sorted by start, with a RangeIndex.

    Columns: ``sentence_id`` int64, ``text`` string, ``start`` and ``end`` float64 seconds, ``is_final`` bool,
    ``words`` int64 (their count).
    """
    rows = sorted(sentences, key=lambda sentence: sentence.start)
    frame = _frame(
        sentence_id=([row.id for row in rows], "int64"),
        text=([row.text.strip() for row in rows], "string"),
        start=([row.start for row in rows], "float64"),
        end=([row.end for row in rows], "float64"),
        is_final=([row.is_final for row in rows], "bool"),
        words=([len(row.words) for row in rows], "int64"),
    )
    frame.attrs.update(_attrs(run, engine))
    return frame


def matches_table(matches: Iterable[Match]) -> pd.DataFrame:
    """One row for each place where a text was found: ``sentence_id`` int64, ``text`` string, ``start`` and ``end``
    float64 seconds."""
    rows = list(matches)
    return _frame(
        sentence_id=([row.sentence_id for row in rows], "int64"),
        text=([row.text for row in rows], "string"),
        start=([row.start for row in rows], "float64"),
        end=([row.end for row in rows], "float64"),
    )


def gaps_table(gaps: Iterable[Gap]) -> pd.DataFrame:
    """One row a gap: ``start`` and ``end`` float64 seconds of the clip, ``reason`` string."""
    rows = list(gaps)
    return _frame(
        start=([gap.start for gap in rows], "float64"),
        end=([gap.end for gap in rows], "float64"),
        reason=([gap.reason for gap in rows], "string"),
    )


def events_table(records: Iterable[Record]) -> pd.DataFrame:
    """One row for each thing that happened, in order: commands, events, connections, losses, gaps, the end, edits.

    Columns: ``t`` float64 (seconds since the run began), ``event`` string (such as ``run-task`` or
    ``result-generated``), ``task`` string (its id), ``text`` string (what was heard, or why), ``body`` string (the JSON
    as it crossed, with escapes for what steers a terminal; NA for what is no message).
    """
    rows = [row for record in records if (row := _event_row(record))]
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), (), ()]
    dtypes = ("float64", "string", "string", "string", "string")
    names = ("t", "event", "task", "text", "body")
    return _frame(**{name: (list(values), dtype) for name, values, dtype in zip(names, columns, dtypes, strict=True)})


def _event_row(record: Record) -> tuple[float, str, str | None, str, str | None] | None:
    row = _told(record)
    if row is None:
        return None
    t, event, task, text, body = row
    return t, sanitise(event), task, sanitise(text), body and _STEERING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", body)


def _told(record: Record) -> tuple[float, str, str | None, str, str | None] | None:
    match record:
        case Received():
            return record.t, *_received(record), bytes(record.body).decode()
        case Sent():
            body = bytes(record.body)
            return record.t, command_name(body) or "unknown", record.task, "", body.decode()
        case Connected():
            return record.t, "connected", record.task, record.engine or "", None
        case Disconnected():
            return record.t, "lost", record.task, record.reason, None
        case Resumed():
            return record.t, "resumed", record.task, f"from {record.position:.2f} s, attempt {record.attempt}", None
        case Gap():
            return record.t, "gap", None, f"{record.start:.2f}–{record.end:.2f} s: {record.reason}", None
        case RunEnded():
            return record.t, record.state, None, record.error or "", None
        case Corrected():
            return _edited(record)
    return None


def _edited(record: Corrected) -> tuple[float, str, None, str, None] | None:
    try:
        change = Correction.of(record.change)
    except ParameterError:
        return None  # a later version's
    if change.action != "replace":
        return record.t, "edit", None, change.action, None
    old, new = (join([word.text + word.punctuation for word in words]).strip() for words in (change.old, change.new))
    return record.t, "edit", None, f"{old!r} → {new!r}", None


def _received(record: Received) -> tuple[str, str, str]:
    event = record.event
    if isinstance(event, ResultGeneratedEvent):
        return "result-generated", record.task, event.sentence.text or ""
    if isinstance(event, TaskFailedEvent):
        return "task-failed", record.task, f"{event.code}: {event.message}"
    name = {"TaskStartedEvent": "task-started", "TaskFinishedEvent": "task-finished"}.get(type(event).__name__)
    return name or getattr(event, "name", "") or "unknown", record.task, ""


def _attrs(run: RunStarted | None, engine: str | None) -> dict[str, str | None]:
    if run is None:
        return {"clip": None, "service": None, "model": None}
    return {"clip": run.clip.name, "service": engine or run.service.engine or run.service.host, "model": run.model}


def _frame(**columns: tuple[list[Any], str]) -> pd.DataFrame:
    """A DataFrame of (values, dtype) columns; "string" means text with NA for what is missing."""
    import pandas as pd

    text = pd.StringDtype(na_value=pd.NA)
    return pd.DataFrame(
        {
            name: pd.array(values, dtype=text) if dtype == "string" else pd.Series(values, dtype=dtype)
            for name, (values, dtype) in columns.items()
        }
    )
