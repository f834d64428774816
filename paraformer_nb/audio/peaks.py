"""The waveform's peaks, computed in the same pass that sends the audio."""

from __future__ import annotations


def bin_samples(sample_rate: int) -> int:
    """The number of samples that one pair of peaks stands for: about 10 ms."""
    return max(1, round(sample_rate / 100))


def peaks(pcm: bytes, samples: int) -> bytes:
    """The (min, max) of every `samples` samples of 16-bit mono PCM, as pairs of int8; the last bin may be shorter."""
    import numpy as np

    values = np.frombuffer(pcm, "<i2")
    firsts = np.arange(0, len(values), samples)
    pairs = np.empty((len(firsts), 2), np.int8)
    if len(firsts):
        pairs[:, 0] = np.minimum.reduceat(values, firsts) >> 8
        pairs[:, 1] = np.maximum.reduceat(values, firsts) >> 8
    return pairs.tobytes()


def coarser(pairs: bytes, factor: int) -> bytes:
    """Merge every `factor` pairs into one; the last one may stand for fewer."""
    import numpy as np

    fine = np.frombuffer(pairs, np.int8).reshape(-1, 2)
    firsts = np.arange(0, len(fine), factor)
    lows = np.minimum.reduceat(fine[:, 0], firsts)
    highs = np.maximum.reduceat(fine[:, 1], firsts)
    return np.stack([lows, highs], axis=1).tobytes()
