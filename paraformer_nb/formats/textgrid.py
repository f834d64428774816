"""Praat's TextGrid: a tier of words and one of sentences for each speaker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..errors import ReadError
from ..text import sanitise
from ..transcript.imported import ImportedWord, share, split_text
from .base import Format, Package, Reading
from .document import Document, Row, by_speaker

NOT_RECOGNISED = "<not recognised>"
"""The label of a part of the clip that was never recognised."""

_PRAATIO = Package("praatio.utilities.textgrid_io", "praatio", "export", "the format .TextGrid")
_WORDS = re.compile(r"(?:(.*) - )?words?", re.IGNORECASE | re.DOTALL)
_SENTENCES = re.compile(r"(?:(.*) - )?(?:sentences?|utterances?)", re.IGNORECASE | re.DOTALL)
_NEGATIVE = re.compile(r"^\s*(?:xmin|xmax|number|time)\s*=\s*-", re.MULTILINE)
_SOUNDS = re.compile(r"(?:(.*) - )?(?:phones?|phonemes?|syllables?|gaps)", re.IGNORECASE | re.DOTALL)


def _render(document: Document) -> bytes:
    """Tiers ``words`` and ``sentences``, or ``NAME - words`` and ``NAME - sentences`` where there are speakers, as
    forced aligners name them; and ``gaps`` where parts of the clip were not recognised."""
    io = _PRAATIO.load()
    rows = document.repaired
    end = max([document.end, *(row.end for row in rows)]) or 1.0  # a TextGrid has a length
    tiers = []
    for speaker, own in by_speaker(rows):
        tiers.append(_tier(_tier_name(document, speaker, "words"), [(*_times(row), row.text) for row in own], end))
        spans = [(span.start, span.end, span.text) for span in document.spans(own)]
        tiers.append(_tier(_tier_name(document, speaker, "sentences"), spans, end))
    if document.gaps:
        gaps = [(start, min(stop, end), NOT_RECOGNISED) for start, stop in document.gaps if start < min(stop, end)]
        tiers.append(_tier("gaps", gaps, end))
    if not tiers:
        tiers.append(_tier("words", [], end))
    grid = {"xmin": 0, "xmax": end, "tiers": tiers}
    text = io.getTextgridAsStr(grid, "long_textgrid", includeBlankSpaces=True, minimumIntervalLength=None)
    return str(text).encode()


def _times(row: Row) -> tuple[float, float]:
    return row.start, row.end


def _tier(name: str, entries: Sequence[tuple[float, float, str]], end: float) -> dict[str, Any]:
    return {"class": "IntervalTier", "name": name, "xmin": 0, "xmax": end, "entries": list(entries)}


def _tier_name(document: Document, speaker: str | None, what: str) -> str:
    return f"{sanitise(speaker)} - {what}" if speaker is not None else what


def _read(text: str) -> Reading:
    io = _PRAATIO.load()
    from praatio.utilities.errors import PraatioException

    if _NEGATIVE.search(text):  # the package reads them without their sign
        raise ReadError("this TextGrid has times before 0 s: in Praat, shift its times to 0 first. Nothing was read.")
    try:
        grid = io.parseTextgridStr(text, includeEmptyIntervals=False)
        tiers = [{**tier, "entries": _entries(tier)} for tier in grid["tiers"] if tier["class"] == "IntervalTier"]
        length = float(grid["xmax"])
    except (PraatioException, ValueError, LookupError, AttributeError, TypeError) as error:
        reason = str(error).rstrip(".") or "its structure is another"
        raise ReadError(f"this is not a TextGrid, or a torn one: {reason}.") from error
    words: list[ImportedWord] = []
    chosen = [tier for tier in tiers if _WORDS.fullmatch(tier["name"])]
    if chosen:
        for tier in chosen:
            words += _words_of(tier, tiers, len(words))
        return Reading(words, "TextGrid", end=length)
    others = [tier for tier in tiers if not _SOUNDS.fullmatch(tier["name"])] or tiers
    if not others:
        raise ReadError("this TextGrid has no tier of intervals, so it has no words with times.")
    tier = max(others, key=lambda each: len(each["entries"]))
    for number, (start, end, label) in enumerate(tier["entries"], start=1):
        found = split_text(label)
        if len(found) == 1:
            words.append(ImportedWord(found[0], start, end))
        else:
            words += share(found, start, end, sentence=number)
    left = [each["name"] for each in others if each is not tier]
    problems = (f"tiers beside {tier['name']!r} were left out: {', '.join(left)}",) if left else ()
    return Reading(words, "TextGrid", end=length, problems=problems)


def _words_of(tier: dict[str, Any], tiers: Sequence[dict[str, Any]], before: int) -> list[ImportedWord]:
    """The words of a tier, each in the sentence of the speaker's own tier in which it starts."""
    found = _WORDS.fullmatch(tier["name"])
    speaker = found[1] if found else None
    sentences = next(
        (each for each in tiers if (other := _SENTENCES.fullmatch(each["name"])) and other[1] == speaker), None
    )
    ends = [end for _, end, _ in sentences["entries"]] if sentences else []
    words, index = [], 0
    for start, end, label in tier["entries"]:
        while index < len(ends) and ends[index] <= start + 1e-6:
            index += 1
        words.append(ImportedWord(label, start, end, before + index + 1 if ends else 0, speaker=speaker))
    return words


def _entries(tier: dict[str, Any]) -> list[tuple[float, float, str]]:
    return [
        (float(start), float(end), label.strip())
        for start, end, label in tier["entries"]
        if label.strip() and label != NOT_RECOGNISED
    ]


FORMAT = Format("textgrid", (".textgrid",), "tiers for Praat (TextGrid)", (), _render, _read, package=_PRAATIO)
