"""Where no word sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..tables.given import as_frame, require_columns, seconds_of
from .spoken import Spoken, frame, number, read, texts, values

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array

SHORTEST = 0.3
"""Seconds of silence that count as a pause."""
NO_WORD = -1


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

    count = len(words.starts)
    starts, ends = words.sorted()
    reach = np.maximum.accumulate(ends) if count else ends
    latest = np.maximum.accumulate(np.where(ends >= reach, np.arange(count), 0)) if count else np.arange(0)
    first = float(start) if start is not None else (float(starts[0]) if count else 0.0)
    last = float(reach[-1]) if count else first
    froms = np.concatenate([[first], np.maximum(reach, first)])
    tos = np.concatenate([starts, [last if end is None else float(end)]])
    if end is not None:
        tos = np.minimum(tos, float(end))
    before = np.concatenate([[NO_WORD], words.position(latest)])
    after = np.concatenate([words.positions(), [NO_WORD]])
    lengths = tos - froms
    chosen = (lengths > 0) & (lengths >= shortest - 1e-9)
    return Silences(froms[chosen], tos[chosen], before[chosen].astype(int), after[chosen].astype(int))


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
    sides = {}
    for side, rows in (("before", found.before), ("after", found.after)):
        sides[side] = _pick(texts(table), rows)
    for side, rows in (("before", found.before), ("after", found.after)):
        sides[f"speaker_{side}"] = _pick(values(table, "speaker"), rows)
    columns: dict[str, tuple[Any, str]] = {
        "start": (found.starts, "float64"),
        "end": (found.ends, "float64"),
        "duration": (found.ends - found.starts, "float64"),
        "kind": (_kinds(table, found), "category"),
        **{name: (side, "string") for name, side in sides.items()},
        "is_heard": (~_touches(found, gaps), "bool"),
    }
    return frame(columns, table.attrs)


def _pick(found: list[Any], rows: Array) -> list[str | None]:
    return [None if row == NO_WORD or found[row] is None else str(found[row]) for row in rows.tolist()]


def _kinds(table: pd.DataFrame, found: Silences) -> Any:
    import pandas as pd

    speakers = values(table, "speaker")
    sentences = values(table, "sentence_id")
    marks = texts(table, "punctuation") if "punctuation" in table.columns else texts(table)
    has_sentences = "sentence_id" in table.columns
    kinds = []
    for before, after in zip(found.before.tolist(), found.after.tolist(), strict=True):
        if NO_WORD in (before, after):
            kinds.append("edge")
        elif None not in (speakers[before], speakers[after]) and speakers[before] != speakers[after]:
            kinds.append("turn")
        elif has_sentences:
            kinds.append("within" if sentences[before] == sentences[after] else "between")
        else:
            kinds.append("between" if marks[before].endswith((*".!?。！？…",)) else "within")
    return pd.Categorical(kinds, categories=["within", "between", "turn", "edge"])


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
