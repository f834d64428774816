"""Axes for charts: given ones, which keep their style, or those of a new white figure, without pyplot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from ..errors import ParameterError
from . import palette
from .figure import DPI, TranscriptAxes, TranscriptFigure
from .pen import TEXT_SIZE, Pen

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

Size = tuple[float, float]
"""The width and height of a new figure, in inches."""


class Chart:
    """Axes to draw on, and a pen with fonts for `sample`.

    Attributes:
        ax: the Axes.
        is_own: whether they are of a figure that was made for them.
    """

    def __init__(self, ax: Axes | None, size: Size, sample: str = "") -> None:
        if ax is not None and not isinstance(ax, Axes):
            raise ParameterError(
                f"ax={ax!r}: give Axes of matplotlib, such as those of plt.subplots(). Nothing was drawn."
            )
        self.is_own = ax is None
        self.pen = Pen(sample + "0")
        self.ax = self._new_axes(size) if ax is None else ax

    def _new_axes(self, size: Size) -> Axes:
        if not (len(size) == 2 and all(1 <= side <= 100 for side in size)):
            raise ParameterError(f"size={size!r}: a width and a height of 1 to 100 inches. Nothing was drawn.")
        figure = TranscriptFigure(figsize=size, dpi=DPI, facecolor=palette.PAGE, layout="constrained")
        ax: Axes = figure.add_subplot(axes_class=TranscriptAxes, facecolor=palette.PAGE)
        # Not those of the user's style, which may be for a dark page.
        ax.tick_params(which="both", color=palette.MUTED_TEXT, labelcolor=palette.TEXT, labelsize=TEXT_SIZE)
        for side, spine in ax.spines.items():
            spine.set(visible=side in ("left", "bottom"), color=palette.MUTED_TEXT)
        return ax

    def finish(self, x: str, y: str, *, grid: Literal["both", "x", "y"] = "y") -> Axes:
        """Name what the axes show, draw a grid, and return the Axes."""
        style: dict[str, Any] = {"color": palette.TEXT, "fontsize": TEXT_SIZE + 1} if self.is_own else {}
        self.ax.set_xlabel(x, **style)
        self.ax.set_ylabel(y, **style)
        self.ax.set_axisbelow(True)
        # Seen on a dark style's background as well, and behind what is drawn.
        lines: dict[str, Any] = {"color": palette.GRID} if self.is_own else {"color": palette.MUTED_TEXT, "alpha": 0.3}
        self.ax.grid(visible=True, axis=grid, linewidth=0.6, **lines)
        return self.ax

    def title(self, text: str) -> None:
        """Write a title, in the style of the axes' names."""
        style: dict[str, Any] = {"color": palette.TEXT, "fontsize": TEXT_SIZE + 1} if self.is_own else {}
        self.ax.set_title(text, **style)

    def legend(self) -> None:
        """Show what the lines and bars mean."""
        style: dict[str, Any] = {"labelcolor": palette.TEXT, "facecolor": palette.PAGE} if self.is_own else {}
        font = {"family": self.pen.family, "size": TEXT_SIZE}
        self.ax.legend(frameon=self.is_own, framealpha=0.8, edgecolor="none", prop=font, **style)

    def message(self, text: str) -> None:
        """Write a text in the middle, where there is nothing to draw."""
        color = palette.MUTED_TEXT
        self.pen.write(self.ax, 0.5, 0.5, text, 9, ha="center", va="center", color=color, transform=self.ax.transAxes)

    def boxes(self, starts: ArrayLike, ends: ArrayLike, low: float, high: float, **style: Any) -> None:
        """Draw boxes between two heights, as one collection."""
        import numpy as np

        left, right = np.asarray(starts, "float64"), np.asarray(ends, "float64")
        corners = np.stack([left, left, right, right], axis=1)
        heights = np.broadcast_to([low, high, high, low], corners.shape)
        self.ax.add_collection(PolyCollection(list(np.stack([corners, heights], axis=2)), **style), autolim=False)

    def scale(self) -> tuple[float, float]:
        """Points of one unit of the x axis and of the y axis, with the limits of now."""
        if isinstance(self.ax.figure, TranscriptFigure):
            self.ax.figure.draw_without_rendering()  # so that the Axes have their size
        left, right = self.ax.get_xlim()
        bottom, top = self.ax.get_ylim()
        box = self.ax.get_window_extent()
        points = 72 / self.ax.figure.dpi
        return float(box.width * points / (right - left)), float(box.height * points / (top - bottom))


def texts(column: pd.Series[Any]) -> list[str]:
    """A column as strings; "" where a value is missing."""
    missing = column.isna().tolist()
    return ["" if is_missing else str(value) for value, is_missing in zip(column.tolist(), missing, strict=True)]
