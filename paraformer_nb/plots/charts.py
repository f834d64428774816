"""Charts of single tables. Each returns Axes, new ones unless `ax` is given, and knows nothing of pyplot.

Lines differ in their dashes and bars in their lightness, so that they differ in grey as well.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from . import palette
from .chart import Chart, Size, texts
from .pen import one_line

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SIZE: Size = (8.0, 2.8)
_BINS = 24  # of the pauses' histogram
_UNKNOWN = "unknown"
_LINE = palette.OVERVIEW_SENTENCE
_SECOND_LINE = palette.DOUBTFUL_WORD


def draw_rate(rates: pd.DataFrame, ax: Axes | None = None, size: Size = _SIZE, unit: str = "words") -> Axes:
    """The rate of speech over time, from ``start``, ``end``, ``rate`` and ``articulation_rate`` of `df.speech.rate`; a
    line for each value of ``speaker``, if there is one."""
    names = texts(rates["speaker"]) if "speaker" in rates.columns else [""] * len(rates)
    chart = Chart(ax, size, "".join(names))
    for number, name in enumerate(dict.fromkeys(names)):
        own = rates[np.array([each == name for each in names], bool)]
        edges = np.append(own["start"].to_numpy(), own["end"].to_numpy()[-1:])
        label = one_line(name) if name else _UNKNOWN if "speaker" in rates.columns else "with pauses"
        dashes: Any = [(None, None), (5, 1.5), (1, 1), (6, 1.5, 1, 1.5)][number % 4]
        style: dict[str, Any] = {"color": [_LINE, _SECOND_LINE][number % 2], "dashes": dashes, "label": label}
        values = own["rate"].to_numpy()
        chart.ax.plot(edges, np.append(values, values[-1:]), drawstyle="steps-post", linewidth=1.6, **style)
    if "speaker" not in rates.columns and len(rates):
        values = rates["articulation_rate"].to_numpy()
        style = {"color": _SECOND_LINE, "dashes": (3, 1.5), "label": "without pauses"}
        chart.ax.plot(edges, np.append(values, values[-1:]), drawstyle="steps-post", linewidth=1.0, **style)
    if len(rates):
        chart.ax.set_ylim(bottom=0)
        chart.ax.set_xlim(float(rates["start"].min()), float(rates["end"].max()))
        _legend(chart, names)
    else:
        chart.message("no words")
    return chart.finish("seconds of the clip", f"{unit} a minute")


def draw_pauses(pauses: pd.DataFrame, ax: Axes | None = None, size: Size = (5.0, 3.0)) -> Axes:
    """How often pauses of each length are, from ``duration``: a histogram over a logarithmic axis."""
    chart = Chart(ax, size)
    lengths = pauses["duration"].to_numpy("float64")
    lengths = lengths[lengths > 0]
    if len(lengths):
        low, high = math.log10(lengths.min()), math.log10(lengths.max())
        bins = np.logspace(low - 0.02, max(high, low + 0.3) + 0.02, _BINS + 1)
        style: dict[str, Any] = {"color": _LINE, "edgecolor": palette.PAGE, "linewidth": 0.5}
        chart.ax.hist(lengths, bins.tolist(), **style)
        chart.ax.set_xscale("log")
        _plain_ticks(chart, bins[0], bins[-1])
        chart.ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        chart.message("no pauses")
    return chart.finish("seconds of a pause", "pauses")


def _plain_ticks(chart: Chart, low: float, high: float) -> None:
    """Ticks such as 0.2, 0.5, 1: powers of ten are hard to read."""
    coarse, fine = (1, 2, 5), (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
    for factors in (coarse, fine):
        ticks = [tick for power in range(-4, 6) for factor in factors if low <= (tick := factor * 10.0**power) <= high]
        if len(ticks) > 2:
            break
    chart.ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    chart.ax.set_xticks([], minor=True)
    chart.ax.set_xlim(low, high)


def draw_latency(
    latency: pd.DataFrame, ax: Axes | None = None, size: Size = (5.0, 3.0), pace: float = math.nan
) -> Axes:
    """The share of words that were shown, and that were final, within so many seconds of their sound being sent: from
    ``to_shown`` and ``to_settled``, as cumulative distributions. `pace`: the clip's seconds sent per second, which the
    title names; NaN: it is not known."""
    chart = Chart(ax, size)
    lines = (("to_shown", "shown", _LINE, (None, None)), ("to_settled", "final", _SECOND_LINE, (4, 1.5)))
    for name, label, color, dashes in lines:
        values = np.sort(latency[name].to_numpy("float64"))
        values = values[np.isfinite(values)]
        if len(values):
            shares = np.arange(1, len(values) + 1) / len(values)
            style: dict[str, Any] = {"color": color, "dashes": dashes, "drawstyle": "steps-post", "label": label}
            chart.ax.plot(np.append(values[:1], values), np.append(0, shares), linewidth=1.6, **style)
    chart.ax.set_ylim(0, 1.02)
    if chart.ax.lines:
        chart.legend()
    else:
        chart.message("no words")
    if not math.isnan(pace):
        chart.title(f"pace {pace:.2g}" + ("" if 0.9 <= pace <= 1.1 else ": times in the service's queue"))
    return chart.finish("seconds after the sound was sent", "share of words", grid="both")


def draw_revisions(revisions: pd.DataFrame, ax: Axes | None = None, size: Size = (8.0, 3.2)) -> Axes:
    """Each word over time, from ``word``, ``t``, ``start`` and ``change``: a grey line from when it was shown until it
    was final, a tick for each change, a cross where it was withdrawn."""
    chart = Chart(ax, size)
    known = revisions[revisions["word"].notna()]
    changes = texts(revisions["change"])
    spans = known.groupby(known["word"].to_numpy("int64"))
    first, last, start = spans["t"].min(), spans["t"].max(), spans["start"].last()
    lines = np.stack([np.stack([first, start], axis=1), np.stack([last, start], axis=1)], axis=1)
    chart.ax.add_collection(LineCollection(list(lines), colors=palette.WAVEFORM, linewidths=1.4, label="not final yet"))
    marks: tuple[tuple[str, set[str], dict[str, Any]], ...] = (
        ("changed", {"text", "time", "mark"}, {"marker": "|", "color": _LINE, "markersize": 8}),
        ("withdrawn", {"withdrawn"}, {"marker": "x", "color": _SECOND_LINE, "markersize": 4}),
    )
    for label, kinds, style in marks:
        rows = revisions[np.array([change in kinds for change in changes], bool)]
        if len(rows):
            chart.ax.plot(rows["t"].to_numpy(), rows["start"].to_numpy(), linestyle="", label=label, **style)
    chart.ax.autoscale_view()
    if len(revisions):
        chart.legend()
    else:
        chart.message("no words")
    return chart.finish("seconds since the run began", "seconds of the clip", grid="both")


def draw_turns(turns: pd.DataFrame, ax: Axes | None = None, size: Size | None = None) -> Axes:
    """Who speaks when, from ``speaker``, ``start`` and ``end``: a lane for each speaker."""
    names = [one_line(name) or _UNKNOWN for name in texts(turns["speaker"])]
    lanes = list(dict.fromkeys(names))
    chart = Chart(ax, size or (8.0, min(12.0, 1.2 + 0.35 * len(lanes))), "".join(lanes))
    for number, name in enumerate(lanes):
        own = turns[np.array([each == name for each in names], bool)]
        style: dict[str, Any] = {"facecolor": [_LINE, palette.WAVEFORM][number % 2], "linewidth": 0, "label": name}
        chart.boxes(own["start"], own["end"], number - 0.35, number + 0.35, **style)
    if lanes:
        chart.ax.set(xlim=(turns["start"].min(), max(turns["end"].max(), turns["start"].min() + 1e-3)))
        chart.ax.set_ylim(len(lanes) - 0.5, -0.5)
        chart.ax.set_yticks(range(len(lanes)), lanes, fontfamily=chart.pen.family)
    else:
        chart.message("no turns")
    return chart.finish("seconds of the clip", "", grid="x")


def _legend(chart: Chart, names: list[str]) -> None:
    if len(set(names)) > 1 or names[0] == "":
        chart.legend()
