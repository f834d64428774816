"""Conversion of sample rates and channels."""

from __future__ import annotations

from typing import Any

from ..errors import AudioError


class Resampler:
    """Converts audio of one format, as decoded frames or as 16-bit mono PCM, to 16-bit mono PCM at `sample_rate`."""

    def __init__(self, sample_rate: int) -> None:
        from av.audio.resampler import AudioResampler

        self._resampler = AudioResampler(format="s16", layout="mono", rate=sample_rate)

    def frame(self, frame: Any) -> bytes:
        """Convert a decoded frame; returns the PCM that is ready."""
        frame.pts = None  # the resampler counts samples; a jump of the timestamps would make it fail
        return self._resample(frame)

    def pcm(self, pcm: bytes, sample_rate: int, layout: str = "mono") -> bytes:
        """Convert 16-bit PCM, its channels interleaved; returns the PCM that is ready."""
        import numpy as np
        from av import AudioFrame

        if not pcm:
            return b""
        frame = AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = sample_rate
        return self._resample(frame)

    def flush(self) -> bytes:
        """The PCM that was held back."""
        return self._resample(None)

    def _resample(self, frame: Any) -> bytes:
        from av.error import FFmpegError

        try:
            return b"".join(bytes(out.planes[0])[: 2 * out.samples] for out in self._resampler.resample(frame))
        except FFmpegError as error:
            form = "" if frame is None else f" of {frame.sample_rate} Hz, {frame.layout.name},"
            raise AudioError(
                f"sound{form} cannot be converted: {error.strerror}. The clip is damaged. Words before it are kept. "
                "Convert it first: ffmpeg -i CLIP clip.wav."
            ) from error
