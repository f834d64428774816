"""Which row of the words as recognised each corrected word is."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import accumulate, chain
from operator import attrgetter, is_
from typing import TYPE_CHECKING

from ..transcript.corrections import appearance
from ..transcript.words import Sentence

if TYPE_CHECKING:
    from .frame import Array

WRITTEN = -1
"""Instead of a row: a person wrote the word."""


class RecognisedRows:
    """The row of each recognised word, in the order of sentences; kept as long as nothing more is recognised."""

    def __init__(self) -> None:
        self._sentences: Sequence[Sentence] = ()
        self._rows: Array | None = None

    def of(self, sentences: Sequence[Sentence]) -> Array:
        """The rows of the words of these sentences, int64."""
        is_same = len(sentences) == len(self._sentences) and all(map(is_, sentences, self._sentences))
        if self._rows is None or not is_same:
            self._rows = _rank(sentences)
            self._sentences = sentences
        return self._rows


def raw_rows(
    sentences: Sequence[Sentence], recognised: Sequence[Sentence], recognised_rows: Array, order: Array | None
) -> Array:
    """For each row of the words table of `sentences` its row in that of the `recognised` ones, or `WRITTEN`; int64.

    `order`: of each row of the table, its number in the order of the sentences; None: the rows are in that order.
    """
    import numpy as np

    by_id = {sentence.id: sentence for sentence in recognised}
    first_of = dict(zip(by_id, accumulate((len(each.words) for each in recognised), initial=0), strict=False))
    lengths = np.fromiter((len(each.words) for each in sentences), "int64", len(sentences))
    firsts = np.fromiter((first_of[each.id] for each in sentences), "int64", len(sentences))
    begins = np.cumsum(lengths) - lengths
    numbers = np.arange(lengths.sum()) + np.repeat(firsts - begins, lengths)  # where all were left as they are
    for sentence, begin in zip(sentences, begins.tolist(), strict=True):
        known = by_id[sentence.id]
        if sentence is not known:
            numbers[begin : begin + len(sentence.words)] = _numbers(sentence, known, first_of[sentence.id])
    rows = np.where(numbers == WRITTEN, WRITTEN, recognised_rows[numbers])
    return rows if order is None else rows[order]


def _numbers(corrected: Sentence, recognised: Sentence, first: int) -> list[int]:
    """For each word of a corrected sentence its number among the recognised words, of which the sentence's begin with
    `first`."""
    free: dict[object, deque[int]] = defaultdict(deque)
    for number, word in enumerate(recognised.words, first):
        free[appearance(word)].append(number)
    numbers = []
    for word in corrected.words:
        same = free[appearance(word)]
        numbers.append(same.popleft() if same and not word.is_edited else WRITTEN)
    return numbers


def _order(sentences: Sequence[Sentence]) -> Array:
    """The order in which their words are rows of a table."""
    import numpy as np

    words = chain.from_iterable(map(attrgetter("words"), sentences))
    return np.argsort(np.fromiter(map(attrgetter("start"), words), "float64"), kind="stable")


def _rank(sentences: Sequence[Sentence]) -> Array:
    """The row of each of their words."""
    import numpy as np

    order = _order(sentences)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank
