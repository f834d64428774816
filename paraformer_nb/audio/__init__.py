"""Floor 1: a clip in any form to blocks of 16-bit mono PCM at the wanted rate, its peaks, its sound, its picture."""

from .clip import Clip, LiveClip, open_clip
from .decode import Resampler
from .incoming import Incoming
from .listening import Listening
from .peaks import bin_samples, coarser, peaks
from .spectrogram import spectrogram

__all__ = [
    "Clip", "Incoming", "Listening", "LiveClip", "Resampler", "bin_samples", "coarser", "open_clip", "peaks",
    "spectrogram",
]  # fmt: skip
