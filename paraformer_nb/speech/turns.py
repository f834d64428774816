"""Who speaks when: speakers, turns and overlaps. Words without a speaker are those of one more, NA."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

from ..tables.given import values_of
from ..tables.turns import turn_numbers
from ..text import join
from .spoken import codes, frame, number, read, shown

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.frame import Array


def turns(table: pd.DataFrame, gap: float = 1.0) -> pd.DataFrame:
    """The turns, by start. A turn is of one speaker; it ends where this speaker is silent for more than `gap` seconds,
    or where another one says a whole word while this one is silent. What others say over a speaker's words is a turn
    of their own, and does not part this one's.

    Returns ``speaker`` string, ``start``, ``end`` float64 seconds, ``words`` int64, ``text`` string.
    """
    import numpy as np

    words = read(table)
    starts, ends = words.sorted()
    positions = words.positions()
    numbers, known = codes(table, "speaker", words.order)
    speakers = numbers[positions]
    of_turn = turn_numbers(starts, ends, speakers, number(gap, "gap"))
    order = np.argsort(of_turn, kind="stable")
    firsts = np.flatnonzero(np.diff(of_turn[order], prepend=-1))
    lasts = np.append(firsts[1:], len(order))
    said = shown(table)
    in_order = [said[position].strip() for position in positions[order].tolist()]
    spans = list(zip(firsts.tolist(), lasts.tolist(), strict=False))
    return frame(
        {
            "speaker": ([_name(known[speakers[order[first]]]) for first in firsts.tolist()], "string"),
            "start": (starts[order][firsts], "float64"),
            "end": (np.maximum.reduceat(ends[order], firsts) if len(firsts) else ends, "float64"),
            "words": (lasts[: len(firsts)] - firsts, "int64"),
            "text": ([join(in_order[first:last]) for first, last in spans], "string"),
        },
        table.attrs,
    )


def speakers(table: pd.DataFrame, gap: float = 1.0) -> pd.DataFrame:
    """Each speaker's words, seconds of speech (overlapping words of one speaker count once), share of all seconds,
    words a minute of these seconds, and number of turns (`gap` as in `turns`).

    Returns ``speaker`` string, ``words`` int64, ``seconds``, ``share``, ``rate`` float64, ``turns`` int64.
    """
    import numpy as np

    words = read(table)
    numbers, known = codes(table, "speaker", words.order)
    present = [value for value in range(len(known)) if (numbers == value).any()]
    counts = np.array([int((numbers == value).sum()) for value in present], "int64")
    spans = [_union(words.starts[numbers == value], words.ends[numbers == value]) for value in present]
    seconds = np.array([float((ends - starts).sum()) for starts, ends in spans], "float64")
    counted = Counter(values_of(turns(table, gap), "speaker"))
    names = [_name(known[value]) for value in present]
    with np.errstate(divide="ignore", invalid="ignore"):
        return frame(
            {
                "speaker": (names, "string"),
                "words": (counts, "int64"),
                "seconds": (seconds, "float64"),
                "share": (seconds / seconds.sum(), "float64"),
                "rate": (np.where(seconds > 0, counts * 60 / seconds, np.nan), "float64"),
                "turns": ([counted[name] for name in names], "int64"),
            },
            table.attrs,
        )


def overlaps(table: pd.DataFrame) -> pd.DataFrame:
    """The spans in which words of two speakers sound at once.

    Returns ``start``, ``end`` float64 seconds, ``speaker_a``, ``speaker_b`` string, by start.
    """
    import numpy as np

    words = read(table)
    numbers, known = codes(table, "speaker", words.order)
    spans = [_union(words.starts[numbers == value], words.ends[numbers == value]) for value in range(len(known))]
    rows = []
    for (a, (starts, ends)), (b, (other_starts, other_ends)) in combinations(enumerate(spans), 2):
        firsts = np.searchsorted(other_ends, starts, "right")
        lasts = np.searchsorted(other_starts, ends, "left")
        for index in np.flatnonzero(lasts > firsts).tolist():
            for other in range(firsts[index], lasts[index]):
                start, end = max(starts[index], other_starts[other]), min(ends[index], other_ends[other])
                rows.append((float(start), float(end), _name(known[a]), _name(known[b])))
    rows.sort(key=lambda row: row[:2])
    return frame(
        {
            "start": ([row[0] for row in rows], "float64"),
            "end": ([row[1] for row in rows], "float64"),
            "speaker_a": ([row[2] for row in rows], "string"),
            "speaker_b": ([row[3] for row in rows], "string"),
        },
        table.attrs,
    )


def _union(starts: Array, ends: Array) -> tuple[Array, Array]:
    """Spans without overlaps that cover the same time; those that touch are one."""
    import numpy as np

    keep = ends > starts
    order = np.argsort(starts[keep], kind="stable")
    starts, ends = starts[keep][order], ends[keep][order]
    if not len(starts):
        return starts, ends
    reach = np.maximum.accumulate(ends)
    firsts = np.flatnonzero(np.concatenate([[True], starts[1:] > reach[:-1]]))
    return starts[firsts], reach[np.concatenate([firsts[1:] - 1, [len(starts) - 1]])]


def _name(value: object) -> str | None:
    return None if value is None else str(value)
