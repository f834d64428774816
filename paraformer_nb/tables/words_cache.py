"""The words table of a transcript that grows: only sentences that changed since the last reading are converted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import accumulate, chain
from operator import is_
from typing import TYPE_CHECKING

from ..transcript.words import Sentence
from .row_buffers import RowBuffers
from .words import word_frame

if TYPE_CHECKING:
    import pandas as pd


class WordsCache:
    """The words table of the sentences that were read last. A sentence is a value: the same object has the same rows.

    The rows of the sentences up to the last final one stay where they are; usually one partial follows them. May be
    used on any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: Sequence[Sentence] = ()
        self._head: Sequence[Sentence] = ()
        self._ends: list[int] = []  # the row after the last one of each sentence of the head
        self._rows = RowBuffers()
        self._others: pd.DataFrame | None = None  # the table, where it is not just the rows of the head

    def table(self, sentences: Sequence[Sentence]) -> pd.DataFrame:
        """The words of these sentences, sorted by start, without ``attrs``; a table of the caller's own."""
        with self._lock:
            if sentences is not self._read:
                self._update(sentences)
                self._read = sentences
            return self._rows.table() if self._others is None else self._others.copy()

    def _update(self, sentences: Sequence[Sentence]) -> None:
        import pandas as pd

        finals = len(sentences)
        while finals and not sentences[finals - 1].is_final:
            finals -= 1
        self._set_head(sentences[:finals])
        table = self._rows.table()
        if finals < len(sentences):
            table = pd.concat([table, word_frame(sentences[finals:])], ignore_index=True)
        is_sorted = table["start"].is_monotonic_increasing
        if not is_sorted:
            table = table.sort_values("start", kind="stable", ignore_index=True)
        self._others = None if is_sorted and finals == len(sentences) else table

    def _set_head(self, new: Sequence[Sentence]) -> None:
        """Keep the rows of sentences that are the same; put together those after them."""
        old = self._head
        kept = [*map(is_, old, new), False].index(False)
        first = self._ends[kept - 1] if kept else 0
        if kept < len(old) or kept < len(new):
            old_rows = self._rows.table()[first:]
            self._rows.replace(first, _rearrange(old[kept:], old_rows, new[kept:]))
        lengths = [len(sentence.words) for sentence in new[kept:]]
        self._ends[kept:] = [first + end for end in accumulate(lengths)]
        self._head = new


def _rearrange(old: Sequence[Sentence], old_rows: pd.DataFrame, new: Sequence[Sentence]) -> pd.DataFrame:
    """The rows of the new sentences: those of old ones out of their table, others made."""
    import numpy as np
    import pandas as pd

    known = {id(sentence) for sentence in old}
    made = [sentence for sentence in new if id(sentence) not in known]
    if len(made) == len(new):
        return word_frame(new)
    same = [*map(is_, reversed(old), reversed(new)), False].index(False)  # at the end
    if same:
        last = len(old_rows) - sum(len(sentence.words) for sentence in old[len(old) - same :])
        changed = _rearrange(old[: len(old) - same], old_rows[:last], new[: len(new) - same])
        return pd.concat([changed, old_rows[last:]], ignore_index=True)
    rows_of: dict[int, range] = {}
    next_row = 0
    for sentence in (*old, *made):
        first, next_row = next_row, next_row + len(sentence.words)
        rows_of[id(sentence)] = range(first, next_row)
    indices = np.fromiter(chain.from_iterable(rows_of[id(sentence)] for sentence in new), dtype="int64")
    both = pd.concat([old_rows, word_frame(made)], ignore_index=True)
    return both.take(indices)
