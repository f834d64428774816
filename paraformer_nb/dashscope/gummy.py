"""A result in the form of the Gummy models, which translate: ``transcription`` and ``translations``.

Sources: the vendor's "Gummy real-time" page, and its SDK, which reads `current_time` of a partial, and `fixed` of every
word. Sentences count from 0 here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

import msgspec
from msgspec import Meta

from .messages import SentenceResult, WordResult

GUMMY = "gummy-realtime-v1"


class GummyParameters(TypedDict, total=False):
    """What a task may be asked for, beside `format`, `sample_rate` and `vocabulary_id`."""

    source_language: str
    transcription_enabled: bool
    translation_enabled: bool
    translation_target_languages: Annotated[list[str], Meta(max_length=1)]


_NAMES = frozenset(GummyParameters.__annotations__)
_encode = msgspec.json.Encoder().encode


def wrong_parameter(given: Mapping[str, Any]) -> str | None:
    """What is wrong with the type of a parameter, or None."""
    try:
        msgspec.convert({key: value for key, value in given.items() if key in _NAMES}, GummyParameters)
    except msgspec.ValidationError as error:
        return str(error).replace("`", "")
    return None


def encode_result(
    task_id: str, sentence: SentenceResult, translations: Mapping[str, str], duration: int | None, *, is_heard: bool
) -> str:
    """A result-generated text. `translations`: a text for each language; `is_heard`: the transcription is wanted."""
    output: dict[str, Any] = {}
    if is_heard:
        words = [_word(word) for word in sentence.words or ()]
        output["transcription"] = _part(sentence, sentence.text or "", words)
    # A translation's words have no times of their own: it is one piece over the sentence's span.
    output["translations"] = [
        {"lang": language} | _part(sentence, text, [_word(_whole(sentence, text))])
        for language, text in translations.items()
    ]
    payload = {"output": output, "usage": None if duration is None else {"duration": duration}}
    header = {"task_id": task_id, "event": "result-generated", "attributes": {}}
    return _encode({"header": header, "payload": payload}).decode()


def _part(sentence: SentenceResult, text: str, words: list[dict[str, Any]]) -> dict[str, Any]:
    end = words[-1]["end_time"] if words else sentence.begin_time
    return {
        "sentence_id": (sentence.sentence_id or 1) - 1,
        "begin_time": sentence.begin_time,
        "end_time": sentence.end_time,
        "current_time": end,
        "text": text,
        "words": words,
        "sentence_end": sentence.is_final,
    }


def _word(word: WordResult) -> dict[str, Any]:
    return {
        "begin_time": word.begin_time,
        "end_time": word.end_time,
        "text": word.text or "",
        "punctuation": word.punctuation or "",
        "fixed": bool(word.fixed),
        "speaker_id": None,
    }


def _whole(sentence: SentenceResult, text: str) -> WordResult:
    words = sentence.words or ()
    end = sentence.end_time if sentence.end_time is not None else (words[-1].end_time if words else sentence.begin_time)
    return WordResult(sentence.begin_time, end, text, "", sentence.is_final)
