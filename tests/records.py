"""Journal records and sentences for tests: short to write, as a service's messages would give them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.journal import read
from paraformer_nb.journal.records import (
    VERSION,
    Audio,
    ClipSource,
    Received,
    Record,
    RunStarted,
    ServiceSource,
)
from paraformer_nb.transcript.transcript import Transcript
from paraformer_nb.transcript.words import Word

RUN = RunStarted(
    t=0.0,
    version=VERSION,
    started="today",
    clip=ClipSource("lesson.flac"),
    sample_rate=16000,
    start=0.0,
    end=40.0,
    service=ServiceSource("embedded", "127.0.0.1", "scripted"),
    model="paraformer-realtime-v2",
    parameters={},
)


def run_started(start: float = 0.0, **changes: Any) -> RunStarted:
    """The first record of a run whose part of the clip begins at `start` seconds."""
    return replace(RUN, start=start, **changes)


def event(name: str, payload: Any = None, task: str = "t", **header: Any) -> Received:
    """An event of a task."""
    message = {"header": {"task_id": task, "event": name} | header, "payload": payload or {}}
    return Received.of(1.0, task, json.dumps(message).encode())


def sent_audio(position: float, seconds: float, task: str = "t") -> Audio:
    """Audio of the clip that was sent."""
    return Audio(1.0, task, position, seconds)


def spread_words(text: str, begin: int, end: int) -> list[dict[str, Any]]:
    """The words of a text, evenly spread over a span of milliseconds."""
    parts = text.split()
    step = (end - begin) / max(1, len(parts))
    return [
        {
            "text": part,
            "begin_time": begin + round(n * step),
            "end_time": begin + round((n + 1) * step),
            "punctuation": "",
        }
        for n, part in enumerate(parts)
    ]


def result(
    text: str, begin: int | None, end: int | None = None, number: int | None = 1, task: str = "t", **more: Any
) -> Received:
    """A result: final where it has an end, else partial with words over 1 s. `number`: the service's sentence id."""
    sentence = {
        "sentence_id": number,
        "begin_time": begin,
        "end_time": end,
        "text": text,
        "sentence_end": end is not None,
        "words": spread_words(text, begin or 0, end or (begin or 0) + 1000),
    }
    return event("result-generated", {"output": {"sentence": sentence | more}}, task)


def timed_final(*words: tuple[str, int, int], number: int = 1, task: str = "t") -> Received:
    """A final of these words: text, begin, end (ms)."""
    spans = [{"text": text, "begin_time": begin, "end_time": end, "punctuation": ""} for text, begin, end in words]
    text = " ".join(word[0] for word in words)
    return result(text, words[0][1], words[-1][2], number, task, words=spans)


def result_of(*words: Word, number: int = 1, is_final: bool = True, task: str = "t") -> Received:
    """A result of these words."""
    sent = [
        {
            "text": word.text,
            "punctuation": word.punctuation,
            "begin_time": round(word.start * 1000),
            "end_time": round(word.end * 1000),
            "confidence": word.confidence,
        }
        for word in words
    ]
    begin, last = (sent[0]["begin_time"], sent[-1]["end_time"]) if sent else (0, None)
    text = " ".join(word.text + word.punctuation for word in words)
    end = last if is_final else None
    sentence = {
        "sentence_id": number,
        "begin_time": begin,
        "end_time": end,
        "text": text,
        "sentence_end": is_final,
        "words": sent,
    }
    return event("result-generated", {"output": {"sentence": sentence}}, task)


def fold(*records: Record, start: float = 0.0) -> Transcript:
    """The transcript of a run whose task has started, and of these records."""
    return Transcript.from_records([run_started(start), event("task-started"), *records])


def spans(transcript: Transcript) -> list[tuple[int, str, float, float, bool]]:
    """Id, text, start, end, and whether it is final, of each sentence."""
    return [(one.id, one.text, one.start, one.end, one.is_final) for one in transcript.sentences]


def ids_and_texts(transcript: Transcript) -> list[tuple[int, str]]:
    """Id and text of each sentence."""
    return [(one.id, one.text) for one in transcript.sentences]


def journal_bytes(*records: Record) -> bytes:
    """What a journal of these records holds."""
    file = io.BytesIO()
    appender = Appender(file)
    for record in records:
        appender.append(record)
    return file.getvalue()


def read_bytes(data: bytes) -> list[Record]:
    """The records of a journal that holds `data`."""
    return list(read(io.BytesIO(data)))


def write_journal(path: Path, *records: Record) -> Path:
    """Write a journal of `RUN` and these records."""
    path.write_bytes(journal_bytes(RUN, *records))
    return path
