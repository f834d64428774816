"""Compute the encoder's inputs from sound: log-mel frames, stacked, normalised, with position encoding.

A chunk is 61 mel frames of 10 ms, of which the last is also the next chunk's first; they are stacked to 10 low-frame-
rate (LFR) frames of 60 ms. This is sherpa-onnx's chunking, and the result equals its own features (a test compares the
tokens).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .model_folder import LFR_SHIFT, LFR_WINDOW, MEL_BINS, ModelFolder

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

CHUNK_FRAMES = 10
"""New LFR frames of a chunk."""
FRAME_MS = 60
"""Milliseconds from one LFR frame to the next."""
CHUNK_STEP = CHUNK_FRAMES * LFR_SHIFT * 160
"""Samples from one chunk's beginning to the next one's."""
CHUNK_LENGTH = CHUNK_STEP + 400
"""Samples of a chunk: 61 mel frames of 25 ms, 10 ms apart."""


class FeatureExtractor:
    """Computes the features for one model. Stateless, so several threads may use it."""

    def __init__(self, folder: ModelFolder) -> None:
        import numpy as np

        self._mean = np.array(folder.negative_mean, np.float32)
        # The network was trained on inputs scaled by the square root of its width.
        self._scale = np.array(folder.inverse_deviation, np.float32) * np.float32(folder.width**0.5)
        half = LFR_WINDOW * MEL_BINS // 2
        # In float64: after an hour a position times a rate of float32 is off by a hundredth of a radian.
        self._rates = np.exp(np.arange(half) * (-np.log(10_000) / (half - 1)))

    def chunk(self, samples: Array, first: int) -> Array:
        """The (10, 560) float32 LFR frames of CHUNK_LENGTH int16 samples; `first` is the first frame's number."""
        import numpy as np

        mel = _log_mel(samples)
        starts = range(0, CHUNK_FRAMES * LFR_SHIFT, LFR_SHIFT)
        stacked = np.stack([mel[start : start + LFR_WINDOW].reshape(-1) for start in starts])
        normal = (stacked + self._mean) * self._scale
        angles = np.arange(first + 1, first + CHUNK_FRAMES + 1)[:, None] * self._rates
        frames: Array = normal + np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
        return frames


def _log_mel(samples: Array) -> Array:
    """The (61, 80) float32 log-mel frames of CHUNK_LENGTH samples.

    Each chunk gets a new extractor: an online one keeps every frame that it computed, and the frames of a chunk do not
    depend on those before.
    """
    import numpy as np
    from kaldi_native_fbank import FbankOptions, OnlineFbank

    options = FbankOptions()
    options.frame_opts.dither = 0.0
    options.frame_opts.samp_freq = 16_000
    options.frame_opts.window_type = "hamming"
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = MEL_BINS
    options.mel_opts.low_freq = 20.0
    options.mel_opts.high_freq = 0.0  # up to half the rate
    extractor = OnlineFbank(options)
    extractor.accept_waveform(16_000, samples.astype(np.float32).tolist())  # not scaled to ±1: trained that way
    return np.stack([extractor.get_frame(number) for number in range(CHUNK_FRAMES * LFR_SHIFT + 1)])
