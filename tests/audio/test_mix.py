"""Channels that cancel each other out: one of them is used alone, in every form of clip, and it is noticed."""

from __future__ import annotations

import io
import wave
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from encoded_clips import require_encoder

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


def _wav(channels: np.ndarray, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(channels.tobytes())
    return file.getvalue()


@pytest.mark.parametrize("count", [3, 7, 8, 9, 11, 13, 16, 18, 24, 32, 64])
def test_any_number_of_channels_is_mixed(count: int) -> None:
    """Multitrack recorders and mixers write channels without names, which FFmpeg does not mix."""
    pcm, notices = read(_wav(np.repeat(SPEECH[:, None], count, axis=1)))
    assert len(pcm) == len(SPEECH)
    assert np.corrcoef(pcm, SPEECH)[0, 1] > 0.99
    assert 0.4 < level(pcm) / level(SPEECH.astype(float)) < 1.1  # FFmpeg leaves out what is for low sounds only
    assert notices == []
    signs = np.where(np.arange(count) % 2, -1, 1)
    if count % 2 == 0 and count not in (16, 24):  # of these FFmpeg's mixture has weights, so that they do not cancel
        pcm, notices = read(_wav(SPEECH[:, None] * signs.astype(np.int16)))
        assert level(pcm) > 0.4 * level(SPEECH.astype(float))
        assert notices == [NOTICE]


def test_the_sound_of_a_360_degree_video_is_read() -> None:
    require_encoder("libopus")
    count = 4
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as out:
        options = {"mapping_family": "2"}
        stream: Any = out.add_stream("libopus", rate=48_000, layout="ambisonic 1", options=options)
        samples = np.repeat(np.repeat(SPEECH, 3)[:, None], count, axis=1) // np.array([1, 3, 3, 3], np.int16)
        for number, part in enumerate(np.array_split(samples, len(samples) // 960)):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part).reshape(1, -1), "s16", "ambisonic 1")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, 960 * number, Fraction(1, 48_000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    pcm, _ = read(file.getvalue())
    assert len(pcm) == pytest.approx(len(SPEECH), abs=RATE * 0.1)
    assert level(pcm) > 0.4 * level(SPEECH.astype(float))


@pytest.mark.parametrize(
    ("container", "codec", "layout"),
    [
        ("matroska", "aac", "7.1"),
        ("ogg", "libopus", "7.1"),
        ("wv", "wavpack", "7.1"),
        ("matroska", "wavpack", "hexadecagonal"),
        ("flac", "flac", "7.1"),
        ("mp4", "aac", "5.1"),
    ],
)
def test_eight_channels_and_more_are_read_from_every_codec(container: str, codec: str, layout: str) -> None:
    """Their planes, read as PyAV gives them, ended the whole process."""
    count = av.AudioLayout(layout).nb_channels
    require_encoder(codec)
    data = encoded(np.repeat(SPEECH[:, None], count, axis=1), container, codec, 48_000, layout)
    for channel in (None, count - 1):
        clip = open_clip(data, sample_rate=RATE, channel=channel)
        assert isinstance(clip, Clip)
        pcm = np.frombuffer(b"".join(clip.blocks(1600)), "<i2").astype(float)
        clip.close()
        assert len(pcm) == pytest.approx(len(SPEECH), abs=RATE * 0.1)
        assert level(pcm) > 0.3 * level(SPEECH.astype(float)) or channel is not None  # the last one may be cut off
    playable = PlayableClip(data)
    assert level(playable.pcm(0.5, 2.5, RATE).astype(float)) > 1000
    playable.close()


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
