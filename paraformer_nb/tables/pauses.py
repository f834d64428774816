"""The pauses table: where no word sounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..journal.records import Gap
from .frame import category_dtype, make_frame
from .schema import PAUSES

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

_NO_WORD = -1
_KIND = next(column for column in PAUSES if column.name == "kind")
_WITHIN, _BETWEEN, _TURN, _EDGE = range(4)  # positions of the kinds in the schema


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


def _kinds(words: pd.DataFrame, before: Array, after: Array) -> pd.Categorical:
    import numpy as np
    import pandas as pd

    codes, names = pd.factorize(words["speaker"])
    speakers = np.append(np.where(np.append(names == "", True)[codes], _NO_WORD, codes), _NO_WORD)
    sentences = np.append(words["sentence_id"].to_numpy("int64"), 0)
    is_turn = (speakers[before] != speakers[after]) & (speakers[before] >= 0) & (speakers[after] >= 0)
    is_within = sentences[before] == sentences[after]
    is_edge = (before == _NO_WORD) | (after == _NO_WORD)
    codes = np.select([is_edge, is_turn, is_within], [_EDGE, _TURN, _WITHIN], _BETWEEN)
    return pd.Categorical.from_codes(codes, dtype=category_dtype(_KIND))


def _touches(starts: Array, ends: Array, gaps: Iterable[Gap]) -> Array:
    """Which of these spans, which are in order, touch a gap."""
    import numpy as np

    touches = np.zeros(len(starts), bool)
    for gap in gaps:
        first, last = np.searchsorted(ends, gap.start, "left"), np.searchsorted(starts, gap.end, "right")
        touches[first:last] = True
    return touches
