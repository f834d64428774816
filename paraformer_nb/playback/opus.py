"""48 kHz mono PCM to Opus, such that what separate encoders made of one clip joins without a seam.

Three things make it so (measured in tests/benchmarks/seams.py). The packets of all encoders lie on one grid. An encoder
is warmed up on the second before, so that at the seam it stands where the one before it stands. And it works as
for a line that loses packets, where each packet leans less on those before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .webm import PACKET_MS

if TYPE_CHECKING:
    import numpy as np

RATE = 48_000  # Hz; Opus knows no other
PACKET = RATE * PACKET_MS // 1000  # samples
WARM_UP = 50 * PACKET  # samples
_BIT_RATE = 32_000
# "lowdelay" is Opus without its speech mode: changes between the two would be heard at a seam.
_OPTIONS = {"application": "lowdelay", "packet_loss": "30"}


def encode(pcm: Iterable[np.ndarray[Any, np.dtype[np.int16]]]) -> Iterator[bytes]:
    """Packets for int16 PCM, in pieces of any size; the sound of packet n is samples n * PACKET to (n + 1) * PACKET.

    The first `WARM_UP` samples are only there to be heard, and get no packet; at its end the PCM should go on for one
    packet more than is wanted.
    """
    from av import AudioFrame, CodecContext

    encoder: Any = CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "mono", "s16", _BIT_RATE
    encoder.options = _OPTIONS
    encoder.open()
    skip = struct.unpack_from("<H", encoder.extradata, 10)[0]  # samples that the encoder lags behind
    left = WARM_UP // PACKET
    for piece in pcm:
        heard = piece[skip:]
        skip -= len(piece) - len(heard)
        if not len(heard):
            continue
        frame = AudioFrame.from_ndarray(heard.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in encoder.encode(frame):
            if left <= 0:
                yield bytes(packet)
            left -= 1
    for packet in encoder.encode(None):
        if left <= 0:
            yield bytes(packet)
        left -= 1
