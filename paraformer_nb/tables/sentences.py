"""The sentences table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..transcript.transcript import Transcript
from ..transcript.words import Sentence
from .frame import make_frame, table_attrs
from .schema import SENTENCES

if TYPE_CHECKING:
    import pandas as pd


def sentences_table(sentences: Iterable[Sentence], transcript: Transcript) -> pd.DataFrame:
    """One row a sentence, sorted by start, with a RangeIndex; `schema.SENTENCES` has names, dtypes and meanings."""
    rows = sorted(sentences, key=lambda sentence: sentence.start)
    table = make_frame(
        SENTENCES,
        {
            "sentence_id": [row.id for row in rows],
            "text": [row.text.strip() for row in rows],
            "start": [row.start for row in rows],
            "end": [row.end for row in rows],
            "is_final": [row.is_final for row in rows],
            "words": [len(row.words) for row in rows],
            "speaker": [_speaker(row) for row in rows],
            "confidence": [_confidence(row) for row in rows],
        },
    )
    table.attrs.update(table_attrs(transcript))
    return table


def _speaker(sentence: Sentence) -> str | None:
    """Who speaks for most of the sentence; of several for equally long, who is first."""
    seconds: dict[str, float] = defaultdict(float)
    for word in sentence.words:
        if word.speaker is not None:
            seconds[word.speaker] += word.end - word.start
    return max(seconds, key=seconds.__getitem__, default=None)


def _confidence(sentence: Sentence) -> float | None:
    """The mean of the words' confidence, by their duration; where none has a duration, each counts the same."""
    known = [(word.confidence, word.end - word.start) for word in sentence.words if word.confidence is not None]
    total = sum(seconds for _, seconds in known)
    if total > 0:
        return sum(confidence * seconds for confidence, seconds in known) / total
    return sum(confidence for confidence, _ in known) / len(known) if known else None
