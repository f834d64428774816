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

    from .frame import Array


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
        self._other: tuple[pd.DataFrame, Array | None] | None = None  # where the table is not just the rows of the head

    def table(self, sentences: Sequence[Sentence]) -> tuple[pd.DataFrame, Array | None]:
        """The words of these sentences, sorted by start, without ``attrs``: a table of the caller's own. And of each
        row its number in the order of the sentences, None where that is the order of the rows."""
        with self._lock:
            if sentences is not self._read:
                self._update(sentences)
                self._read = sentences
            if self._other is None:
                return self._rows.table(), None
            table, order = self._other
            return table.copy(), order

    def _update(self, sentences: Sequence[Sentence]) -> None:
        import numpy as np
        import pandas as pd

        finals = len(sentences)
        while finals and not sentences[finals - 1].is_final:
            finals -= 1
        self._set_head(sentences[:finals])
        if finals == len(sentences) and self._rows.is_sorted:
            self._other = None
            return
        table = pd.concat([self._rows.table(), word_frame(sentences[finals:])], ignore_index=True)
        if table["start"].is_monotonic_increasing:
            self._other = table, None
        else:
            order = np.argsort(table["start"].to_numpy(), kind="stable")
            self._other = table.take(order).reset_index(drop=True), order

    def _set_head(self, new: Sequence[Sentence]) -> None:
        """Keep the rows of sentences that are the same at the beginning and at the end; put together those between."""
        old = self._head
        kept = [*map(is_, old, new), False].index(False)
        same = [*map(is_, reversed(old[kept:]), reversed(new[kept:])), False].index(False)
        first = self._ends[kept - 1] if kept else 0
        last = self._ends[len(old) - same - 1] if same < len(old) else 0
        if kept + same < max(len(old), len(new)):
            between = old[kept : len(old) - same], new[kept : len(new) - same]
            self._rows.replace(first, last, _rearrange(between[0], self._rows.table(first, last), between[1]))
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
    rows_of: dict[int, range] = {}
    next_row = 0
    for sentence in (*old, *made):
        first, next_row = next_row, next_row + len(sentence.words)
        rows_of[id(sentence)] = range(first, next_row)
    indices = np.fromiter(chain.from_iterable(rows_of[id(sentence)] for sentence in new), dtype="int64")
    both = pd.concat([old_rows, word_frame(made)], ignore_index=True)
    return both.take(indices)
