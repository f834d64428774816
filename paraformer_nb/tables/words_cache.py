"""The words of a transcript that grows, as columns: only sentences that changed since are converted again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

from ..transcript.words import Sentence
from .words import word_columns

if TYPE_CHECKING:
    from .frame import Array

    Columns = dict[str, Array]


class WordsCache:
    """The columns of the words table for the sentences that were read last. A sentence is a value: the same object has
    the same rows. May be used on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sentences: Sequence[Sentence] = ()
        self._columns = word_columns(())

    def columns(self, sentences: Sequence[Sentence]) -> Columns:
        """The words of these sentences in their order. The arrays are shared: do not change them."""
        with self._lock:
            if sentences is not self._sentences:
                self._columns = self._replace(sentences)
                self._sentences = sentences
            return self._columns

    def _replace(self, sentences: Sequence[Sentence]) -> Columns:
        """Keep the rows of sentences at the head that are the same; put together the rest."""
        import numpy as np

        old = self._sentences
        pairs = zip(count(), old, sentences, strict=False)
        kept = next((n for n, before, now in pairs if before is not now), min(len(old), len(sentences)))
        first_row = sum(len(sentence.words) for sentence in old[:kept])
        rest = _rearrange(
            old[kept:], {name: each[first_row:] for name, each in self._columns.items()}, sentences[kept:]
        )
        return {name: np.concatenate([each[:first_row], rest[name]]) for name, each in self._columns.items()}


def _rearrange(old: Sequence[Sentence], columns: Columns, new: Sequence[Sentence]) -> Columns:
    """The rows of the new sentences: those of old ones out of their columns, others made."""
    import numpy as np

    known = {id(sentence) for sentence in old}
    made = [sentence for sentence in new if id(sentence) not in known]
    if len(made) == len(new):
        return word_columns(new)
    rows_of, next_row = {}, 0
    for sentence in (*old, *made):
        rows_of[id(sentence)] = range(next_row, next_row := next_row + len(sentence.words))
    rows = np.fromiter((row for sentence in new for row in rows_of[id(sentence)]), dtype="int64")
    return {name: np.concatenate([columns[name], each])[rows] for name, each in word_columns(made).items()}
