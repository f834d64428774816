"""A small journal on disk, a correction of it, and how often a journal was corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from servers import result

from paraformer_nb.journal.appender import Appender
from paraformer_nb.journal.records import (
    VERSION,
    ClipSource,
    KnownRecord,
    Received,
    RunEnded,
    RunStarted,
    ServiceSource,
)
from paraformer_nb.transcript.corrections import Correction
from paraformer_nb.transcript.words import Word

RUN = RunStarted(
    0.0,
    VERSION,
    "today",
    ClipSource("lesson.wav"),
    16000,
    0.0,
    40.0,
    ServiceSource("embedded", "127.0.0.1", "scripted"),
    "paraformer-realtime-v2",
    {},
)
CORRECTION = Correction("replace", 1, (Word("mourning", 0.1, 0.2),), (Word("morning", 0.1, 0.2),))
"""Of the second word of `write_journal`'s."""


def received(*words: str, number: int = 1, **more: Any) -> Received:
    """A final sentence of words of 100 ms each; sentence 1 begins at 0 s, sentence 2 at 1 s and so on."""
    return Received.of(1.0, "task", result("task", *words, number=number, **more).encode())


def write_journal(path: Path, *more: KnownRecord) -> Path:
    """Write the journal of a finished run that recognised "good mourning all" and "by"; returns its path."""
    ended = RunEnded(9.0, "finished")
    with path.open("wb") as file:
        appender = Appender(file)
        for record in (RUN, received("good", "mourning", "all"), received("by", number=2), *more, ended):
            appender.append(record)
    return path


def count_corrections(path: Path) -> int:
    """The number of corrections in a journal."""
    return path.read_bytes().count(b'"kind":"corrected"')
