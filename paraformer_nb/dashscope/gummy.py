"""Parameters and results of the Gummy models, which also translate.

Their results contain ``transcription`` and ``translations`` instead of ``sentence``, and number sentences from 0.
Sources: the vendor's "Gummy real-time" page, and its SDK, which reads `current_time` of a partial and `fixed` of every
word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

import msgspec
from msgspec import Meta

from .messages import SentenceResult, WordResult

GUMMY = "gummy-realtime-v1"


class GummyParameters(TypedDict, total=False):
    """A task's parameters besides `format`, `sample_rate` and `vocabulary_id`."""

    source_language: str
    transcription_enabled: bool
    translation_enabled: bool
    translation_target_languages: Annotated[list[str], Meta(max_length=1)]


_NAMES = frozenset(GummyParameters.__annotations__)
_encode = msgspec.json.Encoder().encode


def find_parameter_error(given: Mapping[str, Any]) -> str | None:
    """Return a message about the first parameter of the wrong type; None if all are valid."""
    try:
        msgspec.convert({key: value for key, value in given.items() if key in _NAMES}, GummyParameters)
    except msgspec.ValidationError as error:
        return str(error).replace("`", "")
    return None


def encode_result(
    task_id: str,
    sentence: SentenceResult,
    translations: Mapping[str, str],
    duration: int | None,
    *,
    has_transcription: bool,
) -> str:
    """Return a result-generated text. `translations`: language -> text; `has_transcription`: include it."""
    output: dict[str, Any] = {}
    if has_transcription:
        words = [_word(word) for word in sentence.words or ()]
        output["transcription"] = _part(sentence, sentence.text or "", words)
    # A translation's words have no times: the whole text is sent as one word that spans the sentence.
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
        "sentence_id": int(sentence.sentence_id or 1) - 1,
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
