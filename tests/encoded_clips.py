"""The lesson's first seconds in every format that a task's audio may have, cut at random, and decoded again.

FFmpeg has no Speex encoder: `audio/data/wide.spx` has the same seconds at 16 kHz, `narrow.spx` 3.04 s at 8 kHz, so
that its last packet is full. Both were made with Debian's speexenc 1.2.1: `speexenc -w in.wav wide.spx` and
`speexenc -n --vbr --nframes 3 in.wav narrow.spx`.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import av
import numpy as np
import pytest

import paraformer_nb
from paraformer_nb.server.demuxers.task_decoder import TaskDecoder

LESSON = Path(paraformer_nb.__file__).parents[1] / "notebooks" / "data" / "lesson_en.flac"
DATA = Path(__file__).parent / "audio" / "data"
PAUSES = DATA / "pauses.amr"
"""Narrow-band AMR, 10 s: a tone of 2 s, a pause of 6 s in which a telephone sends nothing (DTX), the tone again."""
RATE = 16_000
SECONDS = 3


class Encoding(NamedTuple):
    """How a clip is encoded; `declared` is the format that a task declares, `frame` a frame's length in seconds."""

    declared: str
    codec: str
    container: str
    rate: int = RATE
    layout: str = "mono"
    frame: float = 0.0
    options: Mapping[str, str] = MappingProxyType({})


ENCODINGS = {
    "wav": Encoding("wav", "pcm_s16le", "wav"),
    "wav 44.1k stereo": Encoding("wav", "pcm_s16le", "wav", 44100, "stereo"),
    "wav 8 bit 8k": Encoding("wav", "pcm_u8", "wav", 8000),
    "wav 24 bit": Encoding("wav", "pcm_s24le", "wav"),
    "wav 32 bit 48k 5.1": Encoding("wav", "pcm_s32le", "wav", 48000, "5.1"),
    "wav float stereo": Encoding("wav", "pcm_f32le", "wav", RATE, "stereo"),
    "wav double": Encoding("wav", "pcm_f64le", "wav"),
    "wav µ-law": Encoding("wav", "pcm_mulaw", "wav", 8000),
    "mp3": Encoding("mp3", "libmp3lame", "mp3", frame=0.036),
    "mp3 44.1k stereo": Encoding("mp3", "libmp3lame", "mp3", 44100, "stereo", 0.0262),
    "mp3 bare": Encoding("mp3", "libmp3lame", "mp3", frame=0.036, options={"write_xing": "0", "id3v2_version": "0"}),
    "aac": Encoding("aac", "aac", "adts", frame=0.064),
    "aac 44.1k stereo": Encoding("aac", "aac", "adts", 44100, "stereo", 0.0233),
    "opus": Encoding("opus", "libopus", "ogg", 48000, frame=0.02),
    "opus stereo": Encoding("opus", "libopus", "ogg", 48000, "stereo", 0.02, {"page_duration": "20000"}),
    "amr": Encoding("amr", "libopencore_amrnb", "amr", 8000, frame=0.02),
}
SPEEX = ("wide.spx", "narrow.spx")


@cache
def speech() -> np.ndarray:
    """The lesson's first seconds, int16 at 16 kHz, by PyAV alone."""
    with av.open(str(LESSON)) as file:
        whole = np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])
    return whole[: SECONDS * RATE].astype(np.int16)


def require_encoder(codec: str) -> None:
    """Skip a test where PyAV has no such encoder: from 19 on it has none for AMR."""
    if codec and codec not in av.codecs_available:
        pytest.skip(f"NO ENCODER {codec} in PyAV {av.__version__}: this form of audio is not tested")


def encode(encoding: Encoding, pcm: np.ndarray, **encoder: str) -> bytes:
    """16 kHz samples as a file; `encoder` are the encoder's options."""
    require_encoder(encoding.codec)
    file = io.BytesIO()
    with av.open(file, "w", format=encoding.container, options=dict(encoding.options)) as out:
        stream: Any = out.add_stream(encoding.codec, rate=encoding.rate, layout=encoding.layout, options=encoder)
        context = stream.codec_context
        resampler = av.AudioResampler(context.format, context.layout, encoding.rate, context.frame_size or None)
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
            for packet in stream.encode(ready):
                out.mux(packet)
    return file.getvalue()


@cache
def clip(name: str) -> bytes:
    """The bytes that a task sends: one of `ENCODINGS`, of `SPEEX`, or "pcm"."""
    if name == "pcm":
        return speech().tobytes()
    return (DATA / name).read_bytes() if name in SPEEX else encode(ENCODINGS[name], speech())


def declared_format(name: str) -> str:
    """The format that a task declares for a clip."""
    return ENCODINGS[name].declared if name in ENCODINGS else "speex" if name in SPEEX else name


def cut(data: bytes, seed: int, longest: int = 3000) -> Iterator[bytes]:
    """The bytes, cut at random positions."""
    dice = random.Random(seed)
    position = 0
    while position < len(data):
        size = dice.randint(1, longest)
        yield data[position : position + size]
        position += size


def feed(decoder: TaskDecoder, *parts: bytes) -> bytes:
    """The PCM that these bytes complete at once."""
    return b"".join(block for part in parts for block in decoder.feed(part))


def decode(decoder: TaskDecoder, *parts: bytes) -> np.ndarray:
    """All samples of these bytes, to the end; no block may be longer than 0.25 s."""
    blocks = [block for part in parts for block in decoder.feed(part)] + list(decoder.finish())
    assert max(map(len, blocks), default=0) <= 2 * RATE // 4
    return np.frombuffer(b"".join(blocks), "<i2").astype(int)
