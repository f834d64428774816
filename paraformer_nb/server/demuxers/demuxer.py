"""The interface between a task's bytes and a decoder: demuxers return packets, and the codec that decodes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

SAMPLE_RATES = range(4000, 384_001)  # Hz; a header with another rate is damaged, and would cause a flood of samples


class Codec(NamedTuple):
    """The codec of the packets that follow it.

    Attributes:
        names: FFmpeg's decoders for it, the preferred one first.
        extradata: the stream's codec header, if it has one.
        sample_rate: in Hz, if neither the codec header nor the packets contain it (plain PCM).
        channels: likewise.
        delay: seconds of encoder delay to cut from the beginning.
    """

    names: tuple[str, ...]
    extradata: bytes = b""
    sample_rate: int = 0
    channels: int = 0
    delay: float = 0.0


class Demuxer(Protocol):
    """Bytes in, packets out; a codec is returned before the first packet that it decodes.

    Exhaust the iterator of one call before the next call.

    Attributes:
        skipped: bytes discarded because they are damaged or not part of the format.
        note: a fault of the stream that was corrected, if any.
    """

    skipped: int = 0
    note: str | None = None

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """Return the packets that these bytes complete. Raises AudioError if the stream cannot be demuxed."""

    def finish(self) -> Iterator[Codec | bytes]:
        """Return the packets that are valid without the bytes they waited for."""
