"""Tables of words that a person gives, checked, as what the formats and a transcript are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..tables.given import as_frame, texts_of, values_of
from ..tables.sentence_numbers import sentence_numbers
from ..tables.word_checks import word_times
from ..transcript.imported import ImportedWord, number_sentences

if TYPE_CHECKING:
    import pandas as pd


def checked_words(table: Any) -> tuple[pd.DataFrame, Sequence[int]]:
    """A table with text, start and end as a words table: sorted by start, with a RangeIndex, ``sentence_id`` and all
    other columns. Returns also the row of each word in the table that was given. Where the table is of several runs,
    sentences are numbered anew, so that each has a number of its own.

    Raises ParameterError for missing columns, texts that are not strings, and times that are not finite, not
    0 <= start <= end, or look like milliseconds, and for a word that is there twice.
    """
    import numpy as np
    import pandas as pd

    given = as_frame(table, ("text", "start", "end"))
    starts, ends, _ = word_times(given, "give the rows of one of them. Nothing was written.")
    texts_of(given)
    order = np.argsort(starts, kind="stable")
    words = given.assign(start=starts, end=ends).take(order).reset_index(drop=True)
    words.attrs.update(getattr(table, "attrs", {}))
    if "confidence" in words.columns and not pd.api.types.is_numeric_dtype(words["confidence"].dtype):
        words["confidence"] = pd.to_numeric(words["confidence"], errors="coerce")
    if "sentence_id" in words.columns and not pd.api.types.is_integer_dtype(words["sentence_id"].dtype):
        words["sentence_id"] = pd.Series(pd.factorize(words["sentence_id"])[0] + 1).replace(0, pd.NA)
    if "sentence_id" in words.columns and not words["sentence_id"].isna().any():
        numbers = sentence_numbers(given)[order]
        if pd.unique(numbers).size > words["sentence_id"].nunique():  # of several runs
            words["sentence_id"] = pd.factorize(numbers)[0] + 1
    else:
        words["sentence_id"] = number_sentences(words_of_table(words.drop(columns="sentence_id", errors="ignore")))
    return words, order.tolist()


def words_of_table(table: pd.DataFrame) -> list[ImportedWord]:
    """The rows of a checked table."""
    return [
        ImportedWord(
            text=text,
            start=start,
            end=end,
            sentence=sentence,
            punctuation=str(mark),
            confidence=confidence,
            speaker=None if speaker is None or speaker == "" else str(speaker),
            is_timed=bool(is_timed),
        )
        for text, start, end, sentence, mark, confidence, speaker, is_timed in zip(
            table["text"].tolist(),
            table["start"].tolist(),
            table["end"].tolist(),
            values_of(table, "sentence_id", 0),
            values_of(table, "punctuation", ""),
            values_of(table, "confidence", None),
            values_of(table, "speaker", None),
            values_of(table, "is_timed", True),
            strict=True,
        )
    ]


def name_of_clip(table: pd.DataFrame) -> str | None:
    """The name of the clip that a table's words are of: that of its ``attrs``, else of its column ``clip`` or ``file``;
    None where they have none."""
    names = [table.attrs.get("clip"), *(name for column in ("clip", "file") for name in table.get(column, [])[:1])]
    return next((name for name in names if isinstance(name, str) and name), None)
