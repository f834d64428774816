"""The waveform's peaks, compared with a slow and simple implementation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.audio.peaks import bin_samples, coarser, peaks


def simple_peaks(pcm: np.ndarray, samples: int) -> list[tuple[int, int]]:
    """The high byte of the smallest and the greatest sample of each bin."""
    bins = [pcm[at : at + samples] for at in range(0, len(pcm), samples)]
    return [(int(one.min()) // 256, int(one.max()) // 256) for one in bins]


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.integers(-32768, 32767), max_size=400), st.integers(1, 500))
def test_peaks_are_the_smallest_and_the_greatest_sample_of_each_bin(samples: list[int], size: int) -> None:
    pcm = np.array(samples, np.int16)
    pairs = np.frombuffer(peaks(pcm.astype("<i2").tobytes(), size), np.int8).reshape(-1, 2)
    assert [(int(low), int(high)) for low, high in pairs] == simple_peaks(pcm, size)


def test_silence_is_flat_and_full_scale_fills_the_range() -> None:
    assert peaks(bytes(640), 160) == bytes(4)
    loud = np.tile(np.array([-32768, 32767], "<i2"), 80)
    assert np.frombuffer(peaks(loud.tobytes(), 160), np.int8).tolist() == [-128, 127]
    assert peaks(b"", 160) == b""


@pytest.mark.parametrize(
    ("rate", "samples"), [(8000, 80), (16000, 160), (44100, 441), (48000, 480), (11025, 110), (1, 1)]
)
def test_a_bin_is_about_ten_milliseconds(rate: int, samples: int) -> None:
    assert bin_samples(rate) == samples


def test_peaks_of_whole_blocks_are_the_peaks_of_the_whole() -> None:
    pcm = (np.random.default_rng(0).standard_normal(16000) * 9000).astype("<i2").tobytes()
    assert b"".join(peaks(pcm[at : at + 3200], 160) for at in range(0, len(pcm), 3200)) == peaks(pcm, 160)


def test_coarser_peaks_are_the_smallest_and_the_greatest_of_the_peaks_that_they_merge() -> None:
    fine = np.array([[-1, 2], [-5, 1], [0, 9], [-3, 3], [-7, 0]], np.int8)
    assert np.frombuffer(coarser(fine.tobytes(), 2), np.int8).reshape(-1, 2).tolist() == [[-5, 2], [-3, 9], [-7, 0]]
