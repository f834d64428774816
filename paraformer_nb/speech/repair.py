"""Repair of times that formats and tools refuse: missing ones, wrong order, overlaps, length zero."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tables.given import check_one_clip, invalid, require_columns, seconds_of, strings_of
from ..tables.repaired_times import repair_times
from ..tables.word_checks import WordTimes, check_names, check_seconds, order_of, repeated_words
from .spoken import NEEDED, SEVERAL, codes, frame

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array


class Repaired(NamedTuple):
    """The repaired words, and what was changed: ``row`` int64 (its position in the table that was given), ``text``
    string, ``what`` string [dropped, repeated, swapped, trimmed, widened, moved], ``before``, ``after`` string (times,
    in seconds)."""

    words: pd.DataFrame
    changes: pd.DataFrame


def repair(table: pd.DataFrame) -> Repaired:
    """Repair a table of words: drop rows without times and words that are there twice, swap a start that is after its
    end, sort by start, trim overlaps of one speaker, and give words of no length 10 ms: of the pause behind them, else
    of the one before, else of the longer neighbour.

    Raises ParameterError for times before 0 s and for those that look like milliseconds.
    """
    import numpy as np

    require_columns(table, NEEDED)
    check_one_clip(table, SEVERAL)
    check_names(table)
    starts, ends = (_times(table, name) for name in ("start", "end"))
    words = strings_of(table, "text")
    changes: list[tuple[int, str, str, str, str]] = []

    def note(row: int, what: str, before: tuple[float, float], after: tuple[float, float] | None) -> None:
        changes.append((row, words[row], what, _span(*before), "" if after is None else _span(*after)))

    is_timed = np.isfinite(starts) & np.isfinite(ends)
    for row in np.flatnonzero(~is_timed).tolist():
        note(row, "dropped", (starts[row], ends[row]), None)
    for row in np.flatnonzero(is_timed & (ends < starts)).tolist():
        note(row, "swapped", (starts[row], ends[row]), (ends[row], starts[row]))
    first, last = np.minimum(starts, ends), np.maximum(starts, ends)
    rows = np.flatnonzero(is_timed)
    if (early := rows[first[rows] < 0]).size:
        problem = f"it starts at {first[early[0]]:.10g} s, before 0 s. Move the words with table.speech.shift()"
        raise invalid(int(early[0]), problem, early.size)
    check_seconds(first[rows], last[rows])
    again = rows[repeated_words(table.iloc[rows], WordTimes.of(first[rows], last[rows]))]
    for row in again.tolist():
        note(row, "repeated", (first[row], last[row]), None)
    rows = np.setdiff1d(rows, again)
    order = order_of(first[rows])
    rows = rows if order is None else rows[order]
    numbers, known = codes(table, "speaker")
    for speaker in range(len(known)):
        own = rows[numbers[rows] == speaker]
        times = [[float(first[row]), float(last[row])] for row in own.tolist()]
        kinds = repair_times(times)
        for row, (start, end), kind in zip(own.tolist(), times, kinds, strict=True):
            if kind:
                note(row, kind, (first[row], last[row]), (start, end))
                first[row], last[row] = start, end
    order = order_of(first[rows])
    rows = rows if order is None else rows[order]
    repaired = table.iloc[rows].assign(start=first[rows], end=last[rows])
    changes.sort(key=lambda change: change[0])
    by_column = list(zip(*changes, strict=True)) or [()] * 5
    kinds_of = ("int64", "string", "string", "string", "string")
    names = ("row", "text", "what", "before", "after")
    columns = {name: (list(values), kind) for name, values, kind in zip(names, by_column, kinds_of, strict=True)}
    return Repaired(repaired, frame(columns))


def _times(table: pd.DataFrame, name: str) -> Array:
    """Times in seconds, NaN where they are missing. Raises ParameterError for what is not a time."""
    import numpy as np

    column = table[name]
    missing = column.isna().to_numpy(bool) | np.array(
        [isinstance(value, float) and not math.isfinite(value) for value in column.tolist()], bool
    )
    found = np.full(len(table), math.nan)
    if not missing.all():
        found[~missing] = seconds_of(table[~missing], name, "s")
    return found


def _span(start: Any, end: Any) -> str:
    return f"{float(start):.3f}-{float(end):.3f}"
