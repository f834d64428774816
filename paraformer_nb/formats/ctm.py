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
    rows = document.rows
    is_plain = len("".join([row.text for row in rows]).split()) <= 1  # no word has a space in it
    lines = []
    for row in rows:
        _, _, text, start, end, _, confidence = row
        if not is_plain or text[0] == ";":
            text = field(document, row, text)
        tail = "" if confidence is None else f" {confidence:.3f}"
        lines.append(f"{head} {start:.3f} {end - start:.3f} {text}{tail}\n")
    return "".join(lines).encode()


def _read(text: str) -> Reading:
    """Where a file has several channels, each is a speaker."""
    words, channels, clips, problems = [], [], [], []
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
        clips.append(fields[0])
        channels.append(fields[1])
        words.append(ImportedWord(word, start, round(start + duration, 6), confidence=confidence))
    if len(set(channels)) > 1:
        words = [word._replace(speaker=channel) for word, channel in zip(words, channels, strict=True)]
    return Reading.of_clips(words, "CTM", clips, problems)


FORMAT = Format("ctm", (".ctm",), "words for scoring (NIST CTM)", ("channel",), _render, _read)
