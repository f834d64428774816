"""Two results for one clip as lanes over time, with what differs marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.collections import LineCollection

from ..errors import ParameterError
from . import palette
from .chart import Chart
from .pen import TEXT_SIZE, Pen, one_line

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_HEIGHT = 0.64  # of a lane; the lanes are at 1 and 0
_SIZE = (10.0, 2.8)  # inches
_MARGIN = 2.0  # points between a text and the edges of its box


class _Lane(NamedTuple):
    """The tokens of a side that are on view."""

    texts: list[str]
    starts: Any
    ends: Any
    differs: Any


def draw_lanes(
    table: pd.DataFrame,
    names: Sequence[str],
    *,
    start: float | None = None,
    end: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a comparison's table: side a above b, a box a token, lines between tokens that belong together. Orange boxes
    with an outline differ.

    Texts are written where there is room, upright if need be: give a part of a long clip. Returns the Axes; its x is
    seconds of the clip.

    Raises ParameterError where nothing is timed, and for a part that is not one.
    """
    timed = table[table["start"].notna()]
    if timed.empty:
        raise ParameterError("neither side has times, so there is nothing to draw over time.")
    first, last = _part(timed, start, end)
    shown = timed[(timed["end"] >= first) & (timed["start"] <= last)]
    lanes = [_lane(shown, side) for side in "ab"]
    chart = Chart(ax, _SIZE, "".join([*map(one_line, names), *(text for lane in lanes for text in lane.texts)]))
    ax = chart.finish("seconds of the clip", "", grid="x")
    ax.set(xlim=(first, last), ylim=(-0.5, 1.5), yticks=[])
    for name, y in zip(names, (1, 0), strict=True):  # with fonts that have its characters, which tick labels lack
        style: dict[str, Any] = {"ha": "right", "va": "center", "transform": ax.get_yaxis_transform()}
        chart.pen.write(ax, -0.01, y, one_line(name), 10, **style)
    _join_pairs(ax, shown)
    chart.scale()  # so that the lanes have their size, and it is known which texts fit
    for y, lane in ((1, lanes[0]), (0, lanes[1])):
        _draw_lane(ax, lane, y, chart.pen)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def _part(timed: pd.DataFrame, start: Any, end: Any) -> tuple[float, float]:
    for name, value in (("start", start), ("end", end)):
        if value is not None and not (isinstance(value, Real) and math.isfinite(value)):
            raise ParameterError(f"{name}={value!r}: give seconds of the clip.")
    first = float(timed["start"].min()) if start is None else float(start)
    last = float(timed["end"].max()) if end is None else float(end)
    if start is None and end is None and last <= first:
        last = first + 1  # one word without a length
    if last <= first:
        raise ParameterError(f"there is nothing from {first:g} to {last:g} s: the part must end after it starts.")
    return first, last


def _lane(shown: pd.DataFrame, side: str) -> _Lane:
    mine = shown[shown[side].notna()]
    own = mine[f"{side}_start"].notna()
    return _Lane(
        [one_line(text) for text in mine[side]],
        mine[f"{side}_start"].where(own, mine["start"]).to_numpy(),
        mine[f"{side}_end"].where(own, mine["end"]).to_numpy(),
        (mine["op"] != "equal").to_numpy(),
    )


def _draw_lane(ax: Axes, lane: _Lane, y: float, pen: Pen) -> None:
    styles: tuple[tuple[bool, dict[str, Any]], ...] = (
        (False, {"facecolor": palette.FINAL_WORD, "edgecolor": palette.PAGE, "linewidth": 0.5}),
        (True, {"facecolor": palette.DIFFERENCE, "edgecolor": palette.TEXT, "linewidth": 0.8}),
    )
    for differs, style in styles:
        chosen = np.flatnonzero(lane.differs == differs)
        spans = list(zip(lane.starts[chosen], (lane.ends - lane.starts)[chosen], strict=True))
        ax.broken_barh(spans, (y - _HEIGHT / 2, _HEIGHT), **style)
    figure = ax.get_figure(root=True)
    assert figure is not None
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    width, height = 72 * figure.get_size_inches() * ax.get_position().size  # points
    for text, begins, ends in zip(lane.texts, lane.starts.tolist(), lane.ends.tolist(), strict=True):
        across, up = (ends - begins) * width / (right - left), _HEIGHT * height / (top - bottom)
        if across < TEXT_SIZE / 2:
            continue  # the texts of a long clip are not even measured
        middle, needed = (begins + ends) / 2, pen.width(text) + _MARGIN
        is_upright = needed > across
        if left <= middle <= right and (not is_upright or (needed <= up and across >= TEXT_SIZE + _MARGIN)):
            style = {"ha": "center", "va": "center", "color": palette.TEXT, "rotation": 90 if is_upright else 0}
            pen.write(ax, middle, y, text, TEXT_SIZE, **style)


def _join_pairs(ax: Axes, shown: pd.DataFrame) -> None:
    """Lines from the middle of a's token to the middle of b's."""
    both = shown[shown["a_start"].notna() & shown["b_start"].notna()]
    upper, lower = (((both[f"{side}_start"] + both[f"{side}_end"]) / 2).to_numpy() for side in "ab")
    edges = 1 - _HEIGHT / 2, _HEIGHT / 2
    lines = [[(x1, edges[0]), (x2, edges[1])] for x1, x2 in zip(upper, lower, strict=True)]
    ax.add_collection(LineCollection(lines, colors=palette.WAVEFORM, linewidths=0.6), autolim=False)
