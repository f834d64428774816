"""Align two lists of tokens: the fewest errors, then the most hits, then the smallest differences of time.

rapidfuzz finds the fewest errors. Its alignment is one of many, so each block of differences is aligned anew, with a
few tokens beside it, by a table that counts all three.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rapidfuzz.distance import Levenshtein

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

Pair = tuple[int, int]
"""Indices of a reference and a hypothesis token; -1 where one has no counterpart."""

MARGIN = 3  # tokens on both sides of a block that are aligned anew with it
JOINED_CELLS = 250_000  # of a table for several blocks; blocks that would need more are not joined
MOST_CELLS = 4_000_000  # of a table; a larger block stays as rapidfuzz aligns it
CUT_ABOVE = 20_000  # tokens on both sides, from which on the time for a whole text is felt: it grows with the square
PART = 5_000  # tokens of a part, at least
SILENCE = 0.3  # seconds in which both sides are silent at a cut

# The costs, as one whole number: an error outweighs all substitutions, and one of those all differences of time.
_LONGEST = 60_000  # ms; a larger difference of time counts as this one
_SUBSTITUTION = 2 * 10**8  # more than a table's diagonal of `_LONGEST`
_ERROR = 10**12


class Side(NamedTuple):
    """Tokens, and where they are timed their starts and ends in seconds."""

    texts: Sequence[str]
    starts: Array | None = None
    ends: Array | None = None


class Alignment(NamedTuple):
    """The pairs in order, and the number of parts that were aligned each by itself."""

    pairs: list[Pair]
    parts: int


def align(reference: Side, hypothesis: Side) -> Alignment:
    """Align two sides.

    Two long texts that both have times are cut where both are silent. Each part then has the fewest errors, and the
    whole has them as well unless words stand more than a part from where they were said.

    Example:
        >>> align(Side("the cat sat".split()), Side("cat sat down".split())).pairs
        [(0, -1), (1, 0), (2, 1), (-1, 2)]
    """
    numbers: dict[str, int] = {}
    coded = [[numbers.setdefault(text, len(numbers)) for text in side.texts] for side in (reference, hypothesis)]
    cuts = _cuts(reference, hypothesis)
    pairs: list[Pair] = []
    for (i1, j1), (i2, j2) in zip([(0, 0), *cuts], [*cuts, (len(coded[0]), len(coded[1]))], strict=True):
        starts = _slice(reference.starts, i1, i2), _slice(hypothesis.starts, j1, j2)
        part = _Part(coded[0][i1:i2], coded[1][j1:j2], *starts)
        pairs += ((i + i1 if i >= 0 else -1, j + j1 if j >= 0 else -1) for i, j in part.pairs())
    return Alignment(pairs, len(cuts) + 1)


def _slice(values: Array | None, start: int, end: int) -> Array | None:
    return None if values is None else values[start:end]


class _Part(NamedTuple):
    """Coded tokens to align, with the starts of those that are timed."""

    reference: Sequence[int]
    hypothesis: Sequence[int]
    reference_starts: Array | None
    hypothesis_starts: Array | None

    def pairs(self) -> Iterator[Pair]:
        """The pairs of the best alignment."""
        sizes = len(self.reference), len(self.hypothesis)
        if sizes[0] * sizes[1] <= 4096:  # one table costs less than the search for blocks
            yield from self._best(0, sizes[0], 0, sizes[1]) if all(sizes) else _unpaired(0, sizes[0], 0, sizes[1])
            return
        opcodes = [tuple(each) for each in Levenshtein.opcodes(_text(self.reference), _text(self.hypothesis))]
        done = (0, 0)
        for window in _windows(opcodes, sizes):
            i1, i2, j1, j2 = window
            yield from zip(range(done[0], i1), range(done[1], j1), strict=True)
            if (i2 - i1) * (j2 - j1) <= MOST_CELLS:
                yield from self._best(*window)
            else:
                yield from _as_given(opcodes, *window)
            done = i2, j2
        yield from zip(range(done[0], sizes[0]), range(done[1], sizes[1]), strict=True)

    def _best(self, i1: int, i2: int, j1: int, j2: int) -> list[Pair]:
        """The best alignment of two ranges of tokens, by a table of all costs."""
        import numpy as np

        if i1 == i2 or j1 == j2:
            return list(_unpaired(i1, i2, j1, j2))
        differ = np.array(self.reference[i1:i2])[:, None] != np.array(self.hypothesis[j1:j2])[None, :]
        pairing = differ * (_ERROR + _SUBSTITUTION)
        if self.reference_starts is not None and self.hypothesis_starts is not None:
            distance = np.abs(self.reference_starts[i1:i2, None] - self.hypothesis_starts[None, j1:j2]) * 1000
            pairing = pairing + np.nan_to_num(np.minimum(distance, _LONGEST), nan=_LONGEST).astype(np.int64)
        rows, columns = pairing.shape
        across = np.arange(columns + 1, dtype=np.int64) * _ERROR
        table = np.empty((rows + 1, columns + 1), dtype=np.int64)
        table[0] = across
        for row in range(rows):
            best = table[row] + _ERROR  # a deletion
            np.minimum(best[1:], table[row, :-1] + pairing[row], out=best[1:])  # a pair
            table[row + 1] = np.minimum.accumulate(best - across) + across  # insertions
        return _trace(table, pairing, i1, j1)


def _trace(table: Array, pairing: Array, i1: int, j1: int) -> list[Pair]:
    """The pairs of the path with the lowest cost through a table; `i1`, `j1`: the indices of its first tokens."""
    i, j = pairing.shape
    pairs: list[Pair] = []
    while i or j:
        if i and j and table[i, j] == table[i - 1, j - 1] + pairing[i - 1, j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i1 + i, j1 + j))
        elif i and table[i, j] == table[i - 1, j] + _ERROR:
            i -= 1
            pairs.append((i1 + i, -1))
        else:
            j -= 1
            pairs.append((-1, j1 + j))
    return pairs[::-1]


def _text(codes: Sequence[int]) -> str:
    """Coded tokens as a string of one character each, which rapidfuzz compares fastest."""
    return "".join(map(chr, codes))


def _windows(opcodes: Sequence[Any], sizes: Pair) -> Iterator[tuple[int, int, int, int]]:
    """The blocks of differences with `MARGIN` tokens on both sides, joined where they touch: (i1, i2, j1, j2)."""
    window: tuple[int, int, int, int] | None = None
    equal_before = 0  # tokens that are equal since the last difference
    for index, (kind, i1, i2, j1, j2) in enumerate(opcodes):
        if kind == "equal":
            equal_before = i2 - i1
            continue
        after = opcodes[index + 1] if index + 1 < len(opcodes) else ("equal", sizes[0], sizes[0], sizes[1], sizes[1])
        follows = min(MARGIN, after[2] - after[1]) if after[0] == "equal" else 0
        leads = min(MARGIN, equal_before)
        start_i, start_j = i1 - leads, j1 - leads
        end_i, end_j = i2 + follows, j2 + follows
        if window is None:
            window = (start_i, end_i, start_j, end_j)
        elif start_i <= window[1] and (end_i - window[0]) * (end_j - window[2]) <= JOINED_CELLS:
            window = (window[0], end_i, window[2], end_j)
        else:
            yield window[0], min(window[1], start_i), window[2], min(window[3], start_j)
            window = (start_i, end_i, start_j, end_j)
        equal_before = 0
    if window is not None:
        yield window


def _as_given(opcodes: Sequence[Any], i1: int, i2: int, j1: int, j2: int) -> Iterator[Pair]:
    """The pairs of rapidfuzz's alignment within a window."""
    for kind, a1, a2, b1, b2 in opcodes:
        a1, b1 = (max(a1, i1), max(b1, j1)) if kind != "equal" else _later(a1, b1, i1, j1)
        a2, b2 = (min(a2, i2), min(b2, j2)) if kind != "equal" else _earlier(a2, b2, i2, j2)
        if kind in ("equal", "replace"):
            yield from zip(range(a1, a2), range(b1, b2), strict=True)
        else:
            yield from _unpaired(a1, a2, b1, b2)


def _later(i: int, j: int, least_i: int, least_j: int) -> Pair:
    step = max(0, least_i - i, least_j - j)
    return i + step, j + step


def _earlier(i: int, j: int, most_i: int, most_j: int) -> Pair:
    step = max(0, i - most_i, j - most_j)
    return i - step, j - step


def _unpaired(i1: int, i2: int, j1: int, j2: int) -> Iterator[Pair]:
    yield from ((i, -1) for i in range(i1, i2))
    yield from ((-1, j) for j in range(j1, j2))


def _cuts(reference: Side, hypothesis: Side) -> list[Pair]:
    """Where to cut two long texts: the first tokens of each part but the first."""
    import numpy as np

    sides = reference, hypothesis
    if min(len(side.texts) for side in sides) < CUT_ABOVE or any(side.starts is None for side in sides):
        return []
    silences = _silences(reference)
    cuts: list[Pair] = []
    last = (0, 0)
    for begin, end in silences:
        i, j = (int(np.searchsorted(side.starts, (begin + end) / 2)) for side in sides)  # type: ignore[arg-type]
        if min(i - last[0], j - last[1]) < PART or min(len(reference.texts) - i, len(hypothesis.texts) - j) < PART:
            continue
        begins = max(begin, float(_latest(hypothesis, j)))
        ends = min(end, float(hypothesis.starts[j]) if j < len(hypothesis.texts) else math.inf)  # type: ignore[index]
        if ends - begins >= SILENCE:
            last = (i, j)
            cuts.append(last)
    return cuts


def _latest(side: Side, count: int) -> float:
    """Where the last of the first `count` tokens ends."""
    assert side.ends is not None
    return float(side.ends[max(0, count - 100) : count].max()) if count else 0.0


def _silences(side: Side) -> list[tuple[float, float]]:
    """The pauses of a side that are long enough for a cut."""
    import numpy as np

    assert side.starts is not None and side.ends is not None
    until = np.maximum.accumulate(side.ends)[:-1]
    long = np.flatnonzero(side.starts[1:] - until >= SILENCE)
    return list(zip(until[long].tolist(), side.starts[1:][long].tolist(), strict=True))
