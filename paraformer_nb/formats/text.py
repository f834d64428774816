"""Plain text: one line a sentence."""

from __future__ import annotations

from ..transcript.transcript import Transcript
from . import audacity
from .base import Format
from .document import Document


def to_text(transcript: Transcript) -> str:
    """The sentences, as corrected, one a line.

    Example:
        >>> print(to_text(Transcript.from_records(Journal("run.jsonl"))), end="")
        Good morning.
        今天天气好。
    """
    return "".join(f"{sentence.text.strip()}\n" for sentence in transcript.sentences)


def _render(document: Document) -> bytes:
    return to_text(document.transcript).encode()


# A text file is read as labels, which is the one kind of text that has times.
FORMAT = Format("txt", (".txt",), "plain text", (), _render, audacity.read)
