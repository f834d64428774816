"""Turns: what one speaker says before another one does. One definition for tables, charts and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .frame import Array

_NO_PAUSE = 1e-6


def turn_numbers(starts: Array, ends: Array, speakers: Array, gap: float) -> Array:
    """The number of each word's turn, int64 from 0, by the turns' starts.

    A turn is of one speaker. It ends where this speaker is silent for more than `gap` seconds, or where another one
    says a whole word while this one is silent. What others say over a speaker's words is a turn of their own, and does
    not part this one's.

    Args:
        starts, ends: float64 seconds of the words, sorted by start.
        speakers: a number for the speaker of each.
    """
    import numpy as np

    turns = np.zeros(len(starts), "int64")
    begins: list[int] = []
    for speaker in dict.fromkeys(speakers.tolist()):
        is_own = speakers == speaker
        own = np.flatnonzero(is_own)
        reach = np.maximum.accumulate(ends[own])
        is_new = np.append(True, starts[own][1:] - reach[:-1] > gap + _NO_PAUSE)
        others = ~is_own
        before = np.searchsorted(starts[own], ends[others] - _NO_PAUSE, "left") - 1  # own word before the other's end
        is_between = (before >= 0) & (before < len(own) - 1) & (starts[others] >= reach[before] - _NO_PAUSE)
        is_new[before[is_between] + 1] = True
        turns[own] = len(begins) + np.cumsum(is_new) - 1
        begins += own[is_new].tolist()
    ranks = np.empty(len(begins), "int64")
    ranks[np.argsort(np.array(begins, "int64"), kind="stable")] = np.arange(len(begins))
    return ranks[turns] if len(begins) else turns
