"""The words table of a transcript that grows: only sentences that changed since the last reading are converted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

from ..transcript.words import Sentence
from .words import sorted_by_start, unsorted_words

if TYPE_CHECKING:
    import pandas as pd


class WordsCache:
    """The words table of the sentences that were read last. A sentence is a value: the same object has the same rows.

    May be used on any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sentences: Sequence[Sentence] = ()
        self._rows = unsorted_words(())  # in the order of the sentences
        self._table = self._rows  # by start

    def table(self, sentences: Sequence[Sentence]) -> pd.DataFrame:
        """The words of these sentences, as a table without ``attrs``. It is shared: give out copies of it only."""
        with self._lock:
            if sentences is not self._sentences:
                self._rows = self._replace(sentences)
                self._sentences = sentences
                self._table = sorted_by_start(self._rows)
            return self._table

    def _replace(self, sentences: Sequence[Sentence]) -> pd.DataFrame:
        """Keep the rows of sentences at the head that are the same; put together the rest."""
        import pandas as pd

        old = self._sentences
        pairs = zip(count(), old, sentences, strict=False)
        kept = next((n for n, before, now in pairs if before is not now), min(len(old), len(sentences)))
        first_row = sum(len(sentence.words) for sentence in old[:kept])
        rest = _rearrange(old[kept:], self._rows.iloc[first_row:], sentences[kept:])
        return pd.concat([self._rows.iloc[:first_row], rest], ignore_index=True) if kept else rest


def _rearrange(old: Sequence[Sentence], old_rows: pd.DataFrame, new: Sequence[Sentence]) -> pd.DataFrame:
    """The rows of the new sentences: those of old ones out of their table, others made."""
    import numpy as np
    import pandas as pd

    known = {id(sentence) for sentence in old}
    made = [sentence for sentence in new if id(sentence) not in known]
    if len(made) == len(new):
        return unsorted_words(new)
    rows_of, next_row = {}, 0
    for sentence in (*old, *made):
        first, next_row = next_row, next_row + len(sentence.words)
        rows_of[id(sentence)] = range(first, next_row)
    indices = np.fromiter((row for sentence in new for row in rows_of[id(sentence)]), dtype="int64")
    both = pd.concat([old_rows, unsorted_words(made)], ignore_index=True)
    return both.take(indices).reset_index(drop=True)
