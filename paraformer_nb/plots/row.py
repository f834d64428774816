"""Draw one row of a plot: grid and times, waveform, gaps, words at their spans, sentence bars.

x is seconds of the clip, y is points from the row's lower edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.ticker import FixedFormatter, FixedLocator

from ..text import format_clock
from ..transcript.waveform import Waveform
from ..transcript.words import Sentence
from . import palette
from .layout import Row
from .pen import Pen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

# Heights in points: sentence bars at the bottom, words above them, the waveform above the words.
_SENTENCES = (1.5, 3.5)
_WORDS = (6.5, 21)
_WAVEFORM = 25
BASELINE = 10.7
"""Of a word's text, in points."""

_UNDERLINE = 1.8  # points
_MARK = 2.5  # points from the line to the end of a time's mark
_LONG_TEXTS = 72  # points between times that are written with hours; the marks between them have no text
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # seconds between times
_COLUMNS = 1500  # of a waveform: about the pixels of a row

_Span = tuple[float, float]


def row_height(swing: float) -> float:
    """The height of a row whose waveform swings `swing` points up and down."""
    return _WAVEFORM + 2 * swing + 1


def draw_axis(ax: Axes, row: Row, end: float, scale: float, pen: Pen, *, hours: bool) -> None:
    """Draw a line up to `end`, a light grid, and times under it. `scale` is points a second."""
    step = _time_step(scale, hours)
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    # The next row begins with the time that this one ends with: it is written once, except in the last row.
    last = math.floor(end / step + 1e-9) if end < row.end else math.ceil(end / step - 1e-9) - 1
    times = [number * step for number in range(math.ceil(row.start / step - 1e-9), last + 1)]
    texts = [format_clock(time, decimals, hours=hours) for time in times]
    # The axis knows them, but does not draw them: each of its ticks is five artists, which took most of the time.
    ax.xaxis.set_major_locator(FixedLocator(times))
    ax.xaxis.set_major_formatter(FixedFormatter(texts))
    ax.set_axis_off()
    grid = [((time, 0), (time, ax.get_ylim()[1])) for time in times]
    style: dict[str, Any] = {"colors": palette.GRID, "linewidths": 0.7, "zorder": 0.5, "label": "_grid"}
    ax.add_collection(LineCollection(grid, **style), autolim=False)
    line, marks = ((row.start, 0), (end, 0)), (((time, 0), (time, -_MARK)) for time in times)
    style = {"colors": palette.MUTED_TEXT, "linewidths": 0.6, "zorder": 2.5, "label": "_axis"}
    ax.add_collection(LineCollection([line, *marks], clip_on=False, **style), autolim=False)
    every = math.ceil(_LONG_TEXTS / (step * scale)) if hours else 1
    for time, text in list(zip(times, texts, strict=True))[::every]:
        pen.write(ax, time, -_MARK - 2, text, 7.5, ha="center", va="top", color=palette.MUTED_TEXT, label="_time")


def _time_step(scale: float, hours: bool) -> float:
    """Seconds between the times of a row, such that their texts do not touch."""
    apart = 54 if hours else 42  # points; twice as much for times with decimals
    for step in _STEPS:
        if step * scale >= (apart if step >= 1 else 2 * apart):
            return step
    return math.ceil(apart / scale / 3600) * 3600


def draw_waveform(ax: Axes, row: Row, end: float, waveform: Waveform, peaks: NDArray[np.float32]) -> None:
    """Fill between the smallest and greatest samples: `peaks` of shape (n, 2), from -1 to 1."""
    begin = waveform.start or 0.0
    step = waveform.step
    first, last = (max(0, round((time - begin) / step)) for time in (row.start, end))
    in_row = peaks[first:last]
    if not len(in_row):
        return
    per_column = -(-len(in_row) // _COLUMNS)
    columns = np.arange(0, len(in_row), per_column)
    low = np.minimum.reduceat(in_row[:, 0], columns)
    high = np.maximum.reduceat(in_row[:, 1], columns)
    times = begin + (first + columns + per_column / 2) * step
    swing = (ax.get_ylim()[1] - _WAVEFORM - 1) / 2
    middle = _WAVEFORM + swing
    style: dict[str, Any] = {"color": palette.WAVEFORM, "linewidth": 0.5, "zorder": 2, "label": "_waveform"}
    ax.fill_between(times, middle + low * swing, middle + high * swing, **style)


def draw_gaps(ax: Axes, row: Row, gaps: Iterable[_Span]) -> None:
    """Hatch what was not recognised."""
    style: dict[str, Any] = {"facecolor": palette.PAGE, "edgecolor": palette.GAP, "hatch": "////", "linewidth": 0}
    _draw_boxes(ax, _in_row(row, gaps), ax.get_ylim(), zorder=1.5, **style)


def draw_sentences(ax: Axes, row: Row, sentences: Iterable[Sentence]) -> None:
    """Draw a bar under each sentence, dark once it is final."""
    for is_final, color in ((True, palette.FINAL_SENTENCE), (False, palette.PARTIAL_SENTENCE)):
        spans = _in_row(row, ((each.start, each.end) for each in sentences if each.is_final is is_final))
        style: dict[str, Any] = {"facecolor": color, "edgecolor": palette.PAGE, "linewidth": 0.8}
        _draw_boxes(ax, spans, _SENTENCES, zorder=2, label="_sentences", **style)


def draw_speech(ax: Axes, row: Row, sentences: NDArray[np.float64], point: float) -> None:
    """Draw bars where the words would be, from the start to the end of each sentence: an array of shape (n, 2).

    Sentences that are less than a point apart, `point` seconds, are one bar: there may be many thousands.
    """
    inside = sentences[(sentences[:, 1] > row.start) & (sentences[:, 0] < row.end)]
    inside = inside[inside[:, 0].argsort(kind="stable")].clip(row.start, row.end)
    ends = np.maximum.accumulate(inside[:, 1])
    firsts = np.flatnonzero(np.append(True, inside[1:, 0] > ends[:-1] + point))[: len(inside)]
    lasts = np.append(firsts[1:], len(inside))[: len(firsts)] - 1
    spans = list(zip(inside[firsts, 0].tolist(), ends[lasts].tolist(), strict=True))
    _draw_boxes(ax, spans, _WORDS, facecolor=palette.OVERVIEW_SENTENCE, linewidth=0, zorder=2, label="_speech")


def draw_words(ax: Axes, row: Row, scale: float) -> None:
    """Draw a box at each word's span: partial words dashed, doubtful ones underlined."""
    final = [(part.start, part.end) for part in row.parts if part.box.is_final]
    partial = [(part.start, part.end) for part in row.parts if not part.box.is_final]
    doubtful = [(part.start, part.end) for part in row.parts if part.box.is_doubtful]
    underline = (_WORDS[0], _WORDS[0] + _UNDERLINE)
    style: dict[str, Any] = {"edgecolor": palette.PAGE, "linewidth": 0.8 if scale > 20 else 0.2}
    dashed = style | {"edgecolor": palette.PARTIAL_WORD, "linestyle": (0, (3, 2))}
    _draw_boxes(ax, final, _WORDS, facecolor=palette.FINAL_WORD, zorder=2, label="_final", **style)
    _draw_boxes(ax, partial, _WORDS, facecolor=palette.PAGE, zorder=2, label="_partial", **dashed)
    _draw_boxes(
        ax, doubtful, underline, facecolor=palette.DOUBTFUL_WORD, zorder=3, snap=False, label="_doubtful", **style
    )


def draw_labels(ax: Axes, row: Row, scale: float, pen: Pen) -> None:
    """Write each word's text at its box, or draw a dot."""
    occupied = []
    for label in row.labels:
        box = label.part.box
        half = box.text_width / scale / 2
        occupied.append((label.middle - half, label.middle + half))
        style: dict[str, Any] = {"color": palette.TEXT}
        if not box.is_final:  # with a background: a text that is wider than its box overlaps its dashed outline
            background = {"facecolor": palette.PAGE, "edgecolor": "none", "pad": 0.4}
            style = {"color": palette.PARTIAL_WORD, "bbox": background}
        pen.write(ax, label.middle, BASELINE, box.text, ha="center", va="baseline", zorder=4, label="_word", **style)
    times = [part.middle for part in row.dots]
    if not times:
        return
    # A dot that would lie in a neighbour's text is drawn at the box's upper edge, clear of it.
    bottom, top = _WORDS
    heights = [top - 1 if any(low < time < high for low, high in occupied) else (bottom + top) / 2 for time in times]
    style = {"linestyle": "", "marker": "o", "markersize": 1.6, "markeredgewidth": 0, "color": palette.TEXT}
    ax.plot(times, heights, zorder=4, label="_dots", **style)


def _in_row(row: Row, spans: Iterable[_Span]) -> list[_Span]:
    """The parts of these spans that lie in the row."""
    cut = ((max(start, row.start), min(end, row.end)) for start, end in spans)
    return [(start, end) for start, end in cut if start < end]


def _draw_boxes(ax: Axes, spans: list[_Span], heights: _Span, **style: Any) -> None:
    """Draw boxes from each span's start to its end, between two heights."""
    if spans:
        low, high = heights
        boxes = [[(start, low), (start, high), (end, high), (end, low)] for start, end in spans]
        ax.add_collection(PolyCollection(boxes, **style), autolim=False)
