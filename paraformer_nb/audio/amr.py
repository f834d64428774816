"""Decode narrow-band AMR with its pauses: FFmpeg's decoder refuses the frames that a telephone sends instead of them,
and all later words would be too early."""

from __future__ import annotations

from typing import Any

AMR_CODEC = "amrnb"
"""FFmpeg's name of the codec."""

_RATE = 8000
_FRAME = 160  # samples: 20 ms
_FIRST_PAUSE = 8  # frame types from this one on have no speech: comfort noise, or no data (3GPP TS 26.101, table 1a)


class AmrDecoder:
    """Decodes packets to frames, as a codec context does; a packet of a pause is a frame of silence."""

    def __init__(self) -> None:
        import av

        context: Any = av.CodecContext.create(AMR_CODEC, "r")
        context.sample_rate = _RATE
        context.layout = "mono"
        self._context = context

    def decode(self, packet: Any) -> list[Any]:
        """The frames of a packet; None or an empty one ends the stream. Raises FFmpegError for a damaged one."""
        if packet is None or not packet.size:
            return []
        if bytes(packet)[0] >> 3 & 15 < _FIRST_PAUSE:
            found: list[Any] = self._context.decode(packet)
            return found
        return [_silence(packet)]


def _silence(packet: Any) -> Any:
    import av
    import numpy as np

    frame = av.AudioFrame.from_ndarray(np.zeros((1, _FRAME), np.float32), "fltp", "mono")
    frame.sample_rate = _RATE
    frame.pts = packet.pts
    if packet.time_base:
        frame.time_base = packet.time_base
    return frame
