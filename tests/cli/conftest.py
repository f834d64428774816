"""A clip that is short enough for real time."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def part(chinese: Path, tmp_path: Path) -> Path:
    """The Chinese clip's first sentence, 3 s, as a WAV: real time is short for it."""
    import av

    with av.open(str(chinese)) as container:
        pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]).astype(np.int16)
    path = tmp_path / "part.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(pcm[: 3 * 16000].tobytes())
    return path
