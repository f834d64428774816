"""A transcript as a static picture, for paper and for GitHub: the waveform over time, words at their spans.

`layout` lays the clip out in rows, `page` and `row` draw them, `captions` writes the title and the legend, `pen` draws
text, `fonts` finds a font for Chinese, Japanese and Korean, `palette` has all colours. `overview` draws a clip that is
too long for rows. The first picture loads matplotlib; none loads pyplot.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

from ..errors import ParameterError
from ..transcript.transcript import Transcript
from .layout import MAX_WITH_WORDS
from .time_range import time_range

if TYPE_CHECKING:
    from .figure import TranscriptFigure


def plot(
    transcript: Transcript, *, start: float | None = None, end: float | None = None, width: float = 10.0
) -> TranscriptFigure:
    """Draw a transcript as a matplotlib Figure, in rows like staves of music; as a cell's last value it shows itself.

    More than 200 seconds are an overview: longer rows, with sentences in place of words.

    Every row is an Axes of its own whose x is seconds on the clip's own time line, so `figure.axes[0].axvline(1.5)`
    marks a time. A word's text is under the waveform at its span; without room for it there is a dot.

    Args:
        transcript: it may grow later; the picture does not.
        start, end: the part to show, in seconds of the clip; None: from the clip's beginning, to its end.
        width: of the figure, in inches, 3 to 40. The height follows from the number of rows.

    Raises:
        ParameterError: `start` or `end` is outside of the clip, or `end` is not after `start`; `width` is out of range.
    """
    from .page import draw

    span = time_range(transcript, start, end)
    if not (isinstance(width, Real) and 3 <= width <= 40):
        raise ParameterError(f"width={width!r}: a picture is 3 to 40 inches wide.")
    return draw(transcript, *span, width)


def png(transcript: Transcript, *, start: float | None = None, end: float | None = None, width: float = 10.0) -> bytes:
    """The picture of `plot` as the bytes of a PNG file, at 110 dots an inch. Arguments and errors are as `plot`'s."""
    return plot(transcript, start=start, end=end, width=width).to_png()


def notebook_png(transcript: Transcript) -> bytes:
    """The picture for a saved notebook, as the bytes of a PNG file: rows of words, or an overview of a long clip."""
    from .overview import overview

    start, end = time_range(transcript)
    return png(transcript) if end - start <= MAX_WITH_WORDS else overview(transcript)
