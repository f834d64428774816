"""Audacity's label track: one line a word, start, end and text with tabs between."""

from __future__ import annotations

from ..errors import ReadError
from ..transcript.imported import ImportedWord
from .base import Format, Reading
from .document import Document
from .numbers import parse_number


def _render(document: Document) -> bytes:
    """The file has no quoting: line breaks and tabs in a text become spaces."""
    return "".join([f"{row.start:.6f}\t{row.end:.6f}\t{row.text}\n" for row in document.rows]).encode()


def read(text: str) -> Reading:
    """Read labels; lines that begin with a backslash hold frequencies. Raises ReadError for a text without times."""
    words, problems = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("\\"):
            continue
        start, _, rest = line.partition("\t")
        end, _, label = rest.partition("\t")
        try:
            words.append(ImportedWord(label, parse_number(start), parse_number(end)))
        except ValueError:
            problems.append(f"line {number} is not a label: {line[:40]!r}")
    if not words and problems:
        raise ReadError(
            "this is a text without times: of texts, labels (start, end and text with tabs between) are read. Nothing "
            "was read."
        )
    return Reading([word for word in words if word.text.strip()], "Audacity labels", problems=tuple(problems))


FORMAT = Format("audacity", (), "Audacity labels", (), _render, read)
