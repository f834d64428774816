"""JSON Lines: one object a word, with the columns of `run.words`; `paraformer-nb transcribe --json` prints the same."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import ReadError
from ..tables.words import word_row
from ..transcript.transcript import Transcript
from .base import Format, Reading
from .document import Document
from .json_rows import parse_json, words_of_rows


def to_jsonl(transcript: Transcript) -> bytes:
    """The words, as corrected, one a line, in the order of the sentences."""
    rows = [word_row(sentence, word) for sentence in transcript.sentences for word in sentence.words]
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _render(document: Document) -> bytes:
    return to_jsonl(document.transcript)


def _read(text: str) -> Reading:
    rows: list[Any] = []
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(parse_json(line))
        except msgspec.DecodeError as error:
            problems.append(f"line {number} is not JSON: {error}")
    words = words_of_rows(rows)
    if words is None or (problems and not rows):
        raise ReadError("these JSON Lines are not words: each needs text, start and end. Nothing was read.")
    return Reading(words, "JSON Lines", problems=tuple(problems))


FORMAT = Format("jsonl", (".jsonl",), "the words as JSON Lines", (), _render, _read)
