"""Encode 48 kHz mono PCM to Opus, such that what separate encoders made of one clip joins without a seam.

Three measures achieve it (benchmark: tests/benchmarks/seams.py). The packets of all encoders lie on one grid. Each
encoder is warmed up on the second before its first packet, so that its state at the seam is that of the encoder before.
And it encodes as for a connection that loses packets, where each packet depends less on those before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

OPUS_RATE = 48_000  # Hz; the only rate of Opus
PACKET_MS = 20
PACKET = OPUS_RATE * PACKET_MS // 1000  # samples
WARM_UP = 50 * PACKET  # samples
_BIT_RATE = 32_000
# "lowdelay" is Opus without its speech mode: switches between the two would be audible at a seam.
_OPTIONS = {"application": "lowdelay", "packet_loss": "30"}


def encode(pcm: Iterable[np.ndarray[Any, np.dtype[np.int16]]]) -> Iterator[bytes]:
    """Encode int16 PCM, in chunks of any size; packet n holds samples n * PACKET to (n + 1) * PACKET after the warm-up.

    The first `WARM_UP` samples get no packet. The PCM should continue for one packet more than is wanted.
    """
    from av import AudioFrame, CodecContext

    encoder: Any = CodecContext.create("libopus", "w")
    encoder.sample_rate = OPUS_RATE
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = _BIT_RATE
    encoder.options = _OPTIONS
    encoder.open()
    skip = struct.unpack_from("<H", encoder.extradata, 10)[0]  # samples of the encoder's delay
    warming_up = WARM_UP // PACKET  # packets
    for chunk in pcm:
        rest = chunk[skip:]
        skip -= len(chunk) - len(rest)
        if not len(rest):
            continue
        frame = AudioFrame.from_ndarray(rest.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = OPUS_RATE
        for packet in encoder.encode(frame):
            if warming_up <= 0:
                yield bytes(packet)
            warming_up -= 1
    for packet in encoder.encode(None):
        if warming_up <= 0:
            yield bytes(packet)
        warming_up -= 1
