"""A matplotlib Figure that shows itself in a notebook, without a backend, on white, whatever characters it has."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

if TYPE_CHECKING:
    import os

    from matplotlib.backend_bases import RendererBase
    from matplotlib.transforms import Bbox

DPI = 110


@contextmanager
def without_glyph_warnings() -> Iterator[None]:
    """Suppress matplotlib's warnings about characters that no font has: a transcript may contain any."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+|Matplotlib currently does not support")
        yield


class TranscriptFigure(Figure):
    """A Figure with a PNG of its own: IPython draws a bare one only where pyplot has set up the inline backend.

    Attributes:
        description: its alternative text, which a notebook keeps with the PNG.
    """

    description = ""

    def to_png(self) -> bytes:
        """Draw the figure as the bytes of a small PNG file, at 110 dots an inch."""
        full = io.BytesIO()
        self.savefig(full, format="tiff", dpi=DPI)  # uncompressed
        # 128 colours are a third of the size, and a notebook keeps every picture that it has shown.
        small = io.BytesIO()
        Image.open(full).convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE).save(small, "png")
        return small.getvalue()

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        return self.to_png(), {"alt": self.description}

    def savefig(
        self, fname: str | os.PathLike[str] | IO[Any], *, transparent: bool | None = None, **kwargs: Any
    ) -> None:
        """As matplotlib's own, on the figure's white rather than on a dark style's background."""
        if not transparent:
            kwargs.setdefault("facecolor", self.get_facecolor())
        with without_glyph_warnings():
            super().savefig(fname, transparent=transparent, **kwargs)

    def draw(self, renderer: RendererBase) -> None:
        """As matplotlib's own."""
        with without_glyph_warnings():
            super().draw(renderer)

    def get_tightbbox(self, renderer: RendererBase | None = None, **kwargs: Any) -> Bbox:
        """As matplotlib's own; it measures text, which warns as drawing does."""
        with without_glyph_warnings():
            return super().get_tightbbox(renderer, **kwargs)


class TranscriptAxes(Axes):
    """Axes that a notebook shows as the picture of their `TranscriptFigure`, where they are a cell's last value."""

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]] | None:
        figure = self.get_figure()
        if not isinstance(figure, TranscriptFigure):
            return None
        labels = " against ".join(filter(None, (self.get_ylabel(), self.get_xlabel())))
        description = figure.description or ". ".join(filter(None, (self.get_title(), f"A chart of {labels}")))
        return figure.to_png(), {"alt": description}
