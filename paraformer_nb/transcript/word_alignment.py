"""Which word of a sentence's newer result is which of the older one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import eq
from typing import Any, NamedTuple, TypeAlias

from .words import Word

Pair: TypeAlias = tuple[int | None, int | None]
"""The index of a word in the older result and in the newer one; None: it is in the other one only."""


class Alignment(NamedTuple):
    """How many words at the beginning and at the end are equal in both, and the pairs between them, in order."""

    head: int
    middle: list[Pair]
    tail: int


def count_equal(old: Sequence[Any], new: Sequence[Any]) -> int:
    """How many values at the beginning are equal in both, of sequences of one type."""
    if old == new[: len(old)]:  # the usual case: words were added
        return len(old)
    return [*map(eq, old, new), False].index(False)


def align(old: Sequence[Word], new: Sequence[Word]) -> Alignment:
    """Align the words of two results.

    Equal words at the beginning and the end are the same ones. Between them a word is the one that has its text, or
    else the one whose time it shares.

    Example:
        >>> one, too = Word("one", 0.0, 0.4), Word("too", 0.5, 0.8)
        >>> align([one, too], [one, Word("two", 0.5, 0.9), Word("three", 0.9, 1.2)])
        Alignment(head=1, middle=[(1, 1), (None, 2)], tail=0)
    """
    head = count_equal(old, new)
    if head == len(old):
        return Alignment(head, [(None, index) for index in range(head, len(new))], 0)
    tail = count_equal(old[head:][::-1], new[head:][::-1])
    middle = _align_middle(old, new, range(head, len(old) - tail), range(head, len(new) - tail))
    return Alignment(head, list(middle), tail)


def _align_middle(old: Sequence[Word], new: Sequence[Word], mine: range, theirs: range) -> Iterator[Pair]:
    position, end = theirs.start, theirs.stop
    for index in mine:
        word = old[index]
        match = next((n for n in range(position, end) if _is_same(word, new[n])), None)
        if match is None:
            match = next((n for n in range(position, end) if _overlap(word, new[n])), None)
            if match is not None and any(_is_same(later, new[match]) for later in old[index + 1 : mine.stop]):
                match = None
        if match is None:
            yield index, None
            continue
        yield from ((None, n) for n in range(position, match))
        yield index, match
        position = match + 1
    yield from ((None, n) for n in range(position, end))


def _is_same(old: Word, new: Word) -> bool:
    """Whether the text is the same, and the time not another one: a word may be said twice in a row."""
    return old.text.strip() == new.text.strip() and _distance(old, new) < 0.5


def _distance(old: Word, new: Word) -> float:
    """Seconds between two words; 0 where they overlap."""
    return max(0.0, max(old.start, new.start) - min(old.end, new.end))


def _overlap(old: Word, new: Word) -> bool:
    """Whether two words share time, or are at the same one."""
    return max(old.start, new.start) < min(old.end, new.end) or (old.start, old.end) == (new.start, new.end)
