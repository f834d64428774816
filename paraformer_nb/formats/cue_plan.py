"""Where cues end: the cheapest way to part units, by dynamic programming over the ends of cues.

A cue never goes over a hard end (a long pause, a change of speaker) nor has more lines than the rules allow. Costs, by
weight: a cue that is too short; the end of a sentence within a cue; one that must be read too fast; then the number of
cues and where each ends (`cue_atoms` has those costs). A cue holds only so many units, so that the time is linear.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING

from .cue_atoms import Unit
from .cue_lines import Widths, reach
from .subtitle_rules import SubtitleRules

if TYPE_CHECKING:
    from ..tables.frame import Array

_MAX_UNITS = 100
"""Units of a cue, at most, whatever the rules allow."""

_PER_CUE = 30.0
_FILLED = 20.0  # times the square of its share of the room: cues of one length are cheaper
_SENTENCE_WITHIN = 1000.0
_TOO_SHORT = 2000.0
_TOO_FAST = 200.0
_EXACT = 1e-6  # seconds that do not count


class Plan:
    """The costs of cues over some units, and the cheapest way to part them.

    Attributes:
        widths: of lines of the units.
        read: the characters up to each unit, as reading speed counts them, by which `characters` is quick.
        speed: of these characters, a second.
    """

    def __init__(self, units: Sequence[Unit], rules: SubtitleRules) -> None:
        self._units = units
        self._rules = rules
        self.columns = rules.columns * 2 if rules.is_full_width else rules.columns
        self.widths = Widths(units)
        sizes = [unit.width if rules.is_full_width else unit.characters for unit in units]
        self._read_ends = list(accumulate(len(unit.separator) + size for unit, size in zip(units, sizes, strict=True)))
        self._read_begins = [end - size for end, size in zip(self._read_ends, sizes, strict=True)]
        self.speed = rules.cps * 2 if rules.is_full_width else rules.cps

    def characters(self, first: int, last: int) -> int:
        """The characters of a cue, with spaces, in half columns where the rules count full-width characters."""
        return self._read_ends[last] - self._read_begins[first]

    def parts(self) -> list[tuple[int, int]]:
        """The first and last unit of each cue."""
        import numpy as np

        costs = self._costs()
        most = costs.shape[1]
        forbidden = np.argmax(np.isfinite(costs), axis=1).tolist()  # options before are not allowed
        flat = array("d", costs.tobytes())  # a list of as many floats takes longer than the rest
        best = [*[math.inf] * (most - 1), 0.0]  # the cost up to each unit; the first ones are before all
        sizes = []
        for unit, skipped in enumerate(forbidden):
            totals = list(map(add, best[skipped - most :], flat[unit * most + skipped : (unit + 1) * most]))
            least = min(totals)
            best.append(least)
            sizes.append(len(totals) - totals.index(least))
        parts = []
        end = len(sizes)
        while end:
            parts.append((end - sizes[end - 1], end - 1))
            end -= sizes[end - 1]
        return parts[::-1]

    def _costs(self) -> Array:
        """For each unit, the costs of cues of ..., two, one units that end with it; infinite: not allowed."""
        import numpy as np

        units, rules, count = self._units, self._rules, len(self._units)
        starts = np.array([unit.start for unit in units])
        until = np.array(_latest_ends(units))
        shown_by = _shown_until(until, np.append(starts[1:], math.inf), rules)
        sentences = np.cumsum([0, *(unit.is_sentence_end for unit in units)])
        end_costs = np.array([unit.cost for unit in units]) + _PER_CUE
        begins, ends = np.array(self.widths.begins), np.array(self.widths.ends)
        read_begins, read_ends = np.array(self._read_begins) / self.speed, np.array(self._read_ends) / self.speed
        sizes = self._last_units() - np.arange(count) + 1
        most = int(sizes.max(initial=1))
        costs = np.full((most, count), math.inf)  # by size, because a row is written at once
        for size in range(1, most + 1):
            first, last = slice(count - size + 1), slice(size - 1, None)
            latest = np.maximum(starts[first] + rules.longest, until[last])
            shown = np.minimum(shown_by[last], latest) - starts[first]
            filled = (ends[last] - begins[first]) / (self.columns * rules.lines)
            cost = end_costs[last] + _FILLED * filled**2 + _SENTENCE_WITHIN * (sentences[last][:-1] - sentences[first])
            shortest = max(rules.shortest, rules.word_seconds * size)
            cost += _lack(shown, shortest, _TOO_SHORT) + _lack(shown, read_ends[last] - read_begins[first], _TOO_FAST)
            is_allowed = sizes[first] >= size
            if size > 1:
                is_allowed &= until[last] <= starts[first] + rules.longest + _EXACT
            costs[most - size, last] = np.where(is_allowed, cost, math.inf)
        return costs.T

    def _last_units(self) -> Array:
        """For each unit, the last one that a cue may have that begins with it."""
        import numpy as np

        most = min(self._rules.words or _MAX_UNITS, _MAX_UNITS)
        indices = np.arange(len(self._units))
        hard_ends = np.flatnonzero([unit.is_hard_end for unit in self._units])
        next_hard_end = hard_ends[np.searchsorted(hard_ends, indices)]
        found = reach(self.widths, self.columns, self._rules.lines)
        return np.minimum(np.minimum(found, next_hard_end), indices + most - 1)


def _latest_ends(units: Sequence[Unit]) -> list[float]:
    """The latest end of speech up to each unit, since the last hard end."""
    found = []
    latest = -math.inf
    for unit in units:
        latest = max(latest, unit.end)
        found.append(latest)
        if unit.is_hard_end:
            latest = -math.inf
    return found


def _shown_until(speech_ends: Array, next_starts: Array, rules: SubtitleRules) -> Array:
    """The times up to which cues may be shown that end with each unit."""
    import numpy as np

    room = next_starts - rules.gap
    until = np.maximum(speech_ends, np.minimum(speech_ends + rules.linger, room))
    return np.where(next_starts - until <= rules.chain, np.maximum(until, room), until)


def _lack(shown: Array, wanted: Array | float, weight: float) -> Array:
    """The cost of what cues lack of the time that they should be shown."""
    import numpy as np

    share: Array = shown / np.maximum(wanted, _EXACT)
    return np.where(shown < np.asarray(wanted) - _EXACT, weight * (2 - share), 0.0)
