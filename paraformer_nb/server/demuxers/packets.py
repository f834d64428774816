"""What lies between bytes that come in any pieces and a decoder: packets, and word of what decodes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

RATES = range(4000, 384_001)  # Hz; a header that says less or more is damaged, and would make a flood of samples


class Codec(NamedTuple):
    """What decodes the packets that follow.

    Attributes:
        names: FFmpeg's names for it, the best one first.
        extradata: the stream's own header, where it has one.
        sample_rate: in Hz, where neither the header nor the packets tell (plain PCM).
        channels: likewise.
        delay: seconds at the beginning that only the encoder put there.
    """

    names: tuple[str, ...]
    extradata: bytes = b""
    sample_rate: int = 0
    channels: int = 0
    delay: float = 0.0


class Source(Protocol):
    """Bytes in, packets out, each behind the codec that it is for.

    What a call gives is to be taken to its end before the next call.

    Attributes:
        skipped: bytes that were left out, because they are damaged or belong to nothing.
        note: a slip that was forgiven.
    """

    skipped: int = 0
    note: str | None = None

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """What these bytes make complete. Raises AudioError where it is clear that nothing will come of them."""

    def finish(self) -> Iterator[Codec | bytes]:
        """What waited for more bytes, where it is good without them."""
