"""Decode the packets of a sound track to frames."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .amr import AMR_CODEC, AmrDecoder

if TYPE_CHECKING:
    from av.container import InputContainer

logger = logging.getLogger("paraformer_nb")

_RATES = range(1000, 768_001)  # Hz; a header with another rate is damaged
_MAX_CHANNELS = 64
# From so many planes on, PyAV does not find their end: to read the samples crashes the process (18.1) or raises (19.0).
_UNREADABLE_PLANES = 8


def decode_frames(container: InputContainer, stream: Any, name: str) -> Iterator[Any]:
    """Yield decoded frames. A damaged packet is skipped, as players do; a damaged container ends the clip."""
    import av

    decode = _packet_decoder(stream)
    interleave = _Interleaver().interleave
    damaged = 0
    try:
        for packet in container.demux(stream):
            try:
                yield from map(interleave, filter(_is_possible, decode(packet)))
            except (av.error.FFmpegError, ValueError, MemoryError) as error:  # numbers that no packet should have
                damaged += 1
                if damaged == 1:
                    logger.warning("%s: a damaged packet was skipped (%s)", name, error)
    except av.error.FFmpegError as error:
        logger.warning("%s: the clip ends early, because it is damaged (%s)", name, error)
    except IndexError:
        pass  # PyAV's, after the last packet, where a track appeared that was not there at first (MPEG-TS)
    if damaged > 1:
        logger.warning("%s: %d damaged packets were skipped", name, damaged)


def _packet_decoder(stream: Any) -> Callable[[Any], Iterable[Any]]:
    """The function that decodes a packet of this stream to frames."""
    if stream.codec_context.name == AMR_CODEC:
        return AmrDecoder().decode
    return lambda packet: packet.decode()


def _is_possible(frame: Any) -> bool:
    """Whether a frame's form is one that a file can have."""
    return bool(frame.samples) and frame.sample_rate in _RATES and 1 <= frame.layout.nb_channels <= _MAX_CHANNELS


class _Interleaver:
    """Puts all channels of a frame into one plane, where they are more than PyAV can read in planes of their own."""

    def __init__(self) -> None:
        self._form: tuple[str, str, int] | None = None
        self._resampler: Any = None

    def interleave(self, frame: Any) -> Any:
        """The frame, or one with the same samples interleaved."""
        if frame.layout.nb_channels < _UNREADABLE_PLANES or not frame.format.is_planar:
            return frame
        from av import AudioResampler

        form = frame.format.name, frame.layout.name, frame.sample_rate
        if form != self._form:
            self._form = form
            self._resampler = AudioResampler(form[0].removesuffix("p"), frame.layout, frame.sample_rate)
        (packed,) = self._resampler.resample(frame)  # only the form of the samples changes, so it holds none back
        packed.time_base = frame.time_base
        packed.pts = frame.pts
        return packed
