"""The JSON of other recognisers, distinguished by its keys."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from ..transcript.imported import ImportedWord, share, split_text
from .base import Reading
from .json_rows import number, word_of, words_of_rows, words_of_segment

_MS = 0.001


def read_tool(value: Any) -> Reading | None:
    """Read what a tool wrote; None where no tool is known that writes such keys."""
    for read in _READERS:
        reading = read(value)
        if reading is not None:
            return reading
    return None


def _dashscope(value: Any) -> Reading | None:
    """A result of the vendor's recognition of files: ``transcripts``, in milliseconds."""
    if not isinstance(value, dict) or not isinstance(value.get("transcripts"), list):
        return None
    words: list[ImportedWord] = []
    sentence_number = 0
    for track in _objects(value["transcripts"]):
        for sentence in _objects(track.get("sentences")):
            sentence_number += 1
            speaker = sentence.get("speaker_id")
            if speaker is None and len(value["transcripts"]) > 1:
                speaker = track.get("channel_id")
            segment = _renamed(sentence)
            rows = [_renamed(row) for row in _objects(sentence.get("words"))]
            words += words_of_segment(segment, rows, _MS, sentence_number, speaker)
    properties = value.get("properties")
    length = number(properties.get("original_duration_in_milliseconds")) if isinstance(properties, dict) else None
    return Reading(words, "DashScope file result", _file_name(value), None if length is None else length * _MS)


def _script(value: Any) -> Reading | None:
    """A script of the embedded service: ``sentences`` with ``begin_ms`` and ``end_ms``."""
    sentences = _objects(value.get("sentences")) if isinstance(value, dict) else []
    if not sentences or not all("begin_ms" in each for each in sentences):
        return None
    words: list[ImportedWord] = []
    for index, sentence in enumerate(sentences, start=1):
        rows = [_renamed(row, "begin_ms", "end_ms") for row in _objects(sentence.get("words"))]
        words += words_of_segment(_renamed(sentence, "begin_ms", "end_ms"), rows, _MS, index)
    length = number(value.get("duration_ms"))
    return Reading(words, "script", end=None if length is None else length * _MS)


def _assemblyai(value: Any) -> Reading | None:
    """``audio_url`` or ``utterances`` beside ``words``, in milliseconds."""
    if not isinstance(value, dict) or not {"audio_url", "utterances", "language_model"} & set(value):
        return None
    if not isinstance(value.get("words"), list):
        return None
    words: list[ImportedWord] = []
    utterances = _objects(value.get("utterances"))
    if utterances:
        for index, utterance in enumerate(utterances, start=1):
            words += words_of_segment(utterance, utterance.get("words"), _MS, index)
    else:
        words = [word for row in value["words"] if (word := word_of(row, _MS)) is not None and word.text]
    return Reading(words, "AssemblyAI JSON", _file_name(value), number(value.get("audio_duration")))


def _funasr(value: Any) -> Reading | None:
    """``key`` and ``text`` with ``timestamp`` pairs, in milliseconds; with ``sentence_info`` where it has sentences."""
    results = _objects(value if isinstance(value, list) else [value])
    if not results or not all("text" in each and {"timestamp", "sentence_info"} & set(each) for each in results):
        return None
    words: list[ImportedWord] = []
    sentence_number = 0
    for result in results:
        sentences = _objects(result.get("sentence_info")) or [result]
        for sentence in sentences:
            sentence_number += 1
            speaker = sentence.get("spk")
            words += _stamped(sentence, sentence_number, None if speaker is None else str(speaker))
    clip = results[0].get("key")
    return Reading(words, "FunASR JSON", clip if isinstance(clip, str) else None)


def _stamped(sentence: dict[str, Any], index: int, speaker: str | None) -> list[ImportedWord]:
    """The words of a FunASR text: one of its timestamps each, or shares of its time where the numbers differ."""
    tokens = split_text(str(sentence.get("text", sentence.get("sentence", ""))))
    stamps = [
        (start, end)
        for pair in sentence.get("timestamp") or ()
        if isinstance(pair, list) and len(pair) == 2
        if (start := number(pair[0])) is not None and (end := number(pair[1])) is not None
    ]
    if len(tokens) == len(stamps):
        return [
            ImportedWord(text, start * _MS, max(start, end) * _MS, index, speaker=speaker)
            for text, (start, end) in zip(tokens, stamps, strict=True)
        ]
    start, end = number(sentence.get("start")), number(sentence.get("end"))
    if stamps:
        start, end = stamps[0][0], stamps[-1][1]
    if start is None or end is None:
        return []
    return list(share(tokens, start * _MS, max(start, end) * _MS, sentence=index, speaker=speaker))


def _whisper_cpp(value: Any) -> Reading | None:
    """``transcription`` with ``offsets``, in milliseconds."""
    if not isinstance(value, dict) or not isinstance(value.get("transcription"), list):
        return None
    words: list[ImportedWord] = []
    for index, segment in enumerate(_objects(value["transcription"]), start=1):
        offsets = segment.get("offsets")
        if isinstance(offsets, dict):
            span = {"start": offsets.get("from"), "end": offsets.get("to"), "text": segment.get("text")}
            words += words_of_segment(span, None, _MS, index)
    return Reading(words, "whisper.cpp JSON")


def _whisper(value: Any) -> Reading | None:
    """``segments``, in seconds: of whisper and of what was made of it."""
    segments = value.get("segments") if isinstance(value, dict) else value
    if not isinstance(segments, list) or not all(isinstance(each, dict) for each in segments):
        return None
    if not isinstance(value, dict) and not all({"seek", "words", "tokens"} & set(each) for each in segments):
        return None
    words: list[ImportedWord] = []
    for index, segment in enumerate(segments, start=1):
        words += words_of_segment(segment, segment.get("words"), 1.0, index)
    whole = value if isinstance(value, dict) else {}
    if "words" in whole and not any("words" in each for each in segments):  # as OpenAI's service writes them
        words = _within(words_of_rows(_objects(whole["words"])) or [], segments)
    return Reading(words, f"{_whisper_kind(whole, segments)} JSON", end=number(whole.get("duration")))


def _whisper_kind(value: dict[str, Any], segments: list[dict[str, Any]]) -> str:
    first: dict[str, Any] = segments[0] if segments else {}
    if "word_segments" in value or any("score" in word for word in _objects(first.get("words"))):
        return "whisperX"
    if {"ori_dict", "regroup_history", "nonspeech_sections"} & set(value):
        return "stable-ts"
    if "language_probability" in value or (not value and segments) or "text" not in value:
        return "faster-whisper"
    return "whisper"


def _within(words: list[ImportedWord], segments: list[dict[str, Any]]) -> list[ImportedWord]:
    """The words, each with the number of the segment that it starts in."""
    starts = [number(each.get("start")) or 0.0 for each in segments]
    limits = [after for _, after in pairwise(starts)] + [float("inf")]
    index, found = 0, []
    for word in words:
        while index + 1 < len(limits) and word.start >= limits[index]:
            index += 1
        found.append(word._replace(sentence=index + 1))
    return found


def _rows(value: Any) -> Reading | None:
    """A list of objects with text, start and end, in seconds."""
    rows = value.get("words") if isinstance(value, dict) else value
    if not isinstance(rows, list) or (isinstance(value, list) and not all(isinstance(each, dict) for each in rows)):
        return None
    words = words_of_rows(rows)
    return None if words is None else Reading(words, "JSON")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _renamed(value: dict[str, Any], start: str = "begin_time", end: str = "end_time") -> dict[str, Any]:
    return value | {"start": value.get(start), "end": value.get(end)}


def _file_name(value: dict[str, Any]) -> str | None:
    address = value.get("file_url") or value.get("audio_url")
    return PurePosixPath(unquote(urlsplit(address).path)).name or None if isinstance(address, str) else None


_READERS: tuple[Callable[[Any], Reading | None], ...] = (
    _dashscope,
    _script,
    _assemblyai,
    _funasr,
    _whisper_cpp,
    _whisper,
    _rows,
)
