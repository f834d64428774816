"""Which row of the words as recognised each corrected word is."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from ..transcript.corrections import appearance
from ..transcript.words import Sentence

if TYPE_CHECKING:
    from .frame import Array

WRITTEN = -1
"""Instead of a row: a person wrote the word."""


def raw_rows(sentences: Sequence[Sentence], recognised: Sequence[Sentence]) -> Array:
    """For each row of the words table of `sentences` its row in that of the `recognised` ones, or `WRITTEN`; int64."""
    import numpy as np

    by_id = {sentence.id: sentence for sentence in recognised}
    firsts = accumulate((len(sentence.words) for sentence in recognised), initial=0)
    first_of = dict(zip(by_id, firsts, strict=False))
    numbers = (_numbers(each, by_id[each.id], first_of[each.id]) for each in sentences)
    mine, theirs = np.fromiter(chain.from_iterable(numbers), "int64"), _rank(recognised)
    return np.where(mine == WRITTEN, WRITTEN, theirs[mine])[_order(sentences)]


def _numbers(corrected: Sentence, recognised: Sentence, first: int) -> Iterable[int]:
    """For each word of a corrected sentence its number among the recognised words, of which the sentence's begin with
    `first`."""
    if corrected is recognised:
        return range(first, first + len(recognised.words))
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

    starts = [word.start for sentence in sentences for word in sentence.words]
    return np.argsort(np.array(starts, "float64"), kind="stable")


def _rank(sentences: Sequence[Sentence]) -> Array:
    """The row of each of their words."""
    import numpy as np

    order = _order(sentences)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank
