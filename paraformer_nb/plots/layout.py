"""Lay out a part of a clip in rows, like staves of music. Arithmetic only; nothing is drawn here."""

from __future__ import annotations

import math
from bisect import bisect_right

from msgspec import Struct

MAX_WITH_WORDS = 200.0
"""Seconds that are shown with words; drawing them takes a second, and of more than that the rows would be crowded."""
MAX_ROWS = 40
_MIN_ROW = 4
_MAX_ROW = 20
"""Seconds of a row, as far as `MAX_ROWS` allow: so the rhythm of speech stays visible."""
_MAX_DOTS = 0.1
"""The share of words that may be dots, as long as rows can be made shorter."""
_OVERVIEW_ROWS = 6
_OVERVIEW_ROW = 600
"""Seconds of a row of an overview, at least."""
_OVERFLOW = 2
"""How many times as wide as its box a label may be, where its neighbours' labels leave room."""


class WordBox(Struct, frozen=True):
    """A word to lay out: seconds of the clip, its text and the width of the text in points."""

    start: float
    end: float
    text: str
    text_width: float
    is_final: bool
    is_doubtful: bool


class BoxPart(Struct, frozen=True):
    """The part of a word's box that lies in one row, in seconds."""

    box: WordBox
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


class Label(Struct, frozen=True):
    """The text of a word, centred at `middle` (seconds)."""

    middle: float
    part: BoxPart


class Row(Struct, frozen=True):
    """One row: its time, the boxes in it, and those of them that have a label or a dot here."""

    start: float
    end: float
    parts: list[BoxPart]
    labels: list[Label]
    dots: list[BoxPart]


def lay_out(boxes: list[WordBox], start: float, end: float, width: float) -> list[Row]:
    """The rows from `start` to `end`, all of the same number of seconds and `width` points.

    Rows are as long as possible while nearly all words have room for their labels, and at most `MAX_ROWS`; words
    without room become dots.
    """
    duration = end - start
    lengths = _row_lengths(duration)

    def dots(length: float) -> int:
        return sum(len(row.dots) for row in _rows(boxes, start, end, length, width))

    fitting = bisect_right(lengths, _MAX_DOTS * len(boxes), key=dots)  # the longer rows are, the more dots
    count = math.ceil(duration / lengths[max(0, fitting - 1)])
    # Rows of equal, round lengths, so that the last one is not left with a word or two.
    return _rows(boxes, start, end, duration if count == 1 else _round_up(duration / count), width)


def lay_out_overview(start: float, end: float) -> list[Row]:
    """A few rows from `start` to `end`, of the same round number of seconds, without words."""
    seconds = _round_up(max((end - start) / _OVERVIEW_ROWS, min(end - start, _OVERVIEW_ROW)))
    return _rows([], start, end, seconds, 1.0)


def _row_lengths(duration: float) -> list[float]:
    """The lengths that rows may have, in seconds, shortest first."""
    lengths: list[float] = [
        length for length in range(_MIN_ROW, _MAX_ROW + 1) if duration / MAX_ROWS <= length < duration
    ] or [_round_up(duration / MAX_ROWS)]
    if duration <= _MAX_ROW:
        return [*(length for length in lengths if length < duration), duration]
    return lengths


def _round_up(seconds: float) -> float:
    """The next round number of seconds."""
    grain = next((grain for limit, grain in ((20, 1), (60, 5), (120, 10), (600, 30)) if seconds <= limit), 60)
    return math.ceil(seconds / grain) * grain


def _rows(boxes: list[WordBox], start: float, end: float, seconds: float, width: float) -> list[Row]:
    count = max(1, math.ceil((end - start) / seconds - 1e-9))
    rows = [Row(start + number * seconds, start + (number + 1) * seconds, [], [], []) for number in range(count)]
    labelled: list[list[BoxPart]] = [[] for _ in rows]
    for box in boxes:
        parts = _split(box, rows, start, end)
        for number, part in parts.items():
            rows[number].parts.append(part)
        if parts:
            longest = max(parts, key=lambda number: parts[number].length)
            labelled[longest].append(parts[longest])
    for row, candidates in zip(rows, labelled, strict=True):
        _place_labels(row, candidates, seconds / width)
    return rows


def _split(box: WordBox, rows: list[Row], start: float, end: float) -> dict[int, BoxPart]:
    """The part of a box in each row that it lies in, by the row's number. Only what is from `start` to `end` counts."""
    low = max(box.start, start)
    high = min(box.end, end)
    if low > high or (low == high and box.start < box.end):
        return {}
    seconds = rows[0].end - rows[0].start
    first, last = (min(int((time - start) / seconds), len(rows) - 1) for time in (low, high))
    parts = {}
    for number in range(first, last + 1):
        begin = max(low, rows[number].start)
        until = min(high, rows[number].end)
        if begin < until:
            parts[number] = BoxPart(box, begin, until)
    return parts or {first: BoxPart(box, low, high)}  # a word without a length


def _place_labels(row: Row, candidates: list[BoxPart], seconds_per_point: float) -> None:
    """Decide which words get a label, and where: labels are whole, inside the row, and do not overlap.

    A label that fits into its box is centred in it. One that is somewhat wider covers its box, where its neighbours
    leave room; otherwise there is a dot.
    """

    def excess(part: BoxPart) -> float:
        return max(0.0, part.box.text_width * seconds_per_point - part.length)

    occupied: list[tuple[float, float]] = []
    for part in sorted(candidates, key=lambda part: (excess(part), part.start)):
        half = part.box.text_width * seconds_per_point / 2
        left = max((end for start, end in occupied if start < part.middle), default=row.start)
        right = min((start for start, end in occupied if end > part.middle), default=row.end)
        middle = min(max(part.middle, left + half), right - half)
        has_room = left + half <= middle
        covers_box = abs(middle - part.middle) <= excess(part) / 2 * (1 + 1e-9)
        is_narrow = 2 * half <= _OVERFLOW * part.length
        if part.box.text and has_room and covers_box and is_narrow:
            occupied.append((middle - half, middle + half))
            row.labels.append(Label(middle, part))
        else:
            row.dots.append(part)
