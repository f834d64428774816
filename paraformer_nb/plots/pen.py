"""Writing on a figure: how wide a text is, and the text itself, taken literally whatever it holds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from .fonts import families

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, PALE = "#111827", "#6b7280", "#e5e7eb"
SIZE = 8


def plain(text: str) -> str:
    """A text in one line, of characters that can be drawn (half a surrogate pair cannot)."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


class Pen:
    """Writes with fonts that have the characters of `sample`. Sizes and widths are in points."""

    def __init__(self, sample: str) -> None:
        family = families(sample)
        # The outlines' own width: a PDF has it, and a PNG, whose letters keep to pixels, differs by a point at most.
        outlines = TextToPath()

        @cache
        def font(size: float, weight: str) -> FontProperties:
            return FontProperties(family=family, size=size, weight=weight)

        @cache
        def width(text: str, size: float = SIZE, weight: str = "normal") -> float:
            return outlines.get_text_width_height_descent(text, font(size, weight), False)[0]

        self._font = font
        self.width = width

    def write(
        self, on: Axes | Figure, x: float, y: float, text: str, size: float = SIZE, weight: str = "normal", **style: Any
    ) -> None:
        """Write `text` at a place in the coordinates of `on`; `$` and `\\` are characters like any other."""
        literally: dict[str, Any] = {"color": INK, "parse_math": False, "usetex": False} | style
        on.text(x, y, text, fontproperties=self._font(size, weight), **literally)
