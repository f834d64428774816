"""Two sides next to each other: the tables of a comparison, made of an alignment. Side a comes first, b second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tables.frame import frame_of
from ..text import join
from .alignment_table import EQUAL, Aligned, alignment_table
from .score import Score
from .sides import TokenList

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, np.dtype[Any]]

_ENOUGH = 3  # pairs for a drift


class Offsets(NamedTuple):
    """How much later b has the tokens that both have, in seconds. NaN where times are unknown.

    Attributes:
        median: of all; negative where b is earlier.
        p95: what 95 % of them do not exceed, whatever the sign.
        drift: by how much the offset grows in a minute of the clip.
        tokens: the number of tokens that both have and that are timed on both sides.
    """

    median: float
    p95: float
    drift: float
    tokens: int


def comparison_table(score: Score, sides: Sequence[Any], correct: Sequence[list[bool] | None]) -> pd.DataFrame:
    """One row a pair of tokens, or a token without a counterpart, in order. Side a is the score's reference.

    - ``op``: category equal, substitute, delete (only a has it), insert (only b has it).
    - ``a``, ``b``: string, the tokens; NA where there is none.
    - ``start``, ``end``, ``offset``, ``sentence_id``: as in `alignment_table`; b less a.
    - ``a_start``, ``a_end``, ``b_start``, ``b_end``: float64 seconds, NaN where unknown.
    - ``a_confidence``, ``b_confidence``: float64, NaN where unknown.
    - ``a_word``, ``b_word``: Int64, the row of its word.
    - ``a_correct``, ``b_correct``: boolean, whether the token is the reference's; NA without a reference.

    `sides` are what was compared, `correct` has for each token of a and of b whether it is correct, or None.
    """
    import numpy as np

    aligned = score.aligned[0]
    both = alignment_table(score.aligned)
    table = both[["op", "reference", "hypothesis", "start", "end", "offset", "sentence_id"]].rename(
        columns={"reference": "a", "hypothesis": "b"}
    )
    pairs = np.array(aligned.pairs, dtype=np.int64).reshape(-1, 2)
    tokens = aligned.reference, aligned.hypothesis
    for name, side, some, indices, right in zip("ab", sides, tokens, pairs.T, correct, strict=True):
        table[f"{name}_start"] = _pick(some.starts, indices)
        table[f"{name}_end"] = _pick(some.ends, indices)
        table[f"{name}_confidence"] = _pick(_confidences(side, some), indices)
        table[f"{name}_word"] = both["reference_word" if name == "a" else "hypothesis_word"]
        table[f"{name}_correct"] = _flags(right, indices)
    return table


def _pick(values: Array | None, indices: Array) -> Array:
    import numpy as np

    if values is None or not len(values):
        return np.full(len(indices), math.nan)
    return np.where(indices < 0, math.nan, values[indices])


def _confidences(side: Any, tokens: TokenList) -> Array | None:
    """The confidence of each token's word, or None where the side has none."""
    import numpy as np
    import pandas as pd

    if "confidence" not in getattr(side, "columns", ()) or not len(side):
        return None
    values = pd.to_numeric(side["confidence"], errors="coerce").to_numpy("float64", na_value=math.nan)
    return np.where(tokens.rows < 0, math.nan, values[tokens.rows])


def _flags(right: list[bool] | None, indices: Array) -> Any:
    import numpy as np
    import pandas as pd

    missing = np.full(len(indices), True) if right is None else indices < 0
    values = np.array([*(right or ()), False], dtype=bool)[np.where(missing, -1, indices)]
    return pd.arrays.BooleanArray(values, missing)


def correct_tokens(aligned: Aligned) -> list[bool]:
    """Whether each token of the hypothesis is the reference's."""
    mine, theirs = aligned.reference.texts, aligned.hypothesis.texts
    return [i >= 0 and mine[i] == theirs[j] for i, j in aligned.pairs if j >= 0]


def differences_table(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each run of tokens that differ.

    ``start``, ``end``: float64 seconds, from where the first side begins to where the last one ends. ``a``, ``b``:
    string, ``""`` where a side has nothing. ``tokens``: int64, their number. ``first``: int64, the first row in the
    comparison's table. ``label``: string, both texts.
    """
    import numpy as np

    differs = (table["op"] != EQUAL).to_numpy()
    firsts = np.flatnonzero(differs & ~np.r_[False, differs[:-1]])
    lasts = np.flatnonzero(differs & ~np.r_[differs[1:], False])
    texts = {side: table[side].tolist() for side in "ab"}
    missing = {side: table[side].isna().tolist() for side in "ab"}

    def joined(side: str, first: int, last: int) -> str:
        return join(texts[side][row] for row in range(first, last + 1) if not missing[side][row])

    spans = list(zip(firsts.tolist(), lasts.tolist(), strict=True))
    starts = table[["start", "a_start", "b_start"]].min(axis=1).to_numpy()
    ends = table[["end", "a_end", "b_end"]].max(axis=1).to_numpy()
    left, right = ([joined(side, *span) for span in spans] for side in "ab")
    return frame_of(
        start=([float(np.fmin.reduce(starts[first : last + 1])) for first, last in spans], "float64"),
        end=([float(np.fmax.reduce(ends[first : last + 1])) for first, last in spans], "float64"),
        a=(left, "string"),
        b=(right, "string"),
        tokens=([last - first + 1 for first, last in spans], "int64"),
        first=([first for first, _ in spans], "int64"),
        label=([f"{one or '∅'} → {other or '∅'}" for one, other in zip(left, right, strict=True)], "string"),
    )


def offsets_of(table: pd.DataFrame) -> Offsets:
    """The offsets between the tokens that both sides have."""
    import numpy as np

    both = table[(table["op"] == EQUAL) & table["offset"].notna()]
    if both.empty:
        return Offsets(math.nan, math.nan, math.nan, 0)
    offsets, starts = both["offset"].to_numpy(), both["a_start"].to_numpy()
    drift = math.nan
    if len(both) >= _ENOUGH and np.ptp(starts) > 0:
        drift = 60 * float(np.polyfit(starts, offsets, 1)[0])
    return Offsets(float(np.median(offsets)), float(np.quantile(np.abs(offsets), 0.95)), drift, len(both))


def summary_table(
    names: Sequence[str], sides: Sequence[Any], table: pd.DataFrame, scores: Sequence[Score]
) -> pd.DataFrame:
    """One row a side.

    ``name``, ``clip``, ``service``, ``model``: string, NA where unknown. ``tokens``: int64. ``agreement``: float64, the
    share of its tokens that the other side has as well. ``confidence``: float64, the mean. Against the reference, where
    there is one: ``unit`` string, ``rate`` float64, ``substitutions``, ``deletions``, ``insertions``, ``hits`` Int64.
    """
    import pandas as pd

    attrs = [getattr(side, "attrs", {}) for side in sides]
    counts = [int(table[side].notna().sum()) for side in "ab"]
    equal = int((table["op"] == EQUAL).sum())
    made = frame_of(
        name=(list(names), "string"),
        **{key: ([some.get(key) for some in attrs], "string") for key in ("clip", "service", "model")},
        tokens=(counts, "int64"),
        agreement=([equal / count if count else math.nan for count in counts], "float64"),
        confidence=([float(table[f"{side}_confidence"].mean()) for side in "ab"], "float64"),
        unit=([each.unit for each in scores] or [None, None], "string"),
        rate=([each.rate for each in scores] or [math.nan, math.nan], "float64"),
    )
    for key in ("substitutions", "deletions", "insertions", "hits"):
        made[key] = pd.array([getattr(each, key) for each in scores] or [None, None], dtype="Int64")
    return made
