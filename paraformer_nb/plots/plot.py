"""A transcript as a picture that stays: waveform over time, words at their spans, for paper and for GitHub.

`layout` lays the clip out in rows, `page` and `row` draw them, `pen` writes, `fonts` finds a font for Chinese, Japanese
and Korean, `figure` is a Figure that shows itself in a notebook. `overview` draws what is too long for rows. The first
picture loads matplotlib; none loads pyplot.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING

from ..errors import ParameterError
from ..transcript.transcript import Transcript
from .layout import part

if TYPE_CHECKING:
    from .figure import TranscriptFigure

__all__ = ["plot", "png", "still"]

_LONGEST_ROWS = 200.0  # seconds of a clip that a saved notebook shows as rows of words; drawing them takes a second


def plot(
    transcript: Transcript, *, start: float | None = None, end: float | None = None, width: float = 10.0
) -> TranscriptFigure:
    """A matplotlib Figure of what was heard, in rows like staves of music; as a cell's last value it shows itself.

    Every row is an Axes of its own whose x is seconds on the clip's own time line, so `figure.axes[0].axvline(1.5)`
    marks a time. A word stands whole under the waveform at its span, or as a dot where its text has no room there.

    Args:
        transcript: what a recording says so far; it may still grow, the picture does not.
        start: where the picture begins, in seconds of the clip; None: where the clip does.
        end: where the picture ends, in seconds of the clip; None: where the clip does.
        width: of the figure, in inches, 3 to 40. The height follows from the number of rows.

    Raises:
        ParameterError: `start` or `end` lie outside the clip, or not in this order; `width` is out of range.
    """
    from .page import draw

    span = part(transcript, start, end)
    if not (isinstance(width, Real) and 3 <= width <= 40):
        raise ParameterError(f"width={width!r}: a picture is 3 to 40 inches wide.")
    return draw(transcript, *span, width)


def still(transcript: Transcript) -> bytes:
    """What a saved notebook shows, as a PNG file's bytes: rows of words, or of a long clip the whole at one glance."""
    from .overview import overview

    start, end = part(transcript, None, None)
    return png(transcript) if end - start <= _LONGEST_ROWS else overview(transcript)


def png(transcript: Transcript, *, start: float | None = None, end: float | None = None, width: float = 10.0) -> bytes:
    """The picture of `plot` as a PNG file's bytes, at 110 dots an inch: a notebook's static picture.

    Arguments and errors are those of `plot`.
    """
    return plot(transcript, start=start, end=end, width=width)._repr_png_()
