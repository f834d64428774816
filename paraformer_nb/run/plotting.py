"""The charts of a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..plots.kinds import OF_WORDS, check
from ..plots.time_range import time_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..playback.playable import OpenAudio
    from ..transcript.history import History
    from .outputs import RunOutputs

_ROWS = 160  # of a spectrogram's image
_COLUMNS_A_SECOND = 100
_MAX_COLUMNS = 2000
_SAMPLE_RATE = 16_000


def plot_run(
    run: RunOutputs,
    open_audio: OpenAudio,
    read_history: Callable[[], History],
    kind: str,
    start: float | None,
    end: float | None,
    ax: Axes | None,
    options: dict[str, Any],
) -> Figure | Axes:
    """Draw one chart; `paraformer_nb.Run.plot` has the arguments."""
    advice = " To draw a part: plot(start=..., end=...)." if isinstance(kind, (int, float)) else ""
    check(kind, options, advice=advice)
    if kind == "words" and ax is None:
        from ..plots.plot import plot

        size = options.get("size")
        return plot(run.transcript, start=start, end=end, **({} if size is None else {"width": size[0]}))
    first, last = time_range(run.transcript, start, end)
    if kind in OF_WORDS:
        from ..speech.charts import plot as plot_words

        if kind == "rate" or (start, end) != (None, None):
            start, end = first, last
        return plot_words(run.words, kind, ax, start, end, **options)
    if kind == "spectrogram":
        return _plot_spectrogram(run, open_audio, first, last, ax, options)
    from ..plots import charts
    from ..tables.summary import pace_of

    table = getattr(run, kind)
    table = table[(table["start"].to_numpy() <= last) & ~(table["end"].to_numpy() < first)]
    if kind == "latency":
        pace = pace_of(read_history())
        return charts.draw_latency(table, ax, pace=math.nan if pace is None else pace, **options)
    return charts.draw_revisions(table, ax, **options)


def _plot_spectrogram(
    run: RunOutputs, open_audio: OpenAudio, first: float, last: float, ax: Axes | None, options: dict[str, Any]
) -> Axes:
    from ..playback.spectrogram import TOP, spectrogram
    from ..plots.strip import Spectrogram, draw_spectrogram

    sound = open_audio().copy()  # a view may be playing
    try:
        pcm = sound.pcm(first, last, _SAMPLE_RATE)
    finally:
        sound.close()
    columns = max(1, min(_MAX_COLUMNS, round((last - first) * _COLUMNS_A_SECOND)))
    image = spectrogram(pcm, _SAMPLE_RATE, columns, _ROWS)
    until = first + len(pcm) / _SAMPLE_RATE
    return draw_spectrogram(Spectrogram(image, _ROWS, columns, first, until, TOP), run.words, ax, **options)
