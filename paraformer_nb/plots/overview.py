"""A clip that is too long for rows of words, in one picture: its waveform, where sentences are, and gaps.

Drawn without matplotlib: a notebook shows it at once when a run of hours is loaded.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ..text import format_clock
from ..transcript.transcript import Transcript
from . import palette
from .time_range import time_range

# Pixels.
_WIDTH = 1100
_WAVEFORM = 96  # height of the waveform
_SENTENCES = 8  # of the bar under it
_AXIS = 26  # of the times under both

_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)  # seconds between times
_MAX_TIMES = 12


def overview(transcript: Transcript) -> bytes:
    """Draw the whole clip as the bytes of a PNG file, 1100 pixels wide."""
    from PIL import Image, ImageDraw

    start, end = time_range(transcript)
    image = Image.new("RGB", (_WIDTH, _WAVEFORM + _SENTENCES + _AXIS), palette.PAGE)
    draw = ImageDraw.Draw(image)
    scale = _WIDTH / (end - start)
    bottom = _WAVEFORM + _SENTENCES
    _draw_times(draw, start, end, scale)
    _draw_waveform(draw, transcript, start, scale)
    for sentence in transcript.sentences:
        left, right = _columns(sentence.start, sentence.end, start, scale)
        draw.rectangle([left, _WAVEFORM + 1, right, bottom - 2], palette.OVERVIEW_SENTENCE)
    for gap in transcript.gaps:
        left, right = _columns(gap.start, gap.end, start, scale)
        draw.rectangle([left, 0, right, bottom], outline=palette.OVERVIEW_GAP)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw_times(draw: Any, start: float, end: float, scale: float) -> None:
    bottom = _WAVEFORM + _SENTENCES
    step = next((step for step in _STEPS if (end - start) / step <= _MAX_TIMES), _STEPS[-1])
    for time in range(-(-int(start) // step) * step, int(end) + 1, step):
        x = (time - start) * scale
        draw.line([(x, 0), (x, bottom)], palette.GRID)
        text = format_clock(time, hours=time >= 3600)
        draw.text((min(x + 3, _WIDTH - 44), bottom + 6), text, palette.MUTED_TEXT, font_size=12)


def _draw_waveform(draw: Any, transcript: Transcript, start: float, scale: float) -> None:
    waveform = transcript.waveform
    peaks = np.frombuffer(bytes(waveform.data), np.int8).reshape(-1, 2).astype(np.int16)
    if not len(peaks):
        return
    columns = (((waveform.start or 0.0) - start + np.arange(len(peaks)) * waveform.step) * scale).astype(int)
    firsts = np.flatnonzero(np.diff(columns, prepend=-1))
    lows = np.minimum.reduceat(peaks[:, 0], firsts)
    highs = np.maximum.reduceat(peaks[:, 1], firsts)
    loudest = max(16, int(np.abs(peaks).max()))  # a whisper fills the picture, noise does not
    middle = _WAVEFORM / 2
    reach = (middle - 4) / loudest
    for x, low, high in zip(columns[firsts].tolist(), lows.tolist(), highs.tolist(), strict=True):
        draw.line([(x, middle - high * reach), (x, middle - low * reach)], palette.WAVEFORM)


def _columns(first: float, last: float, start: float, scale: float) -> tuple[float, float]:
    """The left and right edge of a span, in pixels."""
    left = (first - start) * scale
    return left, max(left, (last - start) * scale)
