"""Words from elsewhere as a whole run: timeline, corrections, pages and comparisons are those of any run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..audio.clip import Clip, open_clip
from ..audio.peaks import bin_samples, peaks
from ..errors import ParameterError
from ..formats.reading import read_file
from ..formats.registry import SUFFIXES
from ..formats.table_words import checked_words, words_of_table
from ..journal.records import ClipSource, RunStarted
from ..journal.writer import JournalWriter
from ..paths import expand
from ..playback.playable import PlayableClip
from ..text import sanitise
from ..transcript.imported import ImportedWord, imported_records
from ..transcript.transcript import Transcript
from .clock import run_clock
from .live_transcript import LiveTranscript
from .run import Run

_RATE = 16_000  # Hz at which a clip is read for its waveform
_BLOCK = 60  # seconds read at once
_JOURNAL = b'{"kind"'
_LOOKED_AT = 64  # bytes of a file that show whether it is a journal


class Sound(NamedTuple):
    """What is known of a clip once it was read."""

    source: ClipSource
    end: float
    peaks: bytes
    sha256: str | None


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
        return head.replace(b" ", b"").startswith((b'{"sentence_id"', b'{"text"', b'{"word"', b'{"start"'))
    return not head.replace(b" ", b"").startswith(_JOURNAL)


def import_file(path: str | os.PathLike[str], clip: Any) -> Run:
    """A run of the words of a file. Raises as `pnb.read_words`; AudioError and ParameterError for the clip."""
    reading, _ = read_file(path)
    words = reading.words
    if reading.table is not None:
        table, _ = checked_words(reading.table)
        words = words_of_table(table)
    name = reading.clip or expand(path).name
    return _import(words, reading.source, name, reading.end, clip)


def import_table(table: Any, clip: Any) -> Run:
    """A run of the words of a table. Raises ParameterError for a table without words and times, or an invalid clip."""
    words, _ = checked_words(table)
    name = words.attrs.get("clip")
    return _import(words_of_table(words), "table", name if isinstance(name, str) else "table", None, clip)


def _import(words: Sequence[ImportedWord], source: str, name: str, end: float | None, clip: Any) -> Run:
    sound = None if clip is None else _read_sound(clip)
    last = max((word.end for word in words), default=0.0)
    clip_source = ClipSource(sanitise(name)) if sound is None else sound.source
    length = max(last, (sound.end if sound else end) or 0.0)
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    found: dict[str, Any] = {} if sound is None else {"peaks": sound.peaks, "sha256": sound.sha256}
    records = imported_records(words, clip_source, source, length, started, **found)
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


def _read_sound(clip: Any) -> Sound:
    """Read a clip from beginning to end, for its waveform and length."""
    PlayableClip(clip)  # raises for a live source
    opened = open_clip(clip, sample_rate=_RATE)
    if not isinstance(opened, Clip):
        opened.close()
        raise ParameterError(f"{opened.name!r} can be read only once: give a file, bytes or an array.")
    try:
        pairs, samples = [], 0
        for block in opened.blocks(_BLOCK * _RATE):
            pairs.append(peaks(block, bin_samples(_RATE)))
            samples += len(block) // 2
        path: Path | None = opened.path
        source = ClipSource(opened.name, None if path is None else str(path), opened.size)
        return Sound(source, samples / _RATE, b"".join(pairs), opened.sha256())
    finally:
        opened.close()
