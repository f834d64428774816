"""Where no word sounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tables.given import as_frame, require_columns, seconds_of
from ..tables.pauses import NO_WORD, pause_kinds, speaker_numbers
from ..tables.sentence_numbers import sentence_numbers
from ..text import ends_sentence
from .spoken import Spoken, frame, number, read

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array

SHORTEST = 0.3
"""Seconds of silence that count as a pause."""
_NONE = 1e-9  # seconds: a difference of rounding


class Silences(NamedTuple):
    """Spans without words, in seconds, and the positions of the words before and after, or `NO_WORD`."""

    starts: Array
    ends: Array
    before: Array
    after: Array


def silences(words: Spoken, shortest: float, start: float | None = None, end: float | None = None) -> Silences:
    """The spans of at least `shortest` seconds, and more than none, in which no word sounds; before the first word from
    `start` on, and after the last one up to `end`, if these are given."""
    import numpy as np

    starts, ends = words.sorted()
    reach = np.maximum.accumulate(ends)
    first = float(start) if start is not None else (float(starts[0]) if len(starts) else 0.0)
    last = float(end) if end is not None else (float(reach[-1]) if len(starts) else first)
    froms = np.concatenate([[first], np.maximum(reach, first)])
    tos = np.append(starts, last)
    if end is not None:
        np.minimum(tos, last, out=tos)
    lengths = tos - froms
    after = np.flatnonzero((lengths > _NONE) & (lengths >= shortest - _NONE))
    latest = np.flatnonzero(ends >= reach)  # words behind which silence may begin
    before = np.append(latest, NO_WORD)[np.searchsorted(latest, after) - 1]
    rows = np.append(words.positions(), NO_WORD)
    return Silences(froms[after], tos[after], rows[before], rows[after])


def pauses(
    table: pd.DataFrame,
    min: float = SHORTEST,
    start: float | None = None,
    end: float | None = None,
    gaps: Any = None,
) -> pd.DataFrame:
    """The pauses between words: one row for each span in which no word sounds.

    Args:
        min: seconds; shorter ones are left out.
        start, end: seconds at which the clip begins and ends: give them to have the pauses at its edges, too.
        gaps: a table with ``start`` and ``end`` of what was not recognised, such as ``run.gaps``.

    Returns ``start``, ``end``, ``duration`` float64 seconds, ``kind`` category [within, between, turn, edge],
    ``before``, ``after``, ``speaker_before``, ``speaker_after`` string, ``is_heard`` bool (False where it touches a
    gap).
    """
    words = read(table)
    found = silences(words, number(min, "min"), start, end)
    sides = {
        f"{prefix}{side}": _take(table, name, rows)
        for name, prefix in (("text", ""), ("speaker", "speaker_"))
        for side, rows in (("before", found.before), ("after", found.after))
    }
    columns: dict[str, tuple[Any, str]] = {
        "start": (found.starts, "float64"),
        "end": (found.ends, "float64"),
        "duration": (found.ends - found.starts, "float64"),
        "kind": (_kinds(table, found, sides), "category"),
        **{name: (side, "string") for name, side in sides.items()},
        "is_heard": (~_touches(found, gaps), "bool"),
    }
    return frame(columns, table.attrs)


def _take(table: pd.DataFrame, name: str, rows: Array) -> Any:
    """A column's values in these rows, as texts; missing where a value or the row is."""
    import pandas as pd

    if name not in table.columns:
        return [None] * len(rows)
    column = table[name].array.take(rows, allow_fill=True)
    if isinstance(column.dtype, pd.StringDtype):
        return column
    return [None if missing else str(value) for value, missing in zip(column, pd.isna(column), strict=True)]


def _kinds(table: pd.DataFrame, found: Silences, sides: Mapping[str, Any]) -> Any:
    import numpy as np
    import pandas as pd

    speakers = np.concatenate([np.asarray(sides[name], object) for name in ("speaker_before", "speaker_after")])
    if "sentence_id" in table.columns:
        numbers = np.append(sentence_numbers(table), NO_WORD)
        is_within = numbers[found.before] == numbers[found.after]
    else:
        marks = _take(table, "punctuation" if "punctuation" in table.columns else "text", found.before)
        is_within = np.array([pd.isna(mark) or not ends_sentence(mark) for mark in marks], bool)
    speaker_before, speaker_after = np.split(speaker_numbers(speakers), 2)
    return pause_kinds(found.before, found.after, speaker_before, speaker_after, is_within)


def _touches(found: Silences, gaps: Any) -> Array:
    import numpy as np

    touches = np.zeros(len(found.starts), bool)
    if gaps is None:
        return touches
    spans = as_frame(gaps)
    require_columns(spans, ("start", "end"))
    pairs = zip(seconds_of(spans, "start", "s").tolist(), seconds_of(spans, "end", "s").tolist(), strict=True)
    for first, last in pairs:
        touches |= (found.ends >= first) & (found.starts <= last)
    return touches
