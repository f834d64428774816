"""Decode packets of one codec to mono PCM, by PyAV."""

from __future__ import annotations

from typing import Any

from ...audio.amr import AMR_CODEC, AmrDecoder
from ...audio.resample import Resampler
from .demuxer import Codec


class PacketDecoder:
    """Decodes packets of one codec to 16-bit mono PCM at `rate` Hz."""

    def __init__(self, codec: Codec, rate: int) -> None:
        is_pcm_already = codec == Codec(("pcm_s16le",), sample_rate=rate, channels=1)
        self._context = None if is_pcm_already else _open(codec)
        self._rate = rate
        self._resampler: Resampler | None = None
        self._form: tuple[str, str, int] | None = None
        self._delay_left = 2 * round(codec.delay * rate)  # bytes of encoder delay still to cut

    def decode(self, packet: bytes | None) -> bytes | None:
        """Return the PCM that a packet completes, None if it is damaged. At the end pass None: it returns the rest."""
        if self._context is None:
            return packet or b""
        import av

        try:
            frames = self._context.decode(None if packet is None else av.Packet(packet))
            pcm = b"".join(self._resample(frame) for frame in frames)
            if packet is None and self._resampler:
                pcm += self._resampler.flush()
        except (av.error.FFmpegError, ValueError):  # ValueError: its header has numbers that no decoder takes
            return None
        cut = min(self._delay_left, len(pcm))
        self._delay_left -= cut
        return pcm[cut:]

    def _resample(self, frame: Any) -> bytes:
        """A frame's PCM; a stream may change its form, as HE-AAC does after its first frame."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        rest = b""
        if self._resampler is None or form != self._form:
            rest = self._resampler.flush() if self._resampler else b""
            self._resampler = Resampler(self._rate)
            self._form = form
        return rest + self._resampler.frame(frame)


def _open(codec: Codec) -> Any:
    """FFmpeg's decoder: the first of the codec's names that this build of FFmpeg has."""
    from av import CodecContext, codecs_available

    if codec.names == (AMR_CODEC,):
        return AmrDecoder()
    context: Any = CodecContext.create(next(name for name in codec.names if name in codecs_available), "r")
    if codec.extradata:
        context.extradata = codec.extradata
    if codec.sample_rate:
        context.sample_rate = codec.sample_rate
        context.layout = f"{codec.channels}c"
    return context
