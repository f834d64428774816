"""Names and words in formats whose fields are separated by spaces."""

from __future__ import annotations

from .document import Document, Row

UNKNOWN = "unknown"
"""The speaker of words that have none."""
_NAMELESS = "clip"


def file_name(document: Document) -> str:
    """The clip's name as one field: spaces become ``_``; ``clip`` where nothing else is in it."""
    return field(document, None, document.name, "name") or _NAMELESS


def speaker_name(document: Document, row: Row) -> str:
    """The speaker of a word as one field; ``unknown`` where there is none, which is a change where others have one."""
    if row.speaker is None:
        if document.is_by_speaker:
            document.changes.add(row.number, row.text, "missing speaker", "named", "", UNKNOWN)
        return UNKNOWN
    return field(document, row, row.speaker, "speaker's name")


def field(document: Document, row: Row | None, text: str, noun: str = "word") -> str:
    """A text as one field: spaces become ``_``, and a comment's ``;;`` at its start full-width signs."""
    parts = text.split()
    written = "_".join(parts)
    if written.startswith(";;"):
        written = "；；" + written[2:]
    if written != text:
        number, shown = (None, text) if row is None else (row.number, row.text)
        document.changes.add(number, shown, noun, "written as one field", text, written)
    return written
