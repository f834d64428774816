"""Floor 1: the waveform's peaks, taken in the same pass that sends the audio."""

from __future__ import annotations


def bin_samples(sample_rate: int) -> int:
    """How many samples one pair of peaks stands for: about 10 ms of them."""
    return max(1, round(sample_rate / 100))


def peaks(block: bytes, samples: int) -> bytes:
    """The (min, max) of every `samples` samples of 16-bit mono PCM, as pairs of int8; the last bin may be shorter."""
    import numpy as np

    pcm = np.frombuffer(block, "<i2")
    whole = len(pcm) // samples
    bins = -(-len(pcm) // samples)
    pairs = np.empty((bins, 2), np.int8)
    body = pcm[: whole * samples].reshape(whole, samples)
    pairs[:whole, 0] = body.min(axis=1) >> 8
    pairs[:whole, 1] = body.max(axis=1) >> 8
    if bins > whole:
        pairs[whole] = pcm[whole * samples :].min() >> 8, pcm[whole * samples :].max() >> 8
    return pairs.tobytes()
