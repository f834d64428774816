"""How fast is spoken: words or characters a minute, in windows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ParameterError
from ..tables.given import strings_of
from ..tables.word_checks import WordTimes
from .pauses import SHORTEST, silences
from .spoken import codes, frame, read

if TYPE_CHECKING:
    from datetime import timedelta

    import pandas as pd

    from ..tables.frame import Array

RateUnit = Literal["words", "characters"]
_MAX_WINDOWS = 10_000_000


def rate(
    table: pd.DataFrame,
    window: str | float | timedelta = "10s",
    step: str | float | timedelta | None = None,
    unit: RateUnit = "words",
    by: str | None = None,
    start: float = 0.0,
    end: float | None = None,
) -> pd.DataFrame:
    """The rate of speech in windows from `start` to `end`. A word counts where it starts.

    Args:
        window, step: the length of a window, and from the start of one to that of the next: seconds, or a text such as
            "10s"; without `step` windows follow one another.
        unit: "words" or "characters" (letters, digits and signs).
        by: a column, such as "speaker", each value of which has windows of its own; missing ones, too.
        end: None: the end of the last word.

    Returns ``start``, ``end``, ``seconds`` float64 (a last, short window has fewer), ``count`` int64, ``rate`` float64
    (a minute), ``articulation_rate`` float64 (a minute of the window without pauses of 0.3 s and more, NaN where
    nothing is left), and the column `by`.
    """
    if unit not in ("words", "characters"):
        raise ParameterError(f"unit={unit!r}: give 'words' or 'characters'. Nothing was changed.")
    if by is not None and by not in table.columns:
        raise ParameterError(f"by={by!r}: the table has no such column. Nothing was changed.")
    length = seconds_in(window, "window")
    apart = length if step is None else seconds_in(step, "step")
    words = read(table, is_of_one_clip=by not in ("file", "clip"))
    last = end if end is not None else float(words.ends.max(initial=start))
    sizes = _sizes(table, unit)
    groups, known = codes(table, by, words.order) if by is not None else (None, [None])
    parts = []
    for number, value in enumerate(known):
        rows = slice(None) if groups is None else groups == number
        starts, ends = words.starts[rows], words.ends[rows]
        if groups is None or len(starts):
            parts.append((value, _windows(WordTimes.of(starts, ends), sizes[rows], start, last, length, apart)))
    return _joined(parts, by, table)


def seconds_in(value: str | float | timedelta, name: str) -> float:
    """A duration in seconds. Raises ParameterError for what is not one, or not more than 0."""
    import pandas as pd

    try:
        number = float(value) if isinstance(value, (int, float)) else pd.Timedelta(value).total_seconds()
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ParameterError(f"{name}={value!r}: give seconds, or a text such as '10s'. Nothing was changed.")
    return number


def _sizes(table: pd.DataFrame, unit: RateUnit) -> Array:
    import numpy as np

    if unit == "words":
        return np.ones(len(table), "int64")
    return np.fromiter((len("".join(text.split())) for text in strings_of(table, "text")), "int64", len(table))


def _windows(words: WordTimes, sizes: Array, start: float, end: float, length: float, apart: float) -> dict[str, Array]:
    import numpy as np

    if (end - start) / apart > _MAX_WINDOWS:
        raise ParameterError(
            f"from {start:g} s to {end:g} s there are more than {_MAX_WINDOWS} windows: make them longer."
        )
    count = max(0, math.ceil((end - start) / apart - 1e-9))
    starts = start + np.arange(count) * apart
    ends = np.minimum(starts + length, end)
    seconds = ends - starts
    word_starts, _ = words.sorted()
    sums = np.concatenate([[0], np.cumsum(sizes[words.positions()])])
    firsts = np.searchsorted(word_starts, starts, "left")
    # A word of no length at the very end belongs to the last window.
    lasts = np.where(
        ends >= end, np.searchsorted(word_starts, ends, "right"), np.searchsorted(word_starts, ends, "left")
    )
    counts = sums[lasts] - sums[firsts]
    pauses = silences(words, SHORTEST, start, end)
    spoken = seconds - (_time_in(pauses.starts, pauses.ends, ends) - _time_in(pauses.starts, pauses.ends, starts))
    with np.errstate(divide="ignore", invalid="ignore"):
        articulation = np.where(spoken > 1e-9, counts * 60 / spoken, math.nan)
        rates = counts * 60 / seconds
    return {
        "start": starts,
        "end": ends,
        "seconds": seconds,
        "count": counts,
        "rate": rates,
        "articulation_rate": articulation,
    }


def _time_in(starts: Array, ends: Array, times: Array) -> Array:
    """For each time, the seconds before it that lie in these spans, which are in order and do not overlap."""
    import numpy as np

    sums = np.concatenate([[0.0], np.cumsum(ends - starts)])
    before = np.searchsorted(starts, times, "right")
    inside: Array = sums[before]
    is_after = before > 0
    over = np.maximum(0.0, ends[before[is_after] - 1] - times[is_after])
    inside[is_after] -= over
    return inside


def _joined(parts: list[tuple[Any, dict[str, Array]]], by: str | None, table: pd.DataFrame) -> pd.DataFrame:
    import numpy as np

    empty: list[Array] = [np.array([])]
    columns: dict[str, tuple[Any, str]] = {
        name: (np.concatenate([part[name] for _, part in parts] or empty), "int64" if name == "count" else "float64")
        for name in ("start", "end", "seconds", "count", "rate", "articulation_rate")
    }
    if by is not None:
        names = [None if value is None else str(value) for value, part in parts for _ in part["start"]]
        columns[by] = names, "string"
    return frame(columns, table.attrs)
