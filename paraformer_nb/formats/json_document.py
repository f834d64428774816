"""JSON: the sentences with their words, by the schema in docs/transcript.schema.json; and other tools' JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import ReadError
from ..text import sanitise
from ..transcript.imported import ImportedWord
from .base import Format, Reading
from .document import Document
from .json_rows import parse_json, word_of
from .json_tools import read_tool

VERSION = 1


def _render(document: Document) -> bytes:
    """Times are seconds, rounded to a millisecond."""
    transcript = document.transcript
    sentences = [
        {
            "id": sentence.id,
            "text": sentence.text.strip(),
            "start": round(sentence.start, 3),
            "end": round(sentence.end, 3),
            "words": [
                {
                    "text": word.text.strip(),
                    "punctuation": word.punctuation,
                    "start": round(word.start, 3),
                    "end": round(word.end, 3),
                    "confidence": word.confidence,
                    "speaker": word.speaker,
                }
                for word in sentence.words
            ],
        }
        for sentence in transcript.sentences
    ]
    whole = {
        "version": VERSION,
        "clip": document.clip.name if document.clip else None,
        "duration": round(document.end, 3),
        "service": document.service or None,
        "gaps": [{"start": round(start, 3), "end": round(end, 3)} for start, end in document.gaps],
        "sentences": sentences,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def _read(text: str) -> Reading:
    try:
        value = parse_json(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ReadError(f"this is not JSON: {error}. Nothing was read.") from error
    reading = (_read_own(value) if isinstance(value, dict) and "sentences" in value else None) or read_tool(value)
    if reading is None:
        keys = ", ".join(sorted(map(sanitise, value))[:8]) if isinstance(value, dict) else type(value).__name__
        raise ReadError(
            f"this JSON is of no tool that is known (it has {keys or 'no keys'}). Known are our own, whisper, "
            "faster-whisper, whisperX, stable-ts, AssemblyAI, DashScope's file results, FunASR, the embedded service's "
            "scripts, and lists of objects with text, start and end. Nothing was read."
        )
    return reading


def _read_own(value: dict[str, Any]) -> Reading | None:
    words: list[ImportedWord] = []
    sentences = value["sentences"]
    if not isinstance(sentences, list):
        return None
    for number, sentence in enumerate(sentences, start=1):
        rows = sentence.get("words") if isinstance(sentence, dict) else None
        for row in rows if isinstance(rows, list) else ():
            word = word_of(row, sentence=number, speaker=sentence.get("speaker"))
            if word is None:
                return None
            words.append(word)
    clip, end = value.get("clip"), value.get("duration")
    return Reading(
        [word for word in words if word.text],
        "paraformer_nb JSON",
        clip if isinstance(clip, str) else None,
        float(end) if isinstance(end, (int, float)) else None,
    )


FORMAT = Format("json", (".json",), "sentences and words as JSON", (), _render, _read)
