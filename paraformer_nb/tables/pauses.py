"""The pauses table: where no word sounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..journal.records import Gap
from .frame import make_frame
from .schema import PAUSES

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

_NO_WORD = -1


def pauses_table(words: pd.DataFrame, gaps: Iterable[Gap], start: float, end: float | None) -> pd.DataFrame:
    """One row for each span between `start` and `end` in which no word sounds; `schema.PAUSES` has the columns.

    Where words overlap, the pause follows the one that ends last.

    Args:
        words: the words table.
        end: where the clip ends, as far as it was recognised; None: there is no pause after the last word.
    """
    import numpy as np

    count = len(words)
    starts, ends = words["start"].to_numpy(), words["end"].to_numpy()
    reach = np.maximum.accumulate(np.concatenate([[start], ends]))  # where the words before each one end
    latest = np.maximum.accumulate(np.where(ends >= reach[1:], np.arange(count), _NO_WORD))
    before = np.concatenate([[_NO_WORD], latest])
    after = np.concatenate([np.arange(count), [_NO_WORD]])
    until = np.concatenate([starts, [reach[-1] if end is None else end]])
    chosen = until > reach
    pauses = {"start": reach[chosen], "end": until[chosen]}
    before, after = before[chosen], after[chosen]
    sides = {
        f"{prefix}{side}": words[name].array.take(rows, allow_fill=True)
        for prefix, name in (("", "text"), ("speaker_", "speaker"))
        for side, rows in (("before", before), ("after", after))
    }
    return make_frame(
        PAUSES,
        {
            **pauses,
            "duration": pauses["end"] - pauses["start"],
            "kind": _kinds(words, before, after),
            **sides,
            "is_heard": ~_touches(pauses["start"], pauses["end"], gaps),
        },
    )


def _kinds(words: pd.DataFrame, before: Array, after: Array) -> Array:
    import numpy as np

    def values(name: str, rows: Array, missing: Any) -> Array:
        column = words[name].to_numpy(object, na_value=missing)
        return column[rows] if len(column) else np.full(len(rows), missing, object)

    speakers = [values("speaker", rows, "") for rows in (before, after)]
    is_turn = (speakers[0] != speakers[1]) & (speakers[0] != "") & (speakers[1] != "")
    is_within = values("sentence_id", before, 0) == values("sentence_id", after, 0)
    is_edge = (before == _NO_WORD) | (after == _NO_WORD)
    return np.select([is_edge, is_turn, is_within], ["edge", "turn", "within"], "between").astype(object)


def _touches(starts: Array, ends: Array, gaps: Iterable[Gap]) -> Array:
    """Which of these spans, which are in order, touch a gap."""
    import numpy as np

    touches = np.zeros(len(starts), bool)
    for gap in gaps:
        first, last = np.searchsorted(ends, gap.start, "left"), np.searchsorted(starts, gap.end, "right")
        touches[first:last] = True
    return touches
