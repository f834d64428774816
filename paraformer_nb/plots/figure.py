"""A matplotlib Figure that shows itself in a notebook, with no backend, on white, whatever is in its text."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from matplotlib.figure import Figure
from PIL import Image

if TYPE_CHECKING:
    import os

    from matplotlib.backend_bases import RendererBase
    from matplotlib.transforms import Bbox

DPI = 110


@contextmanager
def quiet() -> Iterator[None]:
    """Without matplotlib's warnings about characters that no font has: a transcript may hold any."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+|Matplotlib currently does not support")
        yield


class TranscriptFigure(Figure):
    """A Figure with a PNG of its own: IPython draws a bare one only where pyplot has set up the inline backend."""

    def _repr_png_(self) -> bytes:
        drawn, small = io.BytesIO(), io.BytesIO()
        self.savefig(drawn, format="png", dpi=DPI, pil_kwargs={"compress_level": 1})
        # A palette is a third of the size, and a notebook keeps every picture it has shown.
        Image.open(drawn).convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE).save(small, "png")
        return small.getvalue()

    def savefig(
        self, fname: str | os.PathLike[str] | IO[Any], *, transparent: bool | None = None, **kwargs: Any
    ) -> None:
        """As matplotlib's own, on the figure's white rather than on what a dark style wants files to be."""
        if not transparent:
            kwargs.setdefault("facecolor", self.get_facecolor())
        with quiet():
            super().savefig(fname, transparent=transparent, **kwargs)

    def draw(self, renderer: RendererBase) -> None:
        """As matplotlib's own."""
        with quiet():
            super().draw(renderer)

    def get_tightbbox(self, renderer: RendererBase | None = None, **kwargs: Any) -> Bbox:
        """As matplotlib's own; it measures text, so it warns as drawing does."""
        with quiet():
            return super().get_tightbbox(renderer, **kwargs)
