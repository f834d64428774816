"""The sentences table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..transcript.transcript import Transcript
from ..transcript.words import Sentence
from .frame import make_frame, table_attrs

if TYPE_CHECKING:
    import pandas as pd


def sentences_table(sentences: Iterable[Sentence], transcript: Transcript) -> pd.DataFrame:
    """One row a sentence, sorted by start, with a RangeIndex.

    Columns: ``sentence_id`` int64, ``text`` string, ``start`` and ``end`` float64 seconds, ``is_final`` bool,
    ``words`` int64 (their count).
    """
    rows = sorted(sentences, key=lambda sentence: sentence.start)
    table = make_frame(
        sentence_id=([row.id for row in rows], "int64"),
        text=([row.text.strip() for row in rows], "string"),
        start=([row.start for row in rows], "float64"),
        end=([row.end for row in rows], "float64"),
        is_final=([row.is_final for row in rows], "bool"),
        words=([len(row.words) for row in rows], "int64"),
    )
    table.attrs.update(table_attrs(transcript))
    return table
