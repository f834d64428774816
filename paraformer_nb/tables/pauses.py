"""The pauses table: where no word sounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..journal.records import Gap
from .frame import category_dtype, make_frame
from .schema import PAUSES

if TYPE_CHECKING:
    import pandas as pd

    from .frame import Array

NO_WORD = -1
"""Instead of the row of a word beside a pause."""

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
    latest = np.maximum.accumulate(np.where(ends >= reach[1:], np.arange(count), NO_WORD))
    before = np.concatenate([[NO_WORD], latest])
    after = np.concatenate([np.arange(count), [NO_WORD]])
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

    speakers = np.append(speaker_numbers(words["speaker"]), NO_WORD)
    sentences = np.append(words["sentence_id"].to_numpy("int64"), 0)
    return pause_kinds(before, after, speakers[before], speakers[after], sentences[before] == sentences[after])


def speaker_numbers(names: Any) -> Array:
    """A number for each speaker, negative where it is not known."""
    import numpy as np
    import pandas as pd

    numbers, known = pd.factorize(names)
    is_unknown = np.append(known == "", True)[numbers]  # a missing one has the number -1
    return np.where(is_unknown, -1, numbers)


def pause_kinds(
    before: Array, after: Array, speaker_before: Array, speaker_after: Array, is_within: Array
) -> pd.Categorical:
    """The kind of each pause: by the words before and after it, which may be `NO_WORD`, the numbers of their speakers,
    and whether they are of one sentence."""
    import numpy as np
    import pandas as pd

    is_edge = (before == NO_WORD) | (after == NO_WORD)
    is_turn = (speaker_before != speaker_after) & (speaker_before >= 0) & (speaker_after >= 0)
    kinds = np.select([is_edge, is_turn, is_within], [_EDGE, _TURN, _WITHIN], _BETWEEN)
    return pd.Categorical.from_codes(kinds, dtype=category_dtype(_KIND))


def _touches(starts: Array, ends: Array, gaps: Iterable[Gap]) -> Array:
    """Which of these spans, which are in order, touch a gap."""
    import numpy as np

    touches = np.zeros(len(starts), bool)
    for gap in gaps:
        first, last = np.searchsorted(ends, gap.start, "left"), np.searchsorted(starts, gap.end, "right")
        touches[first:last] = True
    return touches
