"""How many units fit into the lines of a cue, and where its lines end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from .cue_atoms import ELSEWHERE, Unit

if TYPE_CHECKING:
    from ..tables.frame import Array

_UNEVEN = ELSEWHERE
"""The cost of two lines whose lengths differ by a full line; a good place to end one is worth half of such a cost."""


class Widths:
    """The widths of lines of units, in half columns.

    Attributes:
        begins: for each unit, the width of all that is before it, on one line.
        ends: for each unit, the width of all up to its end.
        costs: of ending a cue with each unit.
    """

    def __init__(self, units: Sequence[Unit]) -> None:
        self.ends = list(accumulate(len(unit.separator) + unit.width for unit in units))
        self.costs = [unit.cost for unit in units]
        self.begins = [end - unit.width for end, unit in zip(self.ends, units, strict=True)]

    def line(self, first: int, last: int) -> int:
        """The width of a line of these units, both included."""
        return self.ends[last] - self.begins[first]


def reach(widths: Widths, columns: int, lines: int) -> Array:
    """For each unit, the last one of a cue that begins with it and has so many lines. A unit always fits."""
    import numpy as np

    begins, ends = np.array(widths.begins), np.array(widths.ends)
    line_ends: Array = np.maximum(np.arange(len(ends)), np.searchsorted(ends, begins + columns, "right") - 1)
    found = line_ends
    for _ in range(lines - 1):
        found = line_ends[np.minimum(found + 1, len(ends) - 1)]
    return found


def break_lines(widths: Widths, first: int, last: int, columns: int) -> list[tuple[int, int]]:
    """The lines of a cue of these units, each as its first and last unit: as few as possible.

    Two are as even as possible, unless there is a mark or a conjunction near the middle, the first one shorter; of more
    the longest one is as short as possible.
    """
    total = widths.line(first, last)
    if total <= columns:
        return [(first, last)]
    best = _fill(widths, first, last, columns)
    if len(best) == 2:
        middle = _middle(widths, first, last, columns)
        return [(first, middle), (middle + 1, last)]
    # Of the widths that the longest line may have, the least one that needs no more lines.
    narrowest, widest = min(columns, (total - len(best) + 1) // len(best)), columns
    while narrowest < widest:
        width = (narrowest + widest) // 2
        lines = _fill(widths, first, last, width)
        if len(lines) <= len(best) and all(widths.line(*line) <= columns for line in lines):
            widest, best = width, lines
        else:
            narrowest = width + 1
    return best


def _middle(widths: Widths, first: int, last: int, columns: int) -> int:
    """The last unit of the first of two lines."""
    least = bisect_left(widths.begins, widths.ends[last] - columns, first + 1, last) - 1
    most = max(least, min(last, bisect_right(widths.ends, widths.begins[first] + columns, first, last)) - 1)
    costs = []
    for end in range(least, most + 1):
        one, other = widths.line(first, end), widths.line(end + 1, last)
        cost = _UNEVEN * abs(one - other) / columns + widths.costs[end] / 2
        costs.append((cost, one, end))
    return min(costs)[2]


def _fill(widths: Widths, first: int, last: int, columns: int) -> list[tuple[int, int]]:
    """Lines that are filled from the end."""
    lines = []
    while last >= first:
        start = bisect_left(widths.begins, widths.ends[last] - columns, first, last)
        lines.append((start, last))
        last = start - 1
    return lines[::-1]
