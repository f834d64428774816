"""CTM, NIST's time-marked conversations: one line a word."""

from __future__ import annotations

from ..transcript.imported import ImportedWord
from .base import Format, Reading
from .document import Document
from .names import field, file_name

_CHANNEL = "1"


def _render(document: Document, *, channel: str = _CHANNEL) -> bytes:
    """``clip channel start duration word confidence``; the last field is left out where it is not known.

    `channel`: written in every line.
    """
    head = f"{file_name(document)} {channel}"
    lines = []
    for row in document.rows:
        text = row.text
        if " " in text or text.startswith(";;") or text.split() != [text]:
            text = field(document, row, text)
        tail = "" if row.confidence is None else f" {row.confidence:.3f}"
        start = round(row.start, 3)
        lines.append(f"{head} {start:.3f} {round(row.end, 3) - start:.3f} {text}{tail}\n")
    return "".join(lines).encode()


def _read(text: str) -> Reading:
    words, problems, clip = [], [], None
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if not fields or line.lstrip().startswith(";;"):
            continue
        try:
            start, duration = float(fields[2]), float(fields[3])
            word = fields[4]
            confidence = float(fields[5]) if len(fields) > 5 and fields[5] != "NA" else None
        except (IndexError, ValueError):
            problems.append(f"line {number} is not one of a CTM file: {line[:40]!r}")
            continue
        clip = clip or fields[0]
        words.append(ImportedWord(word, start, round(start + duration, 6), confidence=confidence))
    return Reading(words, "CTM", clip, problems=tuple(problems))


FORMAT = Format("ctm", (".ctm",), "words for scoring (NIST CTM)", ("channel",), _render, _read)
