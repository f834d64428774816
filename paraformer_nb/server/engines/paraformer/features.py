"""Sound to the encoder's inputs: log-mel frames, stacked, normalised, and told their place.

A chunk is 61 frames of 10 ms, of which the last is the next chunk's first; they make 10 inputs of 60 ms each. That is
sherpa-onnx's chunking, and what comes out is what its own feature extraction gives (a test compares the tokens).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .export import BINS, SHIFT, STACK, Export

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

INPUTS = 10
"""The new inputs of a chunk."""
INPUT_MS = 60
"""How far an input is from the next one, in ms."""
STEP = INPUTS * SHIFT * 160
"""Samples from one chunk's beginning to the next one's."""
LENGTH = STEP + 400
"""Samples of a chunk: 61 frames of 25 ms, 10 ms apart."""


class Features:
    """The features of one model. It keeps nothing of what it was given, and may be used from several threads."""

    def __init__(self, export: Export) -> None:
        import numpy as np

        self._mean = np.array(export.negative_mean, np.float32)
        # The network was trained on inputs scaled by the root of its width.
        self._scale = np.array(export.inverse_deviation, np.float32) * np.float32(export.width**0.5)
        half = STACK * BINS // 2
        rates = np.arange(half, dtype=np.float32) * np.float32(-np.log(10_000) / (half - 1))
        self._rates = np.exp(rates)

    def inputs(self, samples: Array, place: int) -> Array:
        """The (10, 560) float32 inputs of a chunk of LENGTH int16 samples, the first being input number `place`."""
        import numpy as np

        frames = _log_mel(samples)
        stacked = np.stack([frames[at : at + STACK].reshape(-1) for at in range(0, INPUTS * SHIFT, SHIFT)])
        normal = (stacked + self._mean) * self._scale
        angles = np.arange(place + 1, place + INPUTS + 1, dtype=np.float32)[:, None] * self._rates
        inputs: Array = normal + np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
        return inputs


def _log_mel(samples: Array) -> Array:
    """The (61, 80) float32 log-mel frames of LENGTH samples.

    The extractor is made anew for each chunk: an online one would keep every frame it ever made, and the frames of one
    chunk do not depend on what came before.
    """
    import numpy as np
    from kaldi_native_fbank import FbankOptions, OnlineFbank

    options = FbankOptions()
    options.frame_opts.dither = 0.0
    options.frame_opts.samp_freq = 16_000
    options.frame_opts.window_type = "hamming"
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = BINS
    options.mel_opts.low_freq = 20.0
    options.mel_opts.high_freq = 0.0  # up to half the rate
    extractor = OnlineFbank(options)
    extractor.accept_waveform(16_000, samples.astype(np.float32).tolist())  # not scaled to ±1: so it was trained
    return np.stack([extractor.get_frame(at) for at in range(INPUTS * SHIFT + 1)])
