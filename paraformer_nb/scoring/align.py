"""Align two lists of tokens: the fewest errors, then the most hits, then the smallest differences of time.

rapidfuzz finds the fewest errors. Its alignment is one of many, so each block of differences is aligned anew, with a
few tokens beside it, by a table that counts all three.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
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
    import numpy as np

    sides = reference, hypothesis
    numbers = {text: number for number, text in enumerate(dict.fromkeys(chain(reference.texts, hypothesis.texts)))}
    coded = [np.fromiter(map(numbers.__getitem__, side.texts), np.int64, len(side.texts)) for side in sides]
    times = [None if side.starts is None else _milliseconds(side.starts) for side in sides]
    whole = _Coded(*coded, *times)
    cuts = [(0, 0), *_cuts(reference, hypothesis), (len(coded[0]), len(coded[1]))]
    pairs: list[Pair] = []
    for (i1, j1), (i2, j2) in pairwise(cuts):
        pairs += whole.pairs(i1, i2, j1, j2)
    return Alignment(pairs, len(cuts) - 1)


def _milliseconds(starts: Array) -> Array:
    """Times as whole numbers; one that is unknown is far from all others."""
    import numpy as np

    return np.where(np.isnan(starts), -_LONGEST, 1000 * starts).astype(np.int64)


class _Coded(NamedTuple):
    """Tokens as numbers, with the starts of those that are timed, in ms."""

    reference: Array
    hypothesis: Array
    reference_starts: Array | None
    hypothesis_starts: Array | None

    def pairs(self, i1: int, i2: int, j1: int, j2: int) -> list[Pair]:
        """The pairs of the best alignment of two ranges of tokens."""
        if (i2 - i1) * (j2 - j1) <= 4096:  # one table costs less than the search for blocks
            return self._best(i1, i2, j1, j2)
        blocks = [
            _Block(i1 + each.src_start, i1 + each.src_end, j1 + each.dest_start, j1 + each.dest_end)
            for each in Levenshtein.opcodes(_text(self.reference[i1:i2]), _text(self.hypothesis[j1:j2]))
            if each.tag != "equal"
        ]
        pairs: list[Pair] = []
        i, j = i1, j1
        for window in _windows(blocks, i1, i2):
            pairs += zip(range(i, window.i1), range(j, window.j1), strict=True)
            if self._is_certain(window) or window.cells > MOST_CELLS:
                pairs += window.pairs()
            else:
                pairs += self._best(window.i1, window.i2, window.j1, window.j2)
            i, j = window.i2, window.j2
        pairs += zip(range(i, i2), range(j, j2), strict=True)
        return pairs

    def _is_certain(self, window: _Window) -> bool:
        """Whether there is no other alignment with as few errors: one token is substituted, or one was deleted or
        inserted that is not equal to the one beside it."""
        if len(window.blocks) > 1:
            return False
        i1, i2, j1, j2 = window.blocks[0]
        if (i2 - i1, j2 - j1) == (1, 1):
            return True
        if (i2 - i1) + (j2 - j1) > 1:
            return False
        tokens, index = (self.reference, i1) if i2 > i1 else (self.hypothesis, j1)
        return tokens[index] not in (*tokens[max(0, index - 1) : index], *tokens[index + 1 : index + 2])

    def _best(self, i1: int, i2: int, j1: int, j2: int) -> list[Pair]:
        """The best alignment of two ranges of tokens, by a table of all costs."""
        import numpy as np

        if i1 == i2 or j1 == j2:
            return list(_unpaired(i1, i2, j1, j2))
        # The table has what is saved, against deleting and inserting all: so only pairs have a cost, which is negative.
        pairing = (self.reference[i1:i2, None] != self.hypothesis[j1:j2]) * (_ERROR + _SUBSTITUTION) - 2 * _ERROR
        if self.reference_starts is not None and self.hypothesis_starts is not None:
            distance = np.abs(self.reference_starts[i1:i2, None] - self.hypothesis_starts[j1:j2])
            pairing += np.minimum(distance, _LONGEST)
        rows, columns = pairing.shape
        table = np.zeros((rows + 1, columns + 1), dtype=np.int64)
        for costs, before, row in zip(pairing, table[:-1], table[1:], strict=True):
            np.minimum(before[1:], before[:-1] + costs, out=row[1:])  # a deletion, or a pair
            np.minimum.accumulate(row, out=row)  # insertions
        return _trace(table.tolist(), pairing.tolist(), i1, j1)


def _trace(table: list[list[int]], pairing: list[list[int]], i1: int, j1: int) -> list[Pair]:
    """The pairs of the path with the lowest cost through a table; `i1`, `j1`: the indices of its first tokens."""
    i, j = len(pairing), len(pairing[0])
    pairs: list[Pair] = []
    while i or j:
        if i and j and table[i][j] == table[i - 1][j - 1] + pairing[i - 1][j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i1 + i, j1 + j))
        elif i and table[i][j] == table[i - 1][j]:
            i -= 1
            pairs.append((i1 + i, -1))
        else:
            j -= 1
            pairs.append((-1, j1 + j))
    return pairs[::-1]


def _text(codes: Array) -> str:
    """Coded tokens as a string of one character each, which rapidfuzz compares fastest."""
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


class _Block(NamedTuple):
    """Tokens that differ, as rapidfuzz found them: as many on both sides, or on one side only."""

    i1: int
    i2: int
    j1: int
    j2: int


class _Window(NamedTuple):
    """Blocks with equal tokens before, between and after them."""

    i1: int
    i2: int
    j1: int
    j2: int
    blocks: list[_Block]

    @property
    def cells(self) -> int:
        """The size of a table for all of it."""
        return (self.i2 - self.i1) * (self.j2 - self.j1)

    def pairs(self) -> Iterator[Pair]:
        """The pairs as rapidfuzz has them."""
        i, j = self.i1, self.j1
        for i1, i2, j1, j2 in self.blocks:
            yield from zip(range(i, i1), range(j, j1), strict=True)
            if i2 > i1 and j2 > j1:
                yield from zip(range(i1, i2), range(j1, j2), strict=True)
            else:
                yield from _unpaired(i1, i2, j1, j2)
            i, j = i2, j2
        yield from zip(range(i, self.i2), range(j, self.j2), strict=True)


def _windows(blocks: Sequence[_Block], begin: int, end: int) -> Iterator[_Window]:
    """The blocks with up to `MARGIN` equal tokens on both sides, in one window where they touch. `begin`, `end`: of the
    tokens of the reference."""
    window: _Window | None = None
    for index, block in enumerate(blocks):
        before = blocks[index - 1].i2 if index else begin
        after = blocks[index + 1].i1 if index + 1 < len(blocks) else end
        lead, follow = min(MARGIN, block.i1 - before), min(MARGIN, after - block.i2)
        wide = _Window(block.i1 - lead, block.i2 + follow, block.j1 - lead, block.j2 + follow, [block])
        if window is None:
            window = wide
            continue
        joined = _Window(window.i1, wide.i2, window.j1, wide.j2, [*window.blocks, block])
        if wide.i1 <= window.i2 and joined.cells <= JOINED_CELLS:
            window = joined
        else:
            yield window._replace(i2=min(window.i2, wide.i1), j2=min(window.j2, wide.j1))
            window = wide
    if window is not None:
        yield window


def _unpaired(i1: int, i2: int, j1: int, j2: int) -> Iterator[Pair]:
    yield from ((i, -1) for i in range(i1, i2))
    yield from ((-1, j) for j in range(j1, j2))


def _cuts(reference: Side, hypothesis: Side) -> list[Pair]:
    """Where to cut two long texts: the first tokens of each part but the first."""
    import numpy as np

    sides = reference, hypothesis
    if min(len(side.texts) for side in sides) < CUT_ABOVE:
        return []
    if any(side.starts is None or np.isnan(side.starts).any() for side in sides):
        return []
    begins, ends = _silences(reference)
    indices = (np.searchsorted(side.starts, (begins + ends) / 2).tolist() for side in sides)  # type: ignore[arg-type]
    lengths = len(reference.texts), len(hypothesis.texts)
    cuts: list[Pair] = []
    last = (0, 0)
    for begin, end, i, j in zip(begins.tolist(), ends.tolist(), *indices, strict=True):
        if min(i - last[0], j - last[1]) < PART or min(lengths[0] - i, lengths[1] - j) < PART:
            continue
        silent_from = max(begin, float(_latest(hypothesis, j)))
        silent_until = min(end, float(hypothesis.starts[j]) if j < lengths[1] else math.inf)  # type: ignore[index]
        if silent_until - silent_from >= SILENCE:
            last = (i, j)
            cuts.append(last)
    return cuts


def _latest(side: Side, count: int) -> float:
    """Where the last of the first `count` tokens ends."""
    assert side.ends is not None
    return float(side.ends[max(0, count - 100) : count].max()) if count else 0.0


def _silences(side: Side) -> tuple[Array, Array]:
    """Where the pauses of a side begin and end that are long enough for a cut."""
    import numpy as np

    assert side.starts is not None and side.ends is not None
    until = np.maximum.accumulate(side.ends)[:-1]
    is_long = side.starts[1:] - until >= SILENCE
    return until[is_long], side.starts[1:][is_long]
