"""RTTM, NIST's rich transcription time marks: one line a turn of a speaker; it has no words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..errors import ParameterError
from ..transcript.imported import ImportedWord
from .base import Format, Reading
from .document import Document, Row, by_speaker
from .names import file_name, speaker_name
from .stm import speaker_of


def _render(document: Document, *, gap: float = 1.0) -> bytes:
    """``SPEAKER clip 1 start duration <NA> <NA> speaker <NA> <NA>``.

    `gap`: seconds of silence within a turn; a longer one begins a new turn.
    """
    if not gap >= 0:
        raise ParameterError(f"gap={gap!r}: give seconds, 0 or more. Nothing was written.")
    name = file_name(document)
    turns = []
    for _, rows in by_speaker(document.rows):
        for turn in _turns(rows, gap):
            start = round(turn[0].start, 3)
            end = round(max(row.end for row in turn), 3)
            turns.append((start, end - start, speaker_name(document, turn[0])))
    lines = [
        f"SPEAKER {name} 1 {start:.3f} {length:.3f} <NA> <NA> {who} <NA> <NA>\n" for start, length, who in sorted(turns)
    ]
    return "".join(lines).encode()


def _turns(rows: Sequence[Row], gap: float) -> Iterator[list[Row]]:
    turn: list[Row] = []
    end = 0.0
    for row in rows:
        if turn and row.start - end > gap:
            yield turn
            turn = []
        end = row.end if not turn else max(end, row.end)
        turn.append(row)
    if turn:
        yield turn


def _read(text: str) -> Reading:
    """Each turn is one word: its speaker's name."""
    words, problems, clip = [], [], None
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if not fields or line.lstrip().startswith(";;") or fields[0] != "SPEAKER":
            continue
        try:
            start, duration, name = float(fields[3]), float(fields[4]), fields[7]
        except (IndexError, ValueError):
            problems.append(f"line {number} is not one of an RTTM file: {line[:40]!r}")
            continue
        clip = clip or fields[1]
        end = round(start + duration, 6)
        words.append(ImportedWord(name, start, end, number, punctuation="", speaker=speaker_of(name), is_timed=False))
    return Reading(words, "RTTM", clip, problems=tuple(problems))


FORMAT = Format("rttm", (".rttm",), "who spoke when (NIST RTTM)", ("gap",), _render, _read)
