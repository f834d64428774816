"""Floor 1: a clip in any form to blocks of 16-bit mono PCM at the wanted rate, and its peaks."""

from .clip import Clip, LiveClip, open_clip
from .decode import Resampler
from .peaks import bin_samples, peaks

__all__ = ["Clip", "LiveClip", "Resampler", "bin_samples", "open_clip", "peaks"]
