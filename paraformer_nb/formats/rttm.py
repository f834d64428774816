"""RTTM, NIST's rich transcription time marks: one line a turn of a speaker; of words only where others wrote them."""

from __future__ import annotations

import re

from ..errors import ParameterError
from ..tables.turns import turn_numbers
from ..transcript.imported import ImportedWord
from .base import Format, Reading
from .document import Document, Row
from .names import file_name, speaker_name
from .stm import speaker_of

_LEXEME = re.compile(r"^LEXEME\s", re.MULTILINE)


def _render(document: Document, *, gap: float = 1.0) -> bytes:
    """``SPEAKER clip 1 start duration <NA> <NA> speaker <NA> <NA>``.

    Turns are those of `df.speech.turns`; `gap`: the longest silence within one, in seconds.
    """
    import numpy as np

    if not gap >= 0:
        raise ParameterError(f"gap={gap!r}: give seconds, 0 or more. Nothing was written.")
    clip = file_name(document)
    rows = document.rows
    names = [row.speaker for row in rows]
    known = {name: number for number, name in enumerate(dict.fromkeys(names))}
    starts, ends = (np.array([getattr(row, name) for row in rows], "float64") for name in ("start", "end"))
    turns: dict[int, list[Row]] = {}
    for row, turn in zip(rows, turn_numbers(starts, ends, np.array([known[name] for name in names]), gap), strict=True):
        turns.setdefault(int(turn), []).append(row)
    lines = []
    for _, turn in sorted(turns.items()):
        start = round(turn[0].start, 3)
        length = round(max(row.end for row in turn), 3) - start
        speaker = speaker_name(document, turn[0])
        lines.append(f"SPEAKER {clip} 1 {start:.3f} {length:.3f} <NA> <NA> {speaker} <NA> <NA>\n")
    return "".join(lines).encode()


def _read(text: str) -> Reading:
    """The lexemes of a file are its words. Where it has none each turn is one word: its speaker's name."""
    words, problems, clips = [], [], []
    kind = "LEXEME" if _LEXEME.search(text) else "SPEAKER"
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if not fields or fields[0] != kind:
            continue
        try:
            start, duration, lexeme, name = float(fields[3]), float(fields[4]), fields[5], fields[7]
        except (IndexError, ValueError):
            problems.append(f"line {number} is not one of an RTTM file: {line[:40]!r}")
            continue
        clips.append(fields[1])
        end, speaker = round(start + duration, 6), speaker_of(name)
        if kind == "LEXEME":
            words.append(ImportedWord(lexeme, start, end, speaker=speaker))
        else:
            words.append(ImportedWord(name, start, end, number, punctuation="", speaker=speaker, is_timed=False))
    return Reading.of_clips(words, "RTTM", clips, problems)


FORMAT = Format("rttm", (".rttm",), "who spoke when (NIST RTTM)", ("gap",), _render, _read)
