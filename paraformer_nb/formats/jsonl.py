"""JSON Lines: one object a word, with the columns of `run.words`; `paraformer-nb transcribe --json` prints the same."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..playback.playable import OpenAudio
from ..tables.words import word_row
from ..transcript.transcript import Transcript
from .base import Format, write_file


def to_jsonl(transcript: Transcript) -> bytes:
    """The words, as corrected, one a line, in the order of the sentences."""
    rows = [word_row(sentence, word) for sentence in transcript.sentences for word in sentence.words]
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _write(transcript: Transcript, path: Path, open_audio: OpenAudio) -> None:
    write_file(path, to_jsonl(transcript))


FORMAT = Format(".jsonl", "the words as JSON Lines", (), _write)
