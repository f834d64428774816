"""STM, NIST's segment time marks: one line a sentence, as references for scoring."""

from __future__ import annotations

import re

from ..transcript.imported import ImportedWord, share
from .base import Format, Reading
from .document import Document
from .names import field, file_name, speaker_name

_LABEL = re.compile(r"<[^\s<>\"]*>(\s+|$)")  # such as <o,f0,male>

_NO_LABEL = "<NA>"
_IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"  # instead of words


def _render(document: Document) -> bytes:
    """``clip channel speaker start end words``, with a space between words of any script."""
    name = file_name(document)
    lines = []
    for span in document.spans(document.rows):
        words = " ".join(field(document, row, row.text) for row in span.rows)
        if _LABEL.match(words):  # a word that a reader would take for a label
            words = f"{_NO_LABEL} {words}"
        lines.append(f"{name} 1 {speaker_name(document, span.rows[0])} {span.start:.3f} {span.end:.3f} {words}\n")
    return "".join(lines).encode()


def _read(text: str) -> Reading:
    words: list[ImportedWord] = []
    clips: list[str] = []
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split(maxsplit=5)
        if not fields or line.lstrip().startswith(";;"):
            continue
        try:
            start, end = float(fields[3]), float(fields[4])
        except (IndexError, ValueError):
            problems.append(f"line {number} is not one of an STM file: {line[:40]!r}")
            continue
        rest = fields[5] if len(fields) > 5 else ""
        if rest.strip() == _IGNORED:
            continue
        rest = rest[found.end() :] if (found := _LABEL.match(rest)) else rest
        words += share(rest.split(), start, end, sentence=number, speaker=speaker_of(fields[2]))
        clips += fields[:1] * (len(words) - len(clips))
    return Reading.of_clips(words, "STM", clips, problems)


def speaker_of(name: str) -> str | None:
    """The speaker that a field names; None where it stands for one that is not known."""
    return None if name in ("unknown", "<NA>", "UNK") else name


FORMAT = Format("stm", (".stm",), "sentences for scoring (NIST STM)", (), _render, _read)
