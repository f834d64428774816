"""The spectrogram of a part of a clip, as a small grey image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

TOP = 8000  # Hz; speech has little energy above it
_WINDOW = 0.025  # seconds; between the harmonics of a voice and its syllables
_LOUDEST = -16.0  # dB against a full-scale tone, shown as 255
_RANGE = 80.0  # dB from there down to 0
_TILT_FROM = 1000  # Hz
_MAX_WINDOWS = 4  # in one column, where a column is longer than a window
_BATCH = 512  # windows transformed at once


def spectrogram(pcm: np.ndarray[Any, np.dtype[np.int16]], sample_rate: int, columns: int, rows: int) -> bytes:
    """Loudness over time and frequency: `rows` x `columns` bytes, row by row, the highest frequency first.

    Columns are spaced evenly over the samples, rows evenly from 0 Hz to 8 kHz (or to half of a lower sample rate).
    A byte is 0 at -96 dB of a full-scale tone and below, 255 at -16 dB and above. From 1 kHz on, 6 dB an octave are
    added first, because a voice is that much weaker there.
    """
    import numpy as np

    size = max(2, round(_WINDOW * sample_rate))
    width = 1 << (size - 1).bit_length()  # of the transform
    taper = np.hanning(size + 2)[1:-1].astype(np.float32)
    hop = len(pcm) / columns
    per_column = min(_MAX_WINDOWS, max(1, round(hop / size)))
    starts = ((np.arange(columns * per_column) + 0.5) * hop / per_column - size / 2).round().astype(np.int64) + size
    padded = np.pad(pcm, size)  # silence for the windows at both ends
    bins = min(width // 2, round(TOP * width / sample_rate)) + 1
    edges = np.linspace(0, bins, rows + 1).astype(np.int64)
    power = np.empty((columns * per_column, rows), np.float32)
    for at in range(0, len(starts), _BATCH):
        windows = padded[starts[at : at + _BATCH, None] + np.arange(size)] * taper
        spectrum = np.abs(np.fft.rfft(windows, width)[:, :bins]) ** 2
        power[at : at + _BATCH] = np.maximum.reduceat(spectrum, edges[:-1], axis=1)
    power = power.reshape(columns, per_column, rows).mean(axis=1)
    full_scale = (32768 * taper.sum() / 2) ** 2
    tilt = np.maximum(1, edges[1:] * sample_rate / width / _TILT_FROM) ** 2
    level = 10 * np.log10(power * tilt / full_scale + 1e-12)
    grey = np.clip((level - _LOUDEST + _RANGE) * (255 / _RANGE), 0, 255).round().astype(np.uint8)
    return bytes(grey.T[::-1].tobytes())
