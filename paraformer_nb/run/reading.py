"""Read a journal into a transcript; of a damaged one everything that can be read."""

from __future__ import annotations

import os
import stat
import warnings
from bisect import bisect_left
from pathlib import Path

from ..errors import JournalError
from ..journal.journal import Journal
from ..journal.records import DamagedRecord, Gap, RunStarted
from ..paths import expand
from ..transcript.transcript import Transcript

_MAX_NAMED = 10  # damaged lines in the warning


def read_journal(path: str | os.PathLike[str]) -> tuple[Journal, Transcript, float]:
    """Read a journal. Returns it, its transcript, and the time of its last record.

    Where lines are damaged, there is one warning, and gaps in the transcript where words may be missing.

    Raises JournalError if it is not a journal or cannot be read.
    """
    journal = Journal(journal_path(path).absolute())
    try:
        _check_file(journal.path)
        return journal, *_fold(journal)
    except OSError as error:
        raise JournalError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    except JournalError as error:
        raise JournalError(f"{str(path)!r}: {error}") from error


def journal_path(path: str | os.PathLike[str]) -> Path:
    """The path of a journal as a user gives it. Raises JournalError for one that cannot exist."""
    expanded = expand(path)
    if "\0" in str(expanded):
        raise JournalError(f"{str(expanded)!r} has a NUL in it, which no path can have. Check the path.")
    return expanded


def _check_file(path: Path) -> None:
    """Raise JournalError for what cannot be a journal: opening a pipe would wait for its writer."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # opening a directory raises the system's own error
        raise JournalError("this is not a journal but a pipe or a device. Copy it to a file.")


def _fold(journal: Journal) -> tuple[Transcript, float]:
    transcript, last = None, 0.0
    damage: list[DamagedRecord] = []
    losses: dict[float, int] = {}  # from which position on a final sentence may be missing, and its line
    for record in journal:
        if transcript is None:
            assert isinstance(record, RunStarted)  # the reader checks it
            transcript = Transcript(record)
        elif isinstance(record, DamagedRecord):
            damage.append(record)
            if record.has_result:
                losses.setdefault(transcript.final_until, record.line)
        else:
            transcript.apply(record)
        if record.t > last:
            last = record.t
    if transcript is None:
        raise JournalError("this is not a journal: it is empty.")
    _add_gaps(transcript, losses)
    if damage:
        warnings.warn(_describe(journal.path, damage), stacklevel=4)
    return transcript, last


def _add_gaps(transcript: Transcript, losses: dict[float, int]) -> None:
    """Add a gap from where the sentences before each damaged line end to where the next one starts."""
    starts = sorted(sentence.start for sentence in transcript.finals)
    for start, line in losses.items():
        following = bisect_left(starts, start)
        end = starts[following] if following < len(starts) else transcript.sent_until
        if end > start:
            transcript.apply(Gap(0.0, start, end, f"line {line} of the journal is damaged: words may be missing"))


def _describe(path: Path, damage: list[DamagedRecord]) -> str:
    lines = ", ".join(str(record.line) for record in damage[:_MAX_NAMED])
    more = f" and {len(damage) - _MAX_NAMED} more" if len(damage) > _MAX_NAMED else ""
    return (
        f"the journal {path.name!r} is damaged: line{'s' if len(damage) > 1 else ''} {lines}{more} cannot be read (the "
        f"first: {damage[0].problem}) and {'were' if len(damage) > 1 else 'was'} skipped. The rest was read, and the "
        "file is as it was. Where words may be missing, run.gaps has a row."
    )
