"""Which sound track is read, and how long it is: several tracks, unknown codecs, empty tracks, lengths of others."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from timed_clips import Form, bursts, make_clip, onsets

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.errors import AudioError, ParameterError

RATE = 16_000
TIMES = [0.5, 1.7, 2.6]


def read(data: bytes, **part: float) -> tuple[Clip, np.ndarray]:
    clip = open_clip(data, sample_rate=RATE, **part)
    assert isinstance(clip, Clip)
    try:
        return clip, np.frombuffer(b"".join(clip.blocks(1600)), "<i2")
    finally:
        clip.close()


def tracks(container: str, codecs: Sequence[str], *, flags: Sequence[int] = (), empty: Sequence[int] = ()) -> bytes:
    """A clip with several tracks; number n, counted from 0, has a burst at 0.5 + n seconds."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        streams: list[Any] = [out.add_stream(codec, rate=48_000, layout="mono") for codec in codecs]
        for stream, flag in zip(streams, flags, strict=False):
            stream.disposition = flag
        for number, stream in enumerate(streams):
            if number in empty:
                continue
            context = stream.codec_context
            resampler = av.AudioResampler(context.format, context.layout, context.rate, context.frame_size or None)
            pcm = bursts([0.5 + number], 3.5, 48_000)
            frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
            for each in [*resampler.resample(frame), *resampler.resample(None), None]:
                out.mux(stream.encode(each))
    return file.getvalue()


APAC = tracks("mov", ["pcm_s16le", "aac"]).replace(b"sowt", b"apac")  # as a telephone's spatial sound


@pytest.mark.parametrize(
    ("data", "number", "notice"),
    [
        (APAC, 1, "The clip has 2 sound tracks; track 2 is recognised. Track 1 cannot be read: 'apac', a codec"),
        (tracks("matroska", ["libopus", "aac"]).replace(b"A_OPUS", b"A_XPUS"), 1, "Track 1 cannot be read: 'A_XPUS'"),
        (tracks("matroska", ["libopus", "aac"], empty=[0]), 1, "Track 1 cannot be read: nothing was decoded"),
        (tracks("matroska", ["libopus", "aac"], flags=[0, 1]), 1, "The clip has 2 sound tracks; track 2 is recognised"),
        (
            tracks("mp4", ["aac", "aac", "aac"], flags=[0, 0, 1]),
            2,
            "The clip has 3 sound tracks; track 3 is recognised",
        ),
        (tracks("matroska", ["aac", "aac"], flags=[8, 0]), 1, "track 2 is recognised"),  # the first has comments
        (tracks("mpegts", ["aac", "mp2"]), 0, "The clip has 2 sound tracks; track 1 is recognised."),
    ],
    ids=["apac first", "unknown first", "empty first", "default second", "default third", "comments", "two"],
)
def test_the_best_track_that_decodes_is_read_and_named(data: bytes, number: int, notice: str) -> None:
    clip, pcm = read(data)
    assert onsets(pcm, RATE) == pytest.approx([0.5 + number], abs=0.03)
    assert [notice in each for each in clip.notices[:]] == [True]


def test_a_clip_of_one_track_has_no_notice() -> None:
    clip, _ = read(make_clip(Form("mp4", "aac", 48_000, "mpeg4"), TIMES, 3.0, has_picture=True))
    assert clip.notices[:] == []


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (tracks("mov", ["pcm_s16le"]).replace(b"sowt", b"apac"), "'apac'"),
        (tracks("mov", ["pcm_s16le", "pcm_s16le"]).replace(b"sowt", b"apac"), "track 1 is 'apac'.*track 2 is 'apac'"),
        (tracks("matroska", ["aac"]).replace(b"A_AAC", b"A_XYZ"), "'A_XYZ'"),
        (
            make_clip(Form("mov", "pcm_s16le", 48_000, "mpeg4"), TIMES, 3, has_picture=True).replace(b"sowt", b"zzzz"),
            "zzzz",
        ),
    ],
    ids=["one", "two", "matroska", "with a picture"],
)
def test_the_error_for_an_unknown_codec_names_it_and_says_what_to_do(data: bytes, codec: str) -> None:
    with pytest.raises(AudioError, match=rf"cannot be decoded: .*{codec}.*does not know.*Convert it to WAV or FLAC"):
        open_clip(data, sample_rate=RATE)


# ------------------------------------------------------------------------------------------------------------- lengths


def long_picture(container: str, codec: str, picture: str) -> bytes:
    """Sound of 3 s beside a picture of 8 s."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        video: Any = out.add_stream(picture, rate=5 if container != "mpegts" else 25)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        sound: Any = out.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(bursts(TIMES, 3.0, 48_000).reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
        context = sound.codec_context
        resampler = av.AudioResampler(context.format, context.layout, context.rate, context.frame_size or None)
        for each in [*resampler.resample(frame), *resampler.resample(None), None]:
            out.mux(sound.encode(each))
        rate = round(float(video.codec_context.framerate))
        for number in range(8 * rate):
            image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
            image.pts, image.time_base = number, Fraction(1, rate)
            out.mux(video.encode(image))
        out.mux(video.encode(None))
    return file.getvalue()


@pytest.mark.parametrize(
    ("container", "codec", "picture"),
    [
        ("matroska", "aac", "mpeg4"),
        ("mp4", "aac", "mpeg4"),
        ("webm", "libopus", "libvpx"),
        ("mpegts", "aac", "mpeg2video"),
        ("flv", "aac", "flv1"),
        ("asf", "libmp3lame", "msmpeg4"),
        ("avi", "libmp3lame", "mpeg4"),
    ],
)
def test_the_length_is_the_sounds_where_a_picture_runs_on(container: str, codec: str, picture: str) -> None:
    clip, pcm = read(long_picture(container, codec, picture))
    assert len(pcm) / RATE == pytest.approx(3.0, abs=0.1)
    assert clip.end is None or clip.end == pytest.approx(3.0, abs=0.1)


def test_the_length_of_chained_ogg_files_is_not_that_of_one() -> None:
    parts = [make_clip(Form("ogg", "libopus", 48_000), [0.5], seconds) for seconds in (3.0, 2.0)]
    clip, pcm = read(b"".join(parts))
    assert clip.end is None
    assert len(pcm) / RATE == pytest.approx(5.0, abs=0.1)
    assert onsets(pcm, RATE) == pytest.approx([0.5, 3.5], abs=0.03)
    assert onsets(read(b"".join(parts), start=3.2)[1], RATE, 3.2) == pytest.approx([3.5], abs=0.03)


@pytest.mark.parametrize(
    "form", [Form("ogg", "libopus", 48_000), Form("ogg", "vorbis", 44_100, "", "stereo", (), (("strict", "-2"),))]
)
def test_an_ogg_file_that_was_captured_later_has_no_sure_length(form: Form) -> None:
    clip, pcm = read(make_clip(form, TIMES, 8.0, shift=50.0))
    assert clip.end is None or clip.end == pytest.approx(len(pcm) / RATE, abs=0.1)


def tag(size: int) -> bytes:
    """An ID3 tag with `size` bytes of padding."""
    return b"ID3\3\0\0" + bytes([0, 0, size >> 7, size & 127]) + bytes(size)


def vbr(**options: str) -> bytes:
    """A minute of MP3 at a variable bit rate: 20 loud seconds, then 40 silent ones."""
    pcm = np.zeros(60 * RATE, np.int16)
    pcm[: 20 * RATE] = np.random.default_rng(0).standard_normal(20 * RATE) * 8000
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"id3v2_version": "0"} | options) as out:
        stream: Any = out.add_stream("libmp3lame", rate=RATE, layout="mono")
        stream.codec_context.qscale = True
        stream.codec_context.global_quality = 2 * 118
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), "s16", "mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(stream.codec_context.format, "mono", RATE, stream.codec_context.frame_size)
        for each in [*resampler.resample(frame), *resampler.resample(None), None]:
            out.mux(stream.encode(each))
    return file.getvalue()


def test_a_guessed_length_behind_several_tags_is_not_believed() -> None:
    data = tag(300) + tag(1000) + vbr(write_xing="0")
    clip, pcm = read(data)
    assert clip.end is None
    assert len(pcm) / RATE == pytest.approx(60, abs=0.2)
    assert len(read(data, start=50.0, end=55.0)[1]) == 5 * RATE


def test_a_counted_length_behind_several_tags_is_believed() -> None:
    clip, _ = read(tag(300) + tag(1000) + vbr(), end=1.0)
    assert clip.end == 1.0
    assert open_clip(tag(300) + vbr(), sample_rate=RATE).end == pytest.approx(60, abs=0.1)


def test_the_count_of_the_first_of_joined_files_is_not_the_whole_length() -> None:
    clip, pcm = read(make_clip(Form("mp3", "libmp3lame", 44_100), [0.5], 3.0) + vbr())
    assert clip.end is None
    assert len(pcm) / RATE == pytest.approx(63, abs=0.3)


@pytest.mark.parametrize(
    "form", [Form("adts", "aac", 44_100), Form("mpegts", "aac", 48_000), Form("flv", "aac", 44_100)]
)
def test_a_start_beyond_the_end_is_refused_when_reading_finds_nothing(form: Form) -> None:
    clip = open_clip(make_clip(form, TIMES, 3.0), sample_rate=RATE, start=50.0)
    assert isinstance(clip, Clip)
    with pytest.raises(AudioError, match="start=50 lies beyond the end of 'bytes'. Choose an earlier start"):
        list(clip.blocks(1600))
    clip.close()


def test_a_start_beyond_a_sure_length_is_refused_at_once() -> None:
    with pytest.raises(ParameterError, match=r"start=5 lies beyond the clip's end; 'bytes' is 3\.\d\d s long"):
        open_clip(make_clip(Form("mp4", "aac", 48_000), TIMES, 3.0), sample_rate=RATE, start=5.0)


def test_a_start_beyond_a_wrong_length_is_accepted_where_there_is_sound() -> None:
    data = bytearray(make_clip(Form("flac", "flac", 44_100), TIMES, 3.0))
    data[21] &= 0xF0
    data[22:26] = (44_100).to_bytes(4, "big")  # its header says 1 s
    clip, pcm = read(bytes(data), start=2.0)
    assert onsets(pcm, RATE, clip.start) == pytest.approx([2.6], abs=0.03)
