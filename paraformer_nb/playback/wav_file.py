"""A WAV file of samples."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def wav_file(pcm: np.ndarray[Any, np.dtype[np.int16]], sample_rate: int) -> bytes:
    """Return int16 mono samples as the bytes of a WAV file.

    Example:
        >>> import numpy as np
        >>> len(wav_file(np.zeros(16000, np.int16), 16000))
        32044
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes(pcm.astype("<i2").tobytes())
    return file.getvalue()
