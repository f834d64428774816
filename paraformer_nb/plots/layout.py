"""How a part of a clip is laid out in rows, like staves of music. Arithmetic only; nothing is drawn here."""

from __future__ import annotations

import math
from bisect import bisect_right
from numbers import Real

from msgspec import Struct

from ..errors import ParameterError
from ..transcript.transcript import Transcript

MAX_ROWS = 40
_SHORTEST, _LONGEST = 4, 20
"""Seconds of a row, as long as `MAX_ROWS` allow: the rhythm of speech stays visible."""
_DOTS = 0.1
"""The share of words that may stand as dots, as long as rows can be made shorter."""
_OVERFLOW = 2
"""How many times as wide as its block a text may be, where there is room beside its neighbours' texts."""


class Block(Struct, frozen=True):
    """A word as it is to be laid out: seconds of the clip, its text, and the points that its text takes."""

    start: float
    end: float
    text: str
    room: float
    is_final: bool
    is_doubtful: bool


class Piece(Struct, frozen=True):
    """The part of a block that lies in one row, in seconds."""

    block: Block
    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


class Row(Struct, frozen=True):
    """One row: its time, the pieces in it, and those of them that carry a text, each with its middle, or a dot."""

    start: float
    end: float
    pieces: list[Piece]
    texts: list[tuple[float, Piece]]
    dots: list[Piece]


def part(transcript: Transcript, start: float | None, end: float | None) -> tuple[float, float]:
    """Where the picture begins and ends, in seconds. Raises ParameterError where the clip has no such part."""
    first, last = _extent(transcript)
    low, high = first if start is None else start, last if end is None else end
    if not (isinstance(low, Real) and isinstance(high, Real) and first <= low < high <= last):
        raise ParameterError(
            f"start={start!r}, end={end!r}: no part of this clip. Both are seconds from {first:.10g} to {last:.10g}, "
            "or None, and start comes before end."
        )
    return low, high


def _extent(transcript: Transcript) -> tuple[float, float]:
    """The clip, and whatever a service placed beyond its edges; one second where nothing is known yet."""
    run, waveform, sentences = transcript.run, transcript.waveform, transcript.sentences
    words = [word for sentence in sentences for word in sentence.words]
    known = [transcript.sent_until, *(sentence.end for sentence in sentences), *(gap.end for gap in transcript.gaps)]
    known += [max(word.start, word.end) for word in words]
    if run and run.end is not None:
        known.append(run.end)
    else:
        known.append((waveform.start or 0.0) + len(waveform) * waveform.step)
    first = min([run.start if run else 0.0, *(word.start for word in words)])
    last = max(known)
    return first, last if last > first else first + 1.0


def lay_out(blocks: list[Block], start: float, end: float, across: float) -> list[Row]:
    """The rows from `start` to `end`, each of the same number of seconds and `across` points wide.

    Rows are as long as nearly all words' texts have room, and no more than `MAX_ROWS`: then texts become dots.
    """
    duration = end - start
    lengths: list[float] = [
        length for length in range(_SHORTEST, _LONGEST + 1) if duration / MAX_ROWS <= length < duration
    ] or [_round(duration / MAX_ROWS)]
    if duration <= _LONGEST:
        lengths = [*(length for length in lengths if length < duration), duration]

    def dots(length: float) -> int:
        return sum(len(row.dots) for row in _rows(blocks, start, end, length, across))

    fitting = bisect_right(lengths, _DOTS * len(blocks), key=dots)
    count = math.ceil(duration / lengths[max(0, fitting - 1)])
    # As even as a round length allows, so that the last row is not left with a word or two.
    return _rows(blocks, start, end, duration if count == 1 else _round(duration / count), across)


def _round(seconds: float) -> float:
    """The next round number of seconds."""
    grain = next((grain for limit, grain in ((20, 1), (60, 5), (120, 10), (600, 30)) if seconds <= limit), 60)
    return math.ceil(seconds / grain) * grain


def _rows(blocks: list[Block], start: float, end: float, seconds: float, across: float) -> list[Row]:
    count = max(1, math.ceil((end - start) / seconds - 1e-9))
    rows = [Row(start + number * seconds, start + (number + 1) * seconds, [], [], []) for number in range(count)]
    carriers: list[list[Piece]] = [[] for _ in rows]
    for block in blocks:
        first, last = max(block.start, start), min(block.end, end)
        if first < last or (block.start == block.end and start <= block.start <= end):
            _place(block, first, last, rows, carriers)
    for row, carrying in zip(rows, carriers, strict=True):
        _write(row, carrying, seconds / across)
    return rows


def _place(block: Block, start: float, end: float, rows: list[Row], carriers: list[list[Piece]]) -> None:
    """Put a block into each row that it lies in; its text goes where the greatest part of it is."""
    seconds = rows[0].end - rows[0].start
    number = min(int((start - rows[0].start) / seconds), len(rows) - 1)
    parts: list[tuple[int, Piece]] = []
    while number < len(rows) and (not parts or rows[number].start < end):
        first, last = max(start, rows[number].start), min(end, rows[number].end)
        parts.append((number, Piece(block, first, max(first, last))))
        number += 1
    parts = [each for each in parts if each[1].start < each[1].end] or parts[:1]  # rounding leaves slivers
    for number, piece in parts:
        rows[number].pieces.append(piece)
    number, piece = max(parts, key=lambda each: each[1].end - each[1].start)
    carriers[number].append(piece)


def _write(row: Row, carrying: list[Piece], second: float) -> None:
    """Decide which pieces carry a text, and where: texts are whole, inside the row, and touch no other.

    A point is `second` seconds. A text that has room in its block stands in its middle. One that is somewhat wider
    covers its block, where its neighbours leave that much room; otherwise there is a dot.
    """

    def excess(piece: Piece) -> float:
        return max(0.0, piece.block.room * second - (piece.end - piece.start))

    taken: list[tuple[float, float]] = []
    for piece in sorted(carrying, key=lambda piece: (excess(piece), piece.start)):
        half, slack = piece.block.room * second / 2, excess(piece) / 2
        left = max((end for start, end in taken if start < piece.middle), default=row.start)
        right = min((start for start, end in taken if end > piece.middle), default=row.end)
        middle = min(max(piece.middle, left + half), right - half)
        free = left + half <= middle and abs(middle - piece.middle) <= slack * (1 + 1e-9)
        if piece.block.text and free and 2 * half <= _OVERFLOW * (piece.end - piece.start):
            taken.append((middle - half, middle + half))
            row.texts.append((middle, piece))
        else:
            row.dots.append(piece)
