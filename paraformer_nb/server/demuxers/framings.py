"""The frame headers of MP3 (ISO 11172-3, 13818-3), ADTS (ISO 13818-7) and narrow-band AMR (RFC 4867)."""

from __future__ import annotations

import re

from ...audio.amr import AMR_CODEC
from .demuxer import Codec
from .framed import Framing

_MP3_KBPS = (
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
)
_MP3_RATES = ((11025, 12000, 8000), (), (22050, 24000, 16000), (44100, 48000, 32000))  # MPEG-2.5, -, 2, 1
_MP3_DECODER_DELAY = 529  # samples
_AMR_LENGTHS = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)  # 8: comfort noise, 15: nothing transmitted


def _mp3_length(header: bytes) -> int:
    version = header[1] >> 3 & 3
    layer = header[1] >> 1 & 3
    bit_rate = header[2] >> 4
    rate = header[2] >> 2 & 3
    if header[0] != 0xFF or header[1] < 0xE0 or version == 1 or layer != 1 or not 0 < bit_rate < 15 or rate == 3:
        return 0
    bits = (144_000 if version == 3 else 72_000) * _MP3_KBPS[version == 3][bit_rate]
    return bits // _MP3_RATES[version][rate] + (header[2] >> 1 & 1)


def _mp3_encoder_delay(frame: bytes) -> float | None:
    """Seconds, from an index frame: Xing's or Info's, where LAME adds the encoder's delay in samples, or VBRI's."""
    version = frame[1] >> 3 & 3
    rate = frame[2] >> 2 & 3
    is_mono = frame[3] >> 6 == 3
    position = 4 + ((17 if is_mono else 32) if version == 3 else (9 if is_mono else 17))
    if frame[36:40] == b"VBRI":
        return 0.0
    if frame[position : position + 4] not in (b"Xing", b"Info"):
        return None
    flags = frame[position + 7] if len(frame) > position + 7 else 0
    position += 8 + sum(size for bit, size in enumerate((4, 4, 100, 4)) if flags >> bit & 1) + 21
    samples = int.from_bytes(frame[position : position + 2], "big") >> 4
    return (samples + _MP3_DECODER_DELAY) / _MP3_RATES[version][rate] if samples else 0.0


def _adts_length(header: bytes) -> int:
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    is_header = header[0] == 0xFF and header[1] & 0xF6 == 0xF0 and header[2] >> 2 & 15 < 13
    return length if is_header and length > 7 else 0


def _amr_length(header: bytes) -> int:
    return 0 if header[0] & 0x83 else _AMR_LENGTHS[header[0] >> 3 & 15]


MP3 = Framing(
    Codec(("mp3float",)),
    header_size=4,
    sync=re.compile(rb"\xff(?:[\xe2\xe3\xf2\xf3\xfa\xfb]|\Z)"),
    length=_mp3_length,
    stable_bits=0xFFFE0C00,
    sync_run=2,
    encoder_delay=_mp3_encoder_delay,
)
ADTS = Framing(
    Codec(("aac",)),
    header_size=7,
    sync=re.compile(rb"\xff(?:[\xf0\xf1\xf8\xf9]|\Z)"),
    length=_adts_length,
    stable_bits=0xFFFEFDC0,
    sync_run=2,
)
AMR = Framing(
    Codec((AMR_CODEC,)),
    header_size=1,
    sync=re.compile(b"[%s]" % re.escape(bytes(byte for byte in range(128) if _amr_length(bytes([byte]))))),
    length=_amr_length,
    stable_bits=0,
    sync_run=8,
    magic=b"#!AMR\n",
)
