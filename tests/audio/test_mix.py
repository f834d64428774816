"""Channels that cancel each other out: one of them is used alone, in every form of clip, and it is noticed."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.playback.playable import PlayableClip

RATE = 16_000
SPEECH = (np.random.default_rng(3).standard_normal(3 * RATE) * 5000).astype(np.int16)
SPEECH = np.convolve(SPEECH, np.ones(8) / 2, "same").clip(-30_000, 30_000).astype(np.int16)
NOTICE = "The channels cancel each other out, so one channel alone is recognised in those parts."


def encoded(channels: np.ndarray, container: str, codec: str, rate: int, layout: str = "stereo") -> bytes:
    """Samples of shape (n, channels) at 16 kHz as a file."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout=layout)
        context = stream.codec_context
        resampler = av.AudioResampler(context.format, context.layout, rate, context.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels).reshape(1, -1), "s16", layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        for each in [*resampler.resample(frame), *resampler.resample(None), None]:
            out.mux(stream.encode(each))
    return file.getvalue()


def read(source: Any) -> tuple[np.ndarray, list[str]]:
    clip = open_clip(source, sample_rate=RATE)
    assert isinstance(clip, Clip)
    pcm = np.frombuffer(b"".join(clip.blocks(1600)), "<i2").astype(float)
    clip.close()
    return pcm, clip.notices[:]


def level(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.square(pcm[1000:-1000]).mean()))


OPPOSITE = np.stack([SPEECH, -SPEECH], 1)
FORMS = [
    ("wav", "pcm_s16le", 16_000),
    ("wav", "pcm_u8", 16_000),
    ("wav", "pcm_f32le", 44_100),
    ("wav", "pcm_s32le", 16_000),
    ("flac", "flac", 44_100),
    ("mp3", "libmp3lame", 44_100),
    ("ipod", "aac", 44_100),
    ("ogg", "libopus", 48_000),
]


@pytest.mark.parametrize(("container", "codec", "rate"), FORMS, ids=lambda value: str(value))
def test_opposite_channels_are_read_as_one_of_them(container: str, codec: str, rate: int) -> None:
    data = encoded(OPPOSITE, container, codec, rate)
    pcm, notices = read(data)
    assert level(pcm) == pytest.approx(level(SPEECH.astype(float)), rel=0.25)
    assert notices == [NOTICE]
    playable = PlayableClip(data)
    played = playable.pcm(0.5, 2.5, RATE).astype(float)
    playable.close()
    assert np.corrcoef(played[1000:30_000], pcm[9000:38_000])[0, 1] > 0.95, "what is played is what was recognised"


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_opposite_channels_of_an_array_are_read_as_one_of_them(dtype: type) -> None:
    array = OPPOSITE if dtype is np.int16 else (OPPOSITE / 32768).astype(np.float32)
    pcm, notices = read((array, RATE))
    assert np.abs(pcm - SPEECH).max() <= 1
    assert notices == [NOTICE]


def test_channels_that_nearly_cancel_or_only_in_a_part_are_read_too() -> None:
    weaker = np.stack([SPEECH, (-0.95 * SPEECH).astype(np.int16)], 1)
    assert level(read((weaker, RATE))[0]) == pytest.approx(level(SPEECH.astype(float)), rel=0.1)
    half = OPPOSITE.copy()
    half[: len(half) // 3, 1] = half[: len(half) // 3, 0]
    pcm, notices = read(encoded(half, "flac", "flac", RATE))
    assert level(pcm[: RATE - 2000]) == pytest.approx(level(pcm[RATE + 2000 :]), rel=0.2)
    assert notices == [NOTICE]


def test_six_channels_that_cancel_are_read_as_one() -> None:
    six = np.stack([SPEECH, -SPEECH, SPEECH, -SPEECH, SPEECH, -SPEECH], 1)
    pcm, notices = read((six, RATE))
    assert level(pcm) == pytest.approx(level(SPEECH.astype(float)), rel=0.1)
    assert notices == [NOTICE]


@pytest.mark.parametrize("other", ["same", "silent", "different", "quiet noise"])
def test_other_channels_are_mixed_without_a_notice(other: str) -> None:
    noise = (np.random.default_rng(4).standard_normal(len(SPEECH)) * 3000).astype(np.int16)
    second = {"same": SPEECH, "silent": 0 * SPEECH, "different": noise, "quiet noise": (noise // 1000)}[other]
    stereo = np.stack([SPEECH, second], 1)
    for source in ((stereo, RATE), encoded(stereo, "flac", "flac", RATE)):
        pcm, notices = read(source)
        assert np.abs(pcm - stereo.mean(axis=1)).max() <= 1.5
        assert notices == []


def test_silence_has_no_notice() -> None:
    hum = np.stack([SPEECH // 4000, -(SPEECH // 4000)], 1)
    assert read((hum, RATE))[1] == []
