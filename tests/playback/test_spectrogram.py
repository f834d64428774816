"""The spectrogram: each sound in its row and column, with its loudness."""

from __future__ import annotations

import numpy as np
import pytest

from paraformer_nb.playback.spectrogram import spectrogram


def picture(pcm: np.ndarray, rate: int, columns: int, rows: int) -> np.ndarray:
    data = spectrogram(pcm, rate, columns, rows)
    assert len(data) == columns * rows
    return np.frombuffer(data, np.uint8).reshape(rows, columns)


def tone(frequency: float, seconds: float, rate: int, level: float = 0.1) -> np.ndarray:
    return (np.sin(np.arange(round(seconds * rate)) * (2 * np.pi * frequency / rate)) * 32767 * level).astype(np.int16)


@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
@pytest.mark.parametrize("frequency", [310, 1040, 3030])
def test_a_tone_is_in_its_row_the_highest_first(rate: int, frequency: int) -> None:
    rows, top = 128, min(8000, rate / 2)
    found = picture(tone(frequency, 2, rate), rate, 50, rows)
    expected = rows - 1 - frequency / top * rows
    assert found[:, 25].argmax() == pytest.approx(expected, abs=1.5)


def test_a_sound_is_in_its_columns() -> None:
    pcm = np.concatenate([np.zeros(16_000, np.int16), tone(1000, 1, 16_000), np.zeros(32_000, np.int16)])
    loud = picture(pcm, 16_000, 400, 64).max(axis=0) > 128
    assert np.flatnonzero(loud)[[0, -1]] == pytest.approx([100, 199], abs=2)


def test_loudness_is_decibels_on_a_fixed_scale() -> None:
    at = [int(picture(tone(1000, 1, 16_000, level), 16_000, 10, 128).max()) for level in (1, 0.1, 0.01, 0.001)]
    assert at[0] == 255
    assert np.diff(at[1:]) == pytest.approx([-64, -64], abs=2)  # 20 dB of 80
    assert picture(np.zeros(16_000, np.int16), 16_000, 10, 128).max() == 0


def test_a_short_sound_in_a_long_part_is_visible() -> None:
    pcm = np.zeros(16_000 * 60, np.int16)
    pcm[16_000 * 30 : 16_000 * 30 + 800] = tone(1000, 0.05, 16_000)
    assert picture(pcm, 16_000, 600, 64)[:, 295:306].max() > 128


@pytest.mark.parametrize(("samples", "columns", "rows"), [(0, 3, 4), (1, 5, 300), (100, 1, 1), (16_000, 7, 600)])
def test_odd_sizes_give_a_picture_of_that_size(samples: int, columns: int, rows: int) -> None:
    picture(np.full(samples, 900, np.int16), 16_000, columns, rows)
