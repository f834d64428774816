"""The lesson's first seconds in every format that a task's audio may have, in pieces, and what is heard of them.

Speex has no encoder in FFmpeg: `audio/data/wide.spx` has the same seconds at 16 kHz, `narrow.spx` 3.04 s at 8 kHz, so
that its last packet is full. Both are made by Debian's speexenc 1.2.1: `speexenc -w in.wav wide.spx` and
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

import paraformer_nb
from paraformer_nb.server.demuxers.incoming import TaskDecoder

LESSON = Path(paraformer_nb.__file__).parents[1] / "notebooks" / "data" / "lesson_en.flac"
DATA = Path(__file__).parent / "audio" / "data"
RATE = 16_000
SECONDS = 3


class Form(NamedTuple):
    """How a clip is encoded; `told` is the format that a task says, `frame` a frame's seconds."""

    told: str
    codec: str
    container: str
    rate: int = RATE
    layout: str = "mono"
    frame: float = 0.0
    options: Mapping[str, str] = MappingProxyType({})


FORMS = {
    "wav": Form("wav", "pcm_s16le", "wav"),
    "wav 44.1k stereo": Form("wav", "pcm_s16le", "wav", 44100, "stereo"),
    "wav 8 bit 8k": Form("wav", "pcm_u8", "wav", 8000),
    "wav 24 bit": Form("wav", "pcm_s24le", "wav"),
    "wav 32 bit 48k 5.1": Form("wav", "pcm_s32le", "wav", 48000, "5.1"),
    "wav float stereo": Form("wav", "pcm_f32le", "wav", RATE, "stereo"),
    "wav double": Form("wav", "pcm_f64le", "wav"),
    "wav µ-law": Form("wav", "pcm_mulaw", "wav", 8000),
    "mp3": Form("mp3", "libmp3lame", "mp3", frame=0.036),
    "mp3 44.1k stereo": Form("mp3", "libmp3lame", "mp3", 44100, "stereo", 0.0262),
    "mp3 bare": Form("mp3", "libmp3lame", "mp3", frame=0.036, options={"write_xing": "0", "id3v2_version": "0"}),
    "aac": Form("aac", "aac", "adts", frame=0.064),
    "aac 44.1k stereo": Form("aac", "aac", "adts", 44100, "stereo", 0.0233),
    "opus": Form("opus", "libopus", "ogg", 48000, frame=0.02),
    "opus stereo": Form("opus", "libopus", "ogg", 48000, "stereo", 0.02, {"page_duration": "20000"}),
    "amr": Form("amr", "libopencore_amrnb", "amr", 8000, frame=0.02),
}
SPEEX = ("wide.spx", "narrow.spx")


@cache
def speech() -> np.ndarray:
    """The lesson's first seconds, int16 at 16 kHz, by PyAV alone."""
    with av.open(str(LESSON)) as file:
        whole = np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])
    return whole[: SECONDS * RATE].astype(np.int16)


def encoded(form: Form, pcm: np.ndarray, **encoder: str) -> bytes:
    """16 kHz samples as a file; `encoder` are the encoder's options."""
    file = io.BytesIO()
    with av.open(file, "w", format=form.container, options=dict(form.options)) as out:
        stream: Any = out.add_stream(form.codec, rate=form.rate, layout=form.layout, options=encoder)
        context = stream.codec_context
        resampler = av.AudioResampler(context.format, context.layout, form.rate, context.frame_size or None)
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
            for packet in stream.encode(ready):
                out.mux(packet)
    return file.getvalue()


@cache
def clip(name: str) -> bytes:
    """The bytes that a task sends: one of `FORMS`, of `SPEEX`, or "pcm"."""
    if name == "pcm":
        return speech().tobytes()
    return (DATA / name).read_bytes() if name in SPEEX else encoded(FORMS[name], speech())


def told(name: str) -> str:
    """The format that a task says of a clip."""
    return FORMS[name].told if name in FORMS else "speex" if name in SPEEX else name


def pieces(data: bytes, seed: int, longest: int = 3000) -> Iterator[bytes]:
    """The bytes, cut at random places."""
    dice, at = random.Random(seed), 0
    while at < len(data):
        size = dice.randint(1, longest)
        yield data[at : at + size]
        at += size


def feed(incoming: TaskDecoder, *fed: bytes) -> bytes:
    """What comes of these bytes at once."""
    return b"".join(piece for data in fed for piece in incoming.feed(data))


def hear(incoming: TaskDecoder, *fed: bytes) -> np.ndarray:
    """All that comes of these bytes, to the end."""
    pcm = [piece for data in fed for piece in incoming.feed(data)] + list(incoming.finish())
    assert max(map(len, pcm), default=0) <= 2 * RATE // 4
    return np.frombuffer(b"".join(pcm), "<i2").astype(int)
