"""Where no word sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..tables.given import as_frame, seconds_of
from ..tables.pauses import NO_WORD, pause_kinds, speaker_numbers
from ..tables.sentence_numbers import of_one_sentence
from ..tables.word_checks import WordTimes
from ..text import ends_sentence
from .spoken import frame, number, read

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


def silences(words: WordTimes, shortest: float, start: float | None = None, end: float | None = None) -> Silences:
    """The spans of at least `shortest` seconds, and more than none, in which no word sounds; before the first word from
    `start` on, and after the last one up to `end`, if these are given."""
    import numpy as np

    starts, ends = words.sorted()
    count = len(starts)
    is_rising = bool((ends[1:] >= ends[:-1]).all())
    reach = ends if is_rising else np.maximum.accumulate(ends)
    first = float(start) if start is not None else (float(starts[0]) if count else 0.0)
    last = float(end) if end is not None else (float(reach[-1]) if count else first)
    least = max(shortest - _NONE, _NONE)
    between = np.flatnonzero(starts[1:] - reach[:-1] > least) + 1
    after = np.concatenate([[0], between, [count]]) if count else np.zeros(1, "int64")  # and at the clip's edges
    before = after - 1
    froms, tos = np.append(first, reach[before[1:]]), np.append(starts[after[:-1]], last)
    froms = froms if start is None else np.maximum(froms, first)
    tos = tos if end is None else np.minimum(tos, last)
    chosen = tos - froms > least
    before, after = before[chosen], after[chosen]
    if not is_rising:  # a word may be outlasted by an earlier one
        latest = np.flatnonzero(ends >= reach)
        before = np.append(NO_WORD, latest)[np.searchsorted(latest, before, "right")]
    rows = np.where(before < 0, NO_WORD, words.position(before))
    following = np.where(after == count, NO_WORD, words.position(np.minimum(after, count - 1)))
    return Silences(froms[chosen], tos[chosen], rows, following)


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
    import numpy as np

    words = read(table)
    found = silences(words, number(min, "min"), start, end)
    sides = np.concatenate([found.before, found.after])
    texts, speakers = (_take(table, name, sides) for name in ("text", "speaker"))
    count = len(found.before)
    columns: dict[str, tuple[Any, str]] = {
        "start": (found.starts, "float64"),
        "end": (found.ends, "float64"),
        "duration": (found.ends - found.starts, "float64"),
        "kind": (_kinds(table, found, speakers), "category"),
        "before": (texts[:count], "string"),
        "after": (texts[count:], "string"),
        "speaker_before": (speakers[:count], "string"),
        "speaker_after": (speakers[count:], "string"),
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


def _kinds(table: pd.DataFrame, found: Silences, speakers: Any) -> Any:
    """`speakers`: of the words before the pauses, and then of those after them."""
    import numpy as np
    import pandas as pd

    speaker_before, speaker_after = np.split(speaker_numbers(np.asarray(speakers, object)), 2)
    if "sentence_id" in table.columns:
        is_within = of_one_sentence(table, found.before, found.after, speaker_before == speaker_after)
    else:
        marks = _take(table, "punctuation" if "punctuation" in table.columns else "text", found.before)
        is_within = np.array([pd.isna(mark) or not ends_sentence(mark) for mark in marks], bool)
    return pause_kinds(found.before, found.after, speaker_before, speaker_after, is_within)


def _touches(found: Silences, gaps: Any) -> Array:
    import numpy as np

    touches = np.zeros(len(found.starts), bool)
    if gaps is None:
        return touches
    spans = as_frame(gaps, ("start", "end"))
    pairs = zip(seconds_of(spans, "start", "s").tolist(), seconds_of(spans, "end", "s").tolist(), strict=True)
    for first, last in pairs:
        touches |= (found.ends >= first) & (found.starts <= last)
    return touches
