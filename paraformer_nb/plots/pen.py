"""Write on a figure: measure a text, and draw it literally, whatever its characters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from ..text import is_cjk, is_hangul
from . import palette
from .fonts import families
from .glyphs import with_fallbacks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT_SIZE = 8


def one_line(text: str) -> str:
    """A text on one line, of characters that can be drawn (a lone surrogate cannot)."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


class Pen:
    """Writes with fonts that have the characters of `sample`. Sizes and widths are in points.

    Attributes:
        family: the names of these fonts.
    """

    def __init__(self, sample: str) -> None:
        own = families(sample)
        # Where no font was found for Chinese, Japanese and Korean, that was named already.
        advised = {sign for sign in set(sample) if is_cjk(sign) or is_hangul(sign)} if len(own) == 1 else set()
        family = with_fallbacks(own, sample, advised)
        # The width of the outlines: a PDF has it exactly, a PNG, whose letters are aligned to pixels, within a point.
        outlines = TextToPath()

        @cache
        def font(size: float, weight: str) -> FontProperties:
            return FontProperties(family=family, size=size, weight=weight)

        @cache
        def width(text: str, size: float = TEXT_SIZE, weight: str = "normal") -> float:
            return outlines.get_text_width_height_descent(text, font(size, weight), False)[0]

        self.family = family
        self._font = font
        self.width = width

    def write(
        self,
        on: Axes | Figure,
        x: float,
        y: float,
        text: str,
        size: float = TEXT_SIZE,
        weight: str = "normal",
        **style: Any,
    ) -> None:
        """Write `text` at (x, y) in the coordinates of `on`; `$` and `\\` are ordinary characters."""
        literal: dict[str, Any] = {"color": palette.TEXT, "parse_math": False, "usetex": False} | style
        on.text(x, y, text, fontproperties=self._font(size, weight), **literal)
