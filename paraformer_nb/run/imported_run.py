"""Words from elsewhere as a whole run: timeline, corrections, pages and comparisons are those of any run."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..audio.whole_clip import read_whole
from ..errors import ReadError
from ..formats.reading import read_file
from ..formats.registry import SUFFIXES
from ..formats.table_words import checked_words, name_of_clip, words_of_table
from ..journal.records import RunStarted
from ..journal.writer import JournalWriter
from ..paths import expand
from ..playback.playable import PlayableClip
from ..transcript.imported import ImportedWord, records_of_words
from ..transcript.transcript import Transcript
from .clock import run_clock
from .live_transcript import LiveTranscript
from .run import Run

_RECORD = re.compile(rb'^ *\{ *"kind"', re.MULTILINE)
_WORD = re.compile(rb' *\{ *"(sentence_id|text|word|start)"')
_LOOKED_AT = 65536  # bytes of a file that show whether it is a journal


def is_words_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one of words, as its suffix has it, and not a journal."""
    target = expand(path)
    format = SUFFIXES.get(target.suffix.lower())
    if format is None or not format.can_read:
        return False
    try:
        if not target.is_file():
            return format.name != "jsonl"
        with target.open("rb") as file:
            head = file.read(_LOOKED_AT).removeprefix(b"\xef\xbb\xbf")
    except (OSError, ValueError):
        return False
    if format.name == "jsonl":  # of a damaged journal the reader of journals has more to say
        return bool(_WORD.match(head)) and not _RECORD.search(head)
    return not _RECORD.match(head)


def import_file(path: str | os.PathLike[str], clip: Any) -> Run:
    """A run of the words of a file. Raises as `pnb.read_words`; AudioError and ParameterError for the clip."""
    reading, _ = read_file(path)
    if reading.clips:
        names = sorted(set(reading.clips))
        raise ReadError(
            f"{os.fspath(path)!r} has words of {len(names)} clips ({', '.join(names[:5])}): read them with "
            "pnb.read_words, and give the rows of one. Nothing was read."
        )
    words = reading.words
    if reading.table is not None:
        table, _ = checked_words(reading.table)
        words = words_of_table(table)
    name = reading.clip or expand(path).name
    return _import(words, reading.source, name, reading.end, clip)


def import_table(table: Any, clip: Any) -> Run:
    """A run of the words of a table. Raises ParameterError for a table without words and times, or an invalid clip."""
    words, _ = checked_words(table)
    return _import(words_of_table(words), "table", name_of_clip(words) or "table", None, clip)


def _import(words: Sequence[ImportedWord], source: str, name: str, end: float | None, clip: Any) -> Run:
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    if clip is not None:
        PlayableClip(clip)  # raises for a live source
    whole = None if clip is None else read_whole(clip)
    records = records_of_words(words, source, started, name=name, end=end, clip=whole)
    first = next(records)
    assert isinstance(first, RunStarted)  # as of every journal
    writer, failure = JournalWriter.temporary(first)
    now = run_clock()
    live = LiveTranscript(Transcript(first), writer, now)
    if failure:
        live.warn(failure)
    live.append(first)
    for record in records:
        live.append(record)
    live.close()
    return Run(live, writer.journal, clip)
