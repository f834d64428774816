"""One row of a plot: grid and times, waveform, gaps, words in blocks at their spans, sentence bars.

x is seconds of the clip, y is points from the row's lower edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.ticker import NullLocator

from ..transcript.waveform import Waveform
from ..transcript.words import Sentence
from .layout import Row
from .pen import INK, PALE, SOFT, Pen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

WAVE, BLOCK, BAR, DOUBT = "#94a3b8", "#dbe7ff", "#475569", "#b45309"  # told apart in grey, too
BARS, BLOCKS, BASELINE, WAVES = (1.5, 3.5), (6.5, 21), 10.7, 25
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_COLUMNS = 1500  # of a waveform: about what a row has pixels

_Span = tuple[float, float]


def height(swing: float) -> float:
    """The points that a row takes whose waveform swings `swing` points each way."""
    return WAVES + 2 * swing + 1


def clock(seconds: float, step: float, hours: bool) -> str:
    """A time as m:ss or h:mm:ss, with as many decimals as `step` needs."""
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    sign, seconds = "-" * (seconds < 0), abs(seconds)
    minutes, rest = divmod(round(seconds, decimals), 60)
    tail = f"{rest:0{3 + decimals if decimals else 2}.{decimals}f}"
    return sign + (f"{int(minutes // 60)}:{int(minutes % 60):02}:{tail}" if hours else f"{int(minutes)}:{tail}")


def frame(ax: Axes, row: Row, end: float, scale: float, hours: bool) -> None:
    """Axes without a box: a line up to `end`, a light grid, and times under it, `scale` points a second."""
    apart = 54 if hours else 42
    step = next((step for step in _STEPS if step * scale >= (apart if step >= 1 else 2 * apart)), 0)
    step = step or math.ceil(apart / scale / 3600) * 3600
    # The next row begins with the time that this one ends with: once is enough, but for the last row.
    last = math.floor(end / step + 1e-9) if end < row.end else math.ceil(end / step - 1e-9) - 1
    times = [number * step for number in range(math.ceil(row.start / step - 1e-9), last + 1)]
    ax.set_facecolor("none")
    ax.set_xticks(times, [clock(time, step, hours) for time in times])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_visible(False)
    ax.tick_params(
        axis="x",
        bottom=True,
        top=False,
        labelbottom=True,
        labeltop=False,
        length=2.5,
        width=0.6,
        pad=2,
        direction="out",
        color=SOFT,
        labelcolor=SOFT,
        labelsize=7.5,
        labelrotation=0,
    )
    ax.grid(visible=True, axis="x", color=PALE, linewidth=0.7, linestyle="-", alpha=1)
    ax.set_axisbelow(True)
    for side, spine in ax.spines.items():
        spine.set(visible=side == "bottom", color=SOFT, linewidth=0.6)
    ax.spines["bottom"].set_bounds(row.start, end)


def draw_waveform(ax: Axes, row: Row, end: float, waveform: Waveform, peaks: NDArray[np.float32]) -> None:
    """Fill between the smallest and greatest samples: `peaks` of shape (n, 2), from -1 to 1."""
    begin, step = waveform.start or 0.0, waveform.step
    first, last = (max(0, round((time - begin) / step)) for time in (row.start, end))
    part = peaks[first:last]
    if not len(part):
        return
    group = -(-len(part) // _COLUMNS)
    edges = np.arange(0, len(part), group)
    low, high = np.minimum.reduceat(part[:, 0], edges), np.maximum.reduceat(part[:, 1], edges)
    times = begin + (first + edges + group / 2) * step
    swing = (ax.get_ylim()[1] - WAVES - 1) / 2
    middle = WAVES + swing
    ax.fill_between(times, middle + low * swing, middle + high * swing, color=WAVE, linewidth=0.5, zorder=2)


def draw_gaps(ax: Axes, row: Row, gaps: Iterable[_Span]) -> None:
    """Hatch what was never heard."""
    spans = _within(row, gaps)
    _boxes(ax, spans, ax.get_ylim(), facecolor="white", edgecolor="#b6bdc8", hatch="////", linewidth=0, zorder=1.5)


def draw_sentences(ax: Axes, row: Row, sentences: Iterable[Sentence]) -> None:
    """A bar under each sentence: dark once it is settled."""
    for is_final, color in ((True, BAR), (False, "#cbd5e1")):
        spans = _within(row, ((each.start, each.end) for each in sentences if each.is_final is is_final))
        _boxes(ax, spans, BARS, facecolor=color, edgecolor="white", linewidth=0.8, zorder=2, label="_sentences")


def draw_blocks(ax: Axes, row: Row, scale: float) -> None:
    """A block at each word's span: unsettled ones dashed, doubtful ones underlined."""
    line = 0.8 if scale > 20 else 0.2
    settled = [(piece.start, piece.end) for piece in row.pieces if piece.block.is_final]
    unsettled = [(piece.start, piece.end) for piece in row.pieces if not piece.block.is_final]
    doubtful = [(piece.start, piece.end) for piece in row.pieces if piece.block.is_doubtful]
    low = BLOCKS[0]
    _boxes(ax, settled, BLOCKS, facecolor=BLOCK, edgecolor="white", linewidth=line, zorder=2, label="_settled")
    _boxes(
        ax,
        unsettled,
        BLOCKS,
        facecolor="white",
        edgecolor=SOFT,
        linewidth=line,
        linestyle=(0, (3, 2)),
        zorder=2,
        label="_unsettled",
    )
    _boxes(
        ax,
        doubtful,
        (low, low + 1.8),
        facecolor=DOUBT,
        edgecolor="white",
        linewidth=line,
        zorder=3,
        snap=False,
        label="_doubtful",
    )


def draw_texts(ax: Axes, row: Row, scale: float, pen: Pen) -> None:
    """Each word's text at its block, or a dot."""
    taken = []
    for middle, piece in row.texts:
        half = piece.block.room / scale / 2
        taken.append((middle - half, middle + half))
        style: dict[str, Any] = {"color": INK}
        if not piece.block.is_final:  # white behind it: a text that is wider than its block lies over dashed lines
            style = {"color": SOFT, "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.4}}
        pen.write(ax, middle, BASELINE, piece.block.text, ha="center", va="baseline", zorder=4, label="_word", **style)
    times = [piece.middle for piece in row.dots]
    # A dot that would lie in a neighbour's text stands at the block's upper edge, clear of it.
    heights = [BLOCKS[1] - 1 if any(low < time < high for low, high in taken) else sum(BLOCKS) / 2 for time in times]
    if times:
        ax.plot(
            times,
            heights,
            linestyle="",
            marker="o",
            markersize=1.6,
            markeredgewidth=0,
            color=INK,
            zorder=4,
            label="_dots",
        )


def _within(row: Row, spans: Iterable[_Span]) -> list[_Span]:
    """What of these spans lies in the row."""
    cut = ((max(start, row.start), min(end, row.end)) for start, end in spans)
    return [(start, end) for start, end in cut if start < end]


def _boxes(ax: Axes, spans: list[_Span], between: _Span, **style: Any) -> None:
    """Boxes from each span's start to its end, between two heights."""
    if spans:
        low, high = between
        boxes = [[(start, low), (start, high), (end, high), (end, low)] for start, end in spans]
        ax.add_collection(PolyCollection(boxes, **style), autolim=False)
