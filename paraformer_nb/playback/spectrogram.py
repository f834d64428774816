"""The spectrogram of a part of a clip, as a small picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

TOP = 8000  # Hz; above it there is little of speech
_WINDOW = 0.025  # seconds; between the harmonics of a voice and its syllables
_LOUD, _RANGE = -16.0, 80.0  # dB against a full-scale tone: what is 255; and from there down to 0
_TILT_FROM = 1000  # Hz
_MOST_TAKES = 4  # windows in one column, where a column is longer than a window
_AT_ONCE = 512  # windows


def spectrogram(pcm: np.ndarray[Any, np.dtype[np.int16]], sample_rate: int, columns: int, rows: int) -> bytes:
    """Loudness over time and frequency: `rows` x `columns` bytes, row by row, the highest frequency first.

    Columns are spaced evenly over the samples, rows evenly from 0 Hz to 8 kHz (or to half of a lower sample rate).
    A byte is 0 at -96 dB of a full-scale tone and below, 255 at -16 dB and above; from 1 kHz on, 6 dB an octave are
    added first, which a voice loses there.
    """
    import numpy as np

    size = max(2, round(_WINDOW * sample_rate))
    width = 1 << (size - 1).bit_length()  # of the transform
    taper = np.hanning(size + 2)[1:-1].astype(np.float32)
    hop = len(pcm) / columns
    takes = min(_MOST_TAKES, max(1, round(hop / size)))
    starts = ((np.arange(columns * takes) + 0.5) * hop / takes - size / 2).round().astype(np.int64) + size
    padded = np.pad(pcm, size)  # silence around, for the windows at the ends
    bins = min(width // 2, round(TOP * width / sample_rate)) + 1
    edges = np.linspace(0, bins, rows + 1).astype(np.int64)
    power = np.empty((columns * takes, rows), np.float32)
    for at in range(0, len(starts), _AT_ONCE):
        windows = padded[starts[at : at + _AT_ONCE, None] + np.arange(size)] * taper
        spectrum = np.abs(np.fft.rfft(windows, width)[:, :bins]) ** 2
        power[at : at + _AT_ONCE] = np.maximum.reduceat(spectrum, edges[:-1], axis=1)
    power = power.reshape(columns, takes, rows).mean(axis=1)
    full = (32768 * taper.sum() / 2) ** 2
    tilt = np.maximum(1, edges[1:] * sample_rate / width / _TILT_FROM) ** 2
    level = 10 * np.log10(power * tilt / full + 1e-12)
    shown = np.clip((level - _LOUD + _RANGE) * (255 / _RANGE), 0, 255).round().astype(np.uint8)
    return bytes(shown.T[::-1].tobytes())
