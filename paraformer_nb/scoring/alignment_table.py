"""The tables of a score: the alignment, and what was confused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tables.frame import text_dtype
from .align import Pair
from .sides import TokenList

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, np.dtype[Any]]

EQUAL, SUBSTITUTE, DELETE, INSERT = OPERATIONS = ("equal", "substitute", "delete", "insert")


class Aligned(NamedTuple):
    """Two sides that were compared: their texts as compared, their tokens, and which of them belong together."""

    texts: tuple[str, str]
    reference: TokenList
    hypothesis: TokenList
    pairs: list[Pair]

    def counts(self) -> tuple[int, int, int, int]:
        """How many tokens are equal, substituted, deleted and inserted."""
        mine, theirs = self.reference.texts, self.hypothesis.texts
        hits = sum(i >= 0 and j >= 0 and mine[i] == theirs[j] for i, j in self.pairs)
        paired = len(mine) + len(theirs) - len(self.pairs)
        return hits, paired - hits, len(mine) - paired, len(theirs) - paired


def operation(aligned: Aligned, pair: Pair) -> str:
    """What a pair is: one of `OPERATIONS`."""
    i, j = pair
    if i < 0 or j < 0:
        return INSERT if i < 0 else DELETE
    return EQUAL if aligned.reference.texts[i] == aligned.hypothesis.texts[j] else SUBSTITUTE


def alignment_table(parts: Sequence[Aligned]) -> pd.DataFrame:
    """One row a pair of tokens, or a token without a counterpart, in order:

    - ``op``: category, `OPERATIONS`.
    - ``reference``, ``hypothesis``: string, NA where there is no token.
    - ``reference_word``, ``hypothesis_word``: Int64, the row of its word in the table that was given, NA for a text.
    - ``start``, ``end``: float64 seconds, the hypothesis', else the reference's, else what the neighbours leave; NaN
      where nothing is timed.
    - ``offset``: float64 seconds, the hypothesis' start less the reference's; NaN without both.
    - ``sentence_id``: Int64, the hypothesis', else the reference's.

    With more than one part, ``part`` int64 comes before them, from 1.
    """
    import numpy as np
    import pandas as pd

    columns = [_columns(part) for part in parts]
    joined = {name: np.concatenate([each[name] for each in columns]) for name in columns[0]}
    text = text_dtype()
    table = pd.DataFrame(
        {
            "op": pd.Categorical.from_codes(joined["op"].tolist(), categories=pd.Index(OPERATIONS)),
            "reference": pd.array(joined["reference"], dtype=text),
            "hypothesis": pd.array(joined["hypothesis"], dtype=text),
            "reference_word": _numbers(joined["reference_word"]),
            "hypothesis_word": _numbers(joined["hypothesis_word"]),
            "start": joined["start"],
            "end": joined["end"],
            "offset": joined["offset"],
            "sentence_id": _numbers(joined["sentence_id"]),
        }
    )
    if len(parts) > 1:
        table.insert(0, "part", np.repeat(np.arange(1, len(parts) + 1), [len(part.pairs) for part in parts]))
    return table


def _numbers(values: Array) -> Any:
    import pandas as pd

    return pd.arrays.IntegerArray(values, values < 0)


def _columns(part: Aligned) -> dict[str, Array]:
    import numpy as np

    codes = {name: code for code, name in enumerate(OPERATIONS)}
    mine, theirs = np.array(part.pairs, dtype=np.int64).reshape(-1, 2).T
    (starts, ends), (other_starts, other_ends) = (
        (_of(side.starts, indices, np.nan), _of(side.ends, indices, np.nan))
        for side, indices in ((part.reference, mine), (part.hypothesis, theirs))
    )
    start = np.where(np.isnan(other_starts), starts, other_starts)
    end = np.where(np.isnan(other_ends), ends, other_ends)
    _fill(start, end)
    sentences = _of(part.hypothesis.sentences, theirs, -1)
    return {
        "op": np.array([codes[operation(part, pair)] for pair in part.pairs], dtype=np.int8),
        "reference": _of(np.array([*part.reference.texts, None], dtype=object), mine, None),
        "hypothesis": _of(np.array([*part.hypothesis.texts, None], dtype=object), theirs, None),
        "reference_word": _of(part.reference.rows, mine, -1),
        "hypothesis_word": _of(part.hypothesis.rows, theirs, -1),
        "start": start,
        "end": end,
        "offset": other_starts - starts,
        "sentence_id": np.where(sentences < 0, _of(part.reference.sentences, mine, -1), sentences),
    }


def _of(values: Array | None, indices: Array, missing: Any) -> Array:
    """The values at these indices; `missing` at index -1."""
    import numpy as np

    if values is None or not len(values):
        return np.full(len(indices), missing)
    return np.where(indices < 0, missing, values[indices])


def _fill(start: Array, end: Array) -> None:
    """Give tokens without times what their neighbours leave: from the end of the last to the start of the next."""
    import numpy as np

    missing = np.flatnonzero(np.isnan(start))
    known = np.flatnonzero(~np.isnan(start))
    if not len(missing) or not len(known):
        return
    after = np.searchsorted(known, missing)
    before_end = np.where(after > 0, end[known[after - 1]], np.nan)
    next_start = np.where(after < len(known), start[known[np.minimum(after, len(known) - 1)]], np.nan)
    begin = np.where(np.isnan(before_end), next_start, before_end)
    start[missing] = begin
    end[missing] = np.fmax(np.where(np.isnan(next_start), before_end, next_start), begin)


def confusions_table(alignment: pd.DataFrame) -> pd.DataFrame:
    """What was recognised as what, most frequent first: ``reference``, ``hypothesis`` string, ``count`` int64."""
    errors = alignment[alignment["op"] != EQUAL]
    pairs = errors[["reference", "hypothesis"]].fillna("")
    counted = pairs.groupby(["reference", "hypothesis"], sort=False).size()
    table = counted.rename("count").reset_index().astype({"count": "int64"})
    return table.sort_values("count", ascending=False, kind="stable", ignore_index=True)
