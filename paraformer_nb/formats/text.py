"""Plain text: one line a sentence."""

from __future__ import annotations

from pathlib import Path

from ..playback.playable import OpenAudio
from ..transcript.transcript import Transcript
from .base import Format, write_file


def to_text(transcript: Transcript) -> str:
    """The sentences, as corrected, one a line.

    Example:
        >>> print(to_text(Transcript.from_records(Journal("run.jsonl"))), end="")
        Good morning.
        今天天气好。
    """
    return "".join(f"{sentence.text.strip()}\n" for sentence in transcript.sentences)


def _write(transcript: Transcript, path: Path, open_audio: OpenAudio) -> None:
    write_file(path, to_text(transcript).encode())


FORMAT = Format(".txt", "plain text", (), _write)
