"""Words as a strip over time, on any Axes, by themselves or over a spectrogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import palette
from .chart import Chart, Size, texts
from .layout import MAX_WITH_WORDS
from .pen import TEXT_SIZE, one_line

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SIZE: Size = (10.0, 1.4)
_SPECTROGRAM_SIZE: Size = (10.0, 3.2)
_MARGIN = 2.0  # points between a label and the edges of its box, in sum


class Spectrogram(NamedTuple):
    """Bytes of `playback.spectrogram`, their shape, and their part of the clip in seconds; `top`: in Hz."""

    image: bytes
    rows: int
    columns: int
    start: float
    end: float
    top: float


def draw_words(
    words: pd.DataFrame,
    ax: Axes | None = None,
    size: Size = _SIZE,
    start: float | None = None,
    end: float | None = None,
) -> Axes:
    """A box at the span of each word, with its text where there is room, from ``text``, ``start``, ``end`` and where
    known ``punctuation``. Of more than 200 s boxes without texts, those that nearly touch as one."""
    first = start if start is not None else float(words["start"].min()) if len(words) else 0.0
    last = end if end is not None else float(words["end"].max()) if len(words) else 1.0
    last = max(last, first + 1e-3)
    shown = words[(words["start"].to_numpy() <= last) & (words["end"].to_numpy() >= first)]
    is_overview = last - first > MAX_WITH_WORDS
    labels = [] if is_overview else _labels(shown)
    chart = Chart(ax, size, "".join(labels))
    chart.ax.set(xlim=(first, last), ylim=(-0.15, 1.15))
    chart.ax.set_yticks([])
    chart.finish("seconds of the clip", "", grid="x")
    if not len(shown):
        chart.message("no words")
        return chart.ax
    starts, ends = shown["start"].to_numpy("float64"), shown["end"].to_numpy("float64")
    if is_overview:
        starts, ends = _merged(starts, ends, (last - first) / 2000)
        chart.boxes(starts, ends, 0, 1, facecolor=palette.OVERVIEW_SENTENCE, linewidth=0, label="_words")
        return chart.ax
    style: dict[str, Any] = {"facecolor": palette.FINAL_WORD, "edgecolor": palette.WAVEFORM, "linewidth": 0.6}
    chart.boxes(starts, ends, 0, 1, label="_words", **style)
    _write_labels(chart, labels, starts.clip(first, last), ends.clip(first, last), 0, 1)
    return chart.ax


def draw_spectrogram(
    spectrogram: Spectrogram, words: pd.DataFrame, ax: Axes | None = None, size: Size = _SPECTROGRAM_SIZE
) -> Axes:
    """A spectrogram with the words over it, at their spans."""
    first, last, top = spectrogram.start, spectrogram.end, spectrogram.top
    inside = words[(words["start"].to_numpy() < last) & (words["end"].to_numpy() > first)]
    labels = _labels(inside)
    chart = Chart(ax, size, "".join(labels))
    image = np.frombuffer(spectrogram.image, np.uint8).reshape(spectrogram.rows, spectrogram.columns)
    extent = (first, last, 0.0, top)
    chart.ax.imshow(image, "gray_r", aspect="auto", extent=extent, vmin=0, vmax=255, interpolation="bilinear")
    chart.ax.set(xlim=(first, last), ylim=(0, top * 1.14))
    chart.ax.set_yticks(list(range(0, int(top) + 1, 2000)))
    chart.finish("seconds of the clip", "Hz")
    chart.ax.grid(visible=False)
    starts = inside["start"].to_numpy("float64").clip(first, last)
    ends = inside["end"].to_numpy("float64").clip(first, last)
    style: dict[str, Any] = {"facecolor": palette.FINAL_WORD, "edgecolor": palette.WAVEFORM, "linewidth": 0.6}
    chart.boxes(starts, ends, top * 1.01, top * 1.13, label="_words", **style)
    _write_labels(chart, labels, starts, ends, top * 1.01, top * 1.13)
    return chart.ax


def _labels(words: pd.DataFrame) -> list[str]:
    found = texts(words["text"])
    marks = texts(words["punctuation"]) if "punctuation" in words.columns else [""] * len(words)
    return [one_line(text + mark) for text, mark in zip(found, marks, strict=True)]


def _write_labels(chart: Chart, labels: list[str], starts: Any, ends: Any, low: float, high: float) -> None:
    """Write each label into its box, upright if need be; leave out those that have no room in it."""
    across, up = chart.scale()
    middle = (low + high) / 2
    for row in np.flatnonzero((ends - starts) * across > TEXT_SIZE).tolist():
        length = chart.pen.width(labels[row]) + _MARGIN
        is_upright = length > (ends[row] - starts[row]) * across
        if labels[row] and (not is_upright or length <= (high - low) * up):
            style: dict[str, Any] = {"ha": "center", "rotation": 90 if is_upright else 0, "label": "_word"}
            x = (starts[row] + ends[row]) / 2
            chart.pen.write(chart.ax, x, middle, labels[row], va="center", clip_on=True, **style)


def _merged(starts: Any, ends: Any, apart: float) -> tuple[Any, Any]:
    """The spans of words; those less than `apart` seconds from one another are one."""
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    firsts = np.flatnonzero(np.append(True, starts[1:] > reach[:-1] + apart))
    return starts[firsts], reach[np.append(firsts[1:] - 1, len(starts) - 1)]
