"""Words as JSON objects with text, start and end, of any tool."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ..transcript.imported import ImportedWord, share, split_text

_TEXTS = ("text", "word", "punctuated_word")
_MAX_ID = 2**53
_CONFIDENCES = ("confidence", "probability", "score")


def parse_json(text: str) -> Any:
    """A JSON value; NaN and infinite numbers, which Python writes though JSON has none, are None. Raises
    msgspec.DecodeError, or RecursionError."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        if "NaN" not in text and "Infinity" not in text:
            raise
        try:
            return json.loads(text, parse_constant=lambda _: None)
        except ValueError as error:
            raise msgspec.DecodeError(str(error)) from error


def words_of_rows(rows: Sequence[Any]) -> list[ImportedWord] | None:
    """Words in seconds; None if any of the rows is not one."""
    words = []
    for row in rows:
        word = word_of(row)
        if word is None:
            return None
        words.append(word)
    return [word for word in words if word.text]


def word_of(row: Any, unit: float = 1.0, sentence: int = 0, speaker: Any = None) -> ImportedWord | None:
    """One object as a word, or None. `unit`: seconds of its times; `speaker`: of its sentence."""
    if not isinstance(row, Mapping):
        return None
    text = next((row[name] for name in _TEXTS if isinstance(row.get(name), str)), None)
    start, end = number(row.get("start")), number(row.get("end"))
    if text is None or start is None or end is None:
        return None
    own = row.get("speaker", speaker)
    mark = row.get("punctuation")
    sentence_id = row.get("sentence_id")
    return ImportedWord(
        text.strip(),
        start * unit,
        max(start, end) * unit,
        sentence_id if isinstance(sentence_id, int) and 0 < sentence_id < _MAX_ID and not sentence else sentence,
        mark if isinstance(mark, str) else None,
        next((value for name in _CONFIDENCES if (value := number(row.get(name))) is not None), None),
        None if own is None else str(own),
        row.get("is_timed", True) is not False,
    )


def words_of_segment(
    segment: Mapping[str, Any], words: Any, unit: float, sentence: int, speaker: Any = None
) -> Iterator[ImportedWord]:
    """The words of a segment. Those without times (as whisperX leaves numbers) share what their neighbours leave; a
    segment without words is shared out by length."""
    speaker = segment.get("speaker", speaker)
    start, end = number(segment.get("start")) or 0.0, number(segment.get("end"))
    if not isinstance(words, list) or not words:
        text = segment.get("text")
        if isinstance(text, str) and end is not None:
            name = None if speaker is None else str(speaker)
            yield from share(split_text(text), start * unit, max(start, end) * unit, sentence=sentence, speaker=name)
        return
    found = [word_of(row, unit, sentence, speaker) for row in words]
    position = start * unit
    for index, word in enumerate(found):
        if word is None:
            following = next((each.start for each in found[index:] if each is not None), None)
            last = following if following is not None else max(position, (end or 0.0) * unit)
            word = _untimed(words[index], position, max(position, last), sentence, speaker)
        if word is not None and word.text:
            position = word.end
            yield word


def number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _untimed(row: Any, start: float, end: float, sentence: int, speaker: Any) -> ImportedWord | None:
    text = next((row[name] for name in _TEXTS if isinstance(row.get(name), str)), "") if isinstance(row, dict) else ""
    name = None if speaker is None else str(speaker)
    return ImportedWord(text.strip(), start, end, sentence, speaker=name, is_timed=False)
