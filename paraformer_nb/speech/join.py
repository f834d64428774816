"""Words with the columns of another table of times: slides, scenes, annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..errors import ParameterError
from ..tables.given import as_frame, seconds_of
from ..tables.word_checks import order_of
from .spoken import read

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array

On = Literal["start", "middle", "overlap"]


def join(table: pd.DataFrame, other: Any, on: On = "start", prefix: str = "") -> pd.DataFrame:
    """The words with the columns of the row of `other` that lies there; missing where none does.

    Args:
        other: a table with ``start``, in seconds or as durations, in any order, and ``end``; without it each row lasts
            until the next one.
        on: which row: the one at the "start" or "middle" of a word, or the one with the longest "overlap" with it. Of
            several, the one that starts last.
        prefix: of the new columns' names. With one, ``start`` and ``end`` of `other` are added, too.

    Raises ParameterError for a column that both tables have.
    """
    import numpy as np

    if on not in ("start", "middle", "overlap"):
        raise ParameterError(f"on={on!r}: give 'start', 'middle' or 'overlap'. Nothing was changed.")
    words = read(table)
    rows = as_frame(other, ("start",))
    starts = seconds_of(rows, "start", "s")
    order = order_of(starts)
    positions = np.arange(len(starts)) if order is None else order
    starts = starts[positions]
    ends = (
        seconds_of(rows, "end", "s")[positions]
        if "end" in rows.columns
        else np.append(starts[1:], np.inf)[: len(starts)]
    )
    times = words.starts if on == "start" else (words.starts + words.ends) / 2
    if on == "overlap":
        found = _longest_overlap(words.starts, words.ends, starts, ends)
    else:
        found = _row_at(times, starts, ends)
    added = [name for name in rows.columns if prefix or name not in ("start", "end")]
    doubled = [f"{prefix}{name}" for name in added if f"{prefix}{name}" in table.columns]
    if doubled:
        raise ParameterError(
            f"both tables have a column {', '.join(map(str, doubled))}: give a prefix for those of the other one, such "
            "as prefix='other_'. Nothing was changed."
        )
    chosen = np.where(found >= 0, positions[found] if len(positions) else -1, -1)
    picked = rows[added].reindex(chosen)
    joined = table.copy()
    for name in added:
        joined[f"{prefix}{name}"] = picked[name].array
    return joined


def _row_at(times: Array, starts: Array, ends: Array) -> Array:
    """For each time the last span that has started and not ended, or -1."""
    import numpy as np

    found = np.searchsorted(starts, times, "right") - 1
    if not len(starts):
        return found
    reach = np.maximum.accumulate(ends)
    found[reach[found] <= times] = -1
    # An earlier, longer span may still last where the latest one has ended.
    while (is_over := (found >= 0) & (ends[found] <= times)).any():
        found[is_over] -= 1
    return found


def _longest_overlap(word_starts: Array, word_ends: Array, starts: Array, ends: Array) -> Array:
    import numpy as np

    reach = np.maximum.accumulate(ends) if len(ends) else ends
    firsts = np.searchsorted(reach, word_starts, "right")
    lasts = np.searchsorted(starts, np.maximum(word_ends, np.nextafter(word_starts, np.inf)), "left")
    found = np.full(len(word_starts), -1)
    best = np.full(len(word_starts), -np.inf)
    for offset in range(int((lasts - firsts).max(initial=0))):
        rows = firsts + offset
        inside = rows < lasts
        clipped = np.minimum(rows, max(0, len(starts) - 1))
        common = np.minimum(ends[clipped], word_ends) - np.maximum(starts[clipped], word_starts)
        lies_there = ends[clipped] > word_starts
        better = inside & lies_there & (common >= best)
        found[better], best[better] = clipped[better], common[better]
    return found
