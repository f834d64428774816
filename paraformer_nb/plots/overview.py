"""A clip too long to be read as rows of words, at one glance: its waveform, where words are, what was lost.

Drawn without matplotlib: a notebook shows it the moment that a run of hours is loaded.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ..transcript.transcript import Transcript
from .layout import part

WIDTH, WAVE, BAR, AXIS = 1100, 96, 8, 26
"""Pixels: the picture, its waveform, the bar of its words under it, and its times."""
_INK, _WAVE, _WORDS, _LOST, _GRID = "#57606a", "#7b8aa0", "#3a6fd8", "#c62828", "#e4e7eb"
_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST_TIMES = 12


def overview(transcript: Transcript) -> bytes:
    """The whole clip as a PNG file's bytes, `WIDTH` pixels wide."""
    from PIL import Image, ImageDraw

    start, end = part(transcript, None, None)
    image = Image.new("RGB", (WIDTH, WAVE + BAR + AXIS), "white")
    draw = ImageDraw.Draw(image)
    scale = WIDTH / (end - start)
    step = next((step for step in _STEPS if (end - start) / step <= _MOST_TIMES), _STEPS[-1])
    for time in range(-(-int(start) // step) * step, int(end) + 1, step):
        x = (time - start) * scale
        draw.line([(x, 0), (x, WAVE + BAR)], _GRID)
        draw.text((min(x + 3, WIDTH - 44), WAVE + BAR + 6), _clock(time), _INK, font_size=12)
    _draw_waveform(draw, transcript, start, scale)
    for sentence in transcript.sentences:
        draw.rectangle([*_span(sentence.start, sentence.end, start, scale, WAVE + 1), WAVE + BAR - 2], _WORDS)
    for gap in transcript.gaps:
        draw.rectangle([*_span(gap.start, gap.end, start, scale, 0), WAVE + BAR], outline=_LOST)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw_waveform(draw: Any, transcript: Transcript, start: float, scale: float) -> None:
    waveform = transcript.waveform
    peaks = np.frombuffer(bytes(waveform.data), np.int8).reshape(-1, 2).astype(np.int16)
    if not len(peaks):
        return
    columns = (((waveform.start or 0.0) - start + np.arange(len(peaks)) * waveform.step) * scale).astype(int)
    firsts = np.flatnonzero(np.diff(columns, prepend=-1))
    loudest = max(16, int(np.abs(peaks).max()))  # a whisper fills the picture, mere noise does not
    heights = np.stack([np.minimum.reduceat(peaks[:, 0], firsts), np.maximum.reduceat(peaks[:, 1], firsts)], axis=1)
    middle, reach = WAVE / 2, (WAVE / 2 - 4) / loudest
    for x, (low, high) in zip(columns[firsts].tolist(), heights.tolist(), strict=True):
        draw.line([(x, middle - high * reach), (x, middle - low * reach)], _WAVE)


def _span(first: float, last: float, start: float, scale: float, top: float) -> tuple[float, float, float]:
    left = (first - start) * scale
    return left, top, max(left, (last - start) * scale)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:00" if seconds >= 3600 else f"{seconds // 60}:00"
