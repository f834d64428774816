"""Every audio format gives the same speech at the same times, in constant memory; damaged files raise errors."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import wave
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest
from encoded_clips import PAUSES, require_encoder

import paraformer_nb
from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.errors import AudioError, ParameterError

DATA = Path(paraformer_nb.__file__).parents[1] / "notebooks" / "data"
RATE = 16000
SECONDS = 10


class Form(NamedTuple):
    """How a clip is encoded."""

    codec: str
    container: str
    rate: int = RATE
    layout: str = "mono"
    picture: str = ""


FORMS = {
    "wav": Form("pcm_s16le", "wav"),
    "wav 44.1k stereo": Form("pcm_s16le", "wav", 44100, "stereo"),
    "wav 8 bit": Form("pcm_u8", "wav"),
    "wav 24 bit 48k stereo": Form("pcm_s24le", "wav", 48000, "stereo"),
    "wav float": Form("pcm_f32le", "wav"),
    "w64": Form("pcm_s16le", "w64"),
    "aiff": Form("pcm_s16be", "aiff", 44100),
    "flac": Form("flac", "flac"),
    "flac 44.1k stereo": Form("flac", "flac", 44100, "stereo"),
    "mp3": Form("libmp3lame", "mp3", 44100, "stereo"),
    "mp3 16k": Form("libmp3lame", "mp3"),
    "ogg opus": Form("libopus", "ogg", 48000),
    "webm opus": Form("libopus", "webm", 48000),
    "m4a": Form("aac", "ipod", 44100, "stereo"),
    "m4a 16k": Form("aac", "ipod"),
    "aac": Form("aac", "adts", 44100, "stereo"),
    "amr": Form("libopencore_amrnb", "amr", 8000),
    "mp4 with picture": Form("aac", "mp4", 48000, "stereo", "mpeg4"),
    "webm with picture": Form("libopus", "webm", 48000, "stereo", "libvpx"),
}
EXACT = {"wav", "flac", "wav 8 bit", "wav float", "w64"}  # lossless, or at least not resampled


def frames_of(pcm: np.ndarray, stream: Any) -> Iterator[Any]:
    """16 kHz samples as frames for a stream's encoder, ten seconds at a time."""
    context = stream.codec_context
    resampler = av.AudioResampler(context.format, context.layout, context.rate, context.frame_size or None)
    for at in range(0, len(pcm), 10 * RATE):
        frame = av.AudioFrame.from_ndarray(pcm[at : at + 10 * RATE].reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def encode(
    pcm: np.ndarray,
    form: Form,
    *,
    keep: Callable[[float], bool] = lambda _time: True,
    later: float = 0.0,
    **options: str,
) -> bytes:
    """Encode 16 kHz samples, without the packets that `keep` rejects, all timestamps shifted by `later` seconds."""
    require_encoder(form.codec)
    file = io.BytesIO()
    with av.open(file, "w", format=form.container, options=options) as out:
        picture: Any = out.add_stream(form.picture, rate=5) if form.picture else None
        sound: Any = out.add_stream(form.codec, rate=form.rate, layout=form.layout) if form.codec else None
        if picture:
            picture.width = picture.height = 64
            picture.pix_fmt = "yuv420p"
            for number in range(5 * len(pcm) // RATE):
                image = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number % 255, np.uint8), "rgb24")
                image.pts, image.time_base = number, Fraction(1, 5)
                out.mux(picture.encode(image))
            out.mux(picture.encode(None))
        for frame in [*frames_of(pcm, sound), None] if sound else []:
            for packet in sound.encode(frame):
                if packet.pts is None or keep(float(packet.pts * packet.time_base)):
                    if later:
                        packet.pts += round(later / packet.time_base)
                        packet.dts = packet.pts
                    out.mux(packet)
    return file.getvalue()


def pcm_of(clip: Any, samples: int = 1600) -> np.ndarray:
    """All samples of a clip, which is closed."""
    try:
        return np.frombuffer(b"".join(clip.blocks(samples)), "<i2")
    finally:
        clip.close()


def read(data: bytes | Path, start: float | None = None, end: float | None = None) -> np.ndarray:
    return pcm_of(open_clip(data, sample_rate=RATE, start=start, end=end))


def lag(got: np.ndarray, expected: np.ndarray) -> float:
    """The delay of `got` in seconds: the maximum of the cross-correlation."""
    size = 1 << (len(got) + len(expected)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(got, size) * np.conj(np.fft.rfft(expected, size)), size)
    at = int(np.argmax(correlation))
    return (at - size if at > size // 2 else at) / RATE


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """The lesson's first seconds, read by PyAV alone."""
    with av.open(str(DATA / "lesson_en.flac")) as file:
        whole = np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])
    return whole[: SECONDS * RATE].astype(np.int16)


@pytest.fixture(scope="module")
def clips(speech: np.ndarray) -> dict[str, bytes]:
    """The same speech in every form; each is encoded when it is read first."""

    class Clips(dict[str, bytes]):
        def __missing__(self, name: str) -> bytes:
            self[name] = encode(speech, FORMS[name])
            return self[name]

    return Clips()


# -------------------------------------------------------------------------------------------------- the same speech


@pytest.mark.parametrize("name", FORMS)
def test_every_format_gives_the_same_speech_at_the_same_times(
    name: str, clips: dict[str, bytes], speech: np.ndarray
) -> None:
    clip = open_clip(clips[name], sample_rate=RATE)
    assert clip.end is None if name in ("aac", "amr") else abs((clip.end or 0) - SECONDS) < 0.1
    got = pcm_of(clip)
    assert abs(len(got) / RATE - SECONDS) < 0.1
    assert abs(lag(got, speech)) < 0.03
    for second in range(0, SECONDS - 2, 2):  # also in each part: no drift
        part = slice(second * RATE, (second + 2) * RATE)
        assert abs(lag(got[part], speech[part])) < 0.03


def test_lossless_formats_give_identical_samples(clips: dict[str, bytes], speech: np.ndarray) -> None:
    for name in ("wav", "flac", "w64"):
        assert (read(clips[name]) == speech).all()


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(("start", "end"), [(1.2345, 3.7), (6.543, 9.0), (0.0, 0.5), (8.25, None)])
def test_a_part_is_the_same_part_of_the_whole(
    name: str, start: float, end: float | None, clips: dict[str, bytes]
) -> None:
    whole = read(clips[name])
    expected = whole[round(start * RATE) : None if end is None else round(end * RATE)]
    got = read(clips[name], start, end)
    assert abs(len(got) - len(expected)) <= (1 if end is None else 0) + (0 if name in EXACT else 16)
    if name in EXACT:
        assert (got == expected).all()
    else:
        assert abs(lag(got, expected)) < 0.005


@pytest.mark.parametrize("name", ["wav", "flac", "mp3", "m4a", "webm opus", "ogg opus"])
def test_a_part_that_ends_beyond_the_clip_ends_with_the_clip(name: str, clips: dict[str, bytes]) -> None:
    clip = open_clip(clips[name], sample_rate=RATE, start=9.0, end=99.0)
    assert clip.end == pytest.approx(SECONDS, abs=0.1)
    assert len(pcm_of(clip)) == pytest.approx(RATE, abs=0.1 * RATE)


@pytest.mark.parametrize("name", ["wav", "flac", "mp3", "m4a", "webm opus", "ogg opus"])
def test_the_error_for_a_part_that_begins_beyond_the_clip_gives_its_length(name: str, clips: dict[str, bytes]) -> None:
    with pytest.raises(ParameterError, match=r"start=12 .* 10\.\d\d s long"):
        open_clip(clips[name], sample_rate=RATE, start=12.0)


@pytest.mark.parametrize("name", FORMS)
def test_a_very_short_clip_is_read(name: str, speech: np.ndarray) -> None:
    data = encode(speech[RATE : RATE + 800], FORMS[name])  # 0.05 s
    assert 800 <= len(read(data)) <= 800 + 0.05 * RATE


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_speech_is_resampled_to_the_requested_rate(rate: int, clips: dict[str, bytes]) -> None:
    for name in ("wav", "flac 44.1k stereo", "mp3 16k"):
        got = pcm_of(open_clip(clips[name], sample_rate=rate))
        assert len(got) == pytest.approx(SECONDS * rate, abs=0.05 * rate)


def test_the_chinese_lesson_has_the_duration_of_its_notes() -> None:
    notes = json.loads((DATA / "lesson_zh.json").read_text(encoding="utf-8"))
    clip = open_clip(DATA / "lesson_zh.flac", sample_rate=RATE)
    assert clip.end == pytest.approx(notes["duration_ms"] / 1000, abs=0.01)
    assert len(pcm_of(clip)) / RATE == pytest.approx(notes["duration_ms"] / 1000, abs=0.01)


# --------------------------------------------------------------------------------------------- odd, but in use


@pytest.mark.parametrize("container", ["matroska", "mp4"])
def test_a_part_is_right_where_the_timestamps_do_not_begin_at_zero(container: str, speech: np.ndarray) -> None:
    codec = "libopus" if container == "matroska" else "aac"
    data = encode(speech, Form(codec, container, 48000), later=100.0)
    whole = read(data)
    assert len(whole) == pytest.approx(SECONDS * RATE, abs=0.1 * RATE)
    assert abs(lag(read(data, 6.0, 9.0), whole[6 * RATE : 9 * RATE])) < 0.005


def test_audio_after_a_hole_in_the_timestamps_keeps_its_time(speech: np.ndarray) -> None:
    # A call over a bad network: the packets of 3 to 6 s never arrived; players play the rest at its own time.
    data = encode(speech, Form("libopus", "webm", 48000), keep=lambda time: not 3 <= time < 6)
    got = read(data)
    assert len(got) == pytest.approx(SECONDS * RATE, abs=0.1 * RATE)
    assert abs(lag(got[6 * RATE :], speech[6 * RATE :])) < 0.03


@pytest.mark.parametrize(
    ("codec", "container", "second"),
    [
        ("libmp3lame", "mp3", (22050, "mono")),
        ("libmp3lame", "mp3", (44100, "mono")),
        ("aac", "adts", (44100, "mono")),
        ("aac", "adts", (24000, "stereo")),
    ],
)
def test_two_joined_files_of_different_formats_are_read_to_the_end(
    codec: str, container: str, second: tuple[int, str], speech: np.ndarray
) -> None:
    # A podcast with a jingle in front: two streams one after another in one file.
    first = encode(speech[: 4 * RATE], Form(codec, container, 44100, "stereo"))
    rest = encode(speech[4 * RATE :], Form(codec, container, *second))
    got = read(first + rest)
    assert len(got) == pytest.approx(SECONDS * RATE, abs=0.2 * RATE)
    assert abs(lag(got, speech)) < 0.1


def vbr_without_length(loud: slice) -> bytes:
    """A minute of MP3 at a variable bit rate without a header that has its length: FFmpeg can only guess it."""
    pcm = np.zeros(60 * RATE, np.int16)
    pcm[loud] = np.random.default_rng(0).standard_normal(len(pcm[loud])) * 8000
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as out:
        stream: Any = out.add_stream("libmp3lame", rate=RATE, layout="mono")
        stream.codec_context.qscale = True
        stream.codec_context.global_quality = 2 * 118
        for frame in [*frames_of(pcm, stream), None]:
            out.mux(stream.encode(frame))
    return file.getvalue()


@pytest.mark.parametrize("loud", [slice(0, 20 * RATE), slice(40 * RATE, None)], ids=["loud first", "loud last"])
def test_a_guessed_length_is_not_reported(loud: slice) -> None:
    clip = open_clip(vbr_without_length(loud), sample_rate=RATE)
    assert clip.end is None or abs(clip.end - 60) < 0.5
    assert len(pcm_of(clip)) == pytest.approx(60 * RATE, abs=0.2 * RATE)


def test_a_part_is_not_rejected_because_of_a_guessed_length() -> None:
    assert len(read(vbr_without_length(slice(0, 20 * RATE)), 50.0, 55.0)) == 5 * RATE


def test_tags_in_any_encoding_are_accepted(speech: np.ndarray) -> None:
    body = b"\3" + "第一课".encode("gbk")  # declared as UTF-8
    frame = b"TIT2" + struct.pack(">IH", len(body), 0) + body
    tag = b"ID3\3\0\0" + bytes([0, 0, 0, len(frame)]) + frame
    assert abs(lag(read(tag + encode(speech, FORMS["mp3"], id3v2_version="0")), speech)) < 0.03


def test_a_cover_picture_is_accepted(speech: np.ndarray) -> None:
    picture = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(2))),
            (b"IEND", b""),
        )
    )
    body = b"\0image/png\0\3\0\x89PNG\r\n\x1a\n" + picture
    frame = b"APIC" + struct.pack(">IH", len(body), 0) + body
    tag = b"ID3\3\0\0" + bytes([0, 0, len(frame) >> 7, len(frame) & 127]) + frame
    data = tag + encode(speech, FORMS["mp3"], id3v2_version="0")
    with av.open(io.BytesIO(data)) as file:
        assert file.streams.video, "the picture is a stream of its own"
    assert abs(lag(read(data), speech)) < 0.03


# ------------------------------------------------------------------------------------------ damaged, or not audio


@pytest.mark.parametrize("name", ["mp3", "flac", "aac", "amr", "ogg opus", "webm opus"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_clip_gives_the_audio_that_it_has(
    name: str, share: float, clips: dict[str, bytes], speech: np.ndarray
) -> None:
    got = read(clips[name][: int(share * len(clips[name]))])
    assert share * SECONDS - 2.0 < len(got) / RATE <= share * SECONDS + 0.5
    assert abs(lag(got, speech)) < 0.03


@pytest.mark.parametrize("name", ["m4a", "mp4 with picture"])
@pytest.mark.parametrize("share", [0.1, 0.95])
def test_a_truncated_clip_without_its_index_raises_an_error(name: str, share: float, clips: dict[str, bytes]) -> None:
    with pytest.raises(AudioError, match=r"cut off or damaged.*convert it to WAV or FLAC"):
        read(clips[name][: int(share * len(clips[name]))])


@pytest.mark.parametrize("name", ["mp3", "flac", "aac", "amr", "m4a", "ogg opus"])
def test_a_few_damaged_bytes_do_not_raise_an_error(name: str, clips: dict[str, bytes]) -> None:
    data = bytearray(clips[name])
    at = len(data) // 2
    data[at : at + 400] = np.random.default_rng(0).bytes(400)
    got = read(bytes(data))
    assert 0.5 * SECONDS <= len(got) / RATE <= SECONDS + 0.1


@pytest.mark.parametrize(
    "name", ["wav", "flac", "mp3", "m4a", "webm opus", "ogg opus", "aac", "amr", "mp4 with picture"]
)
def test_damage_raises_only_audio_errors(name: str, clips: dict[str, bytes]) -> None:
    random = np.random.default_rng(0)
    for _ in range(15):
        data = bytearray(clips[name][: random.integers(50, len(clips[name]))])
        for _ in range(random.integers(1, 40)):
            data[random.integers(len(data))] = random.integers(256)
        try:
            read(bytes(data), *((2.5, 4.0) if random.integers(2) else ()))
        except (AudioError, ParameterError) as error:
            assert str(error)


NOT_AUDIO = {
    "text": b"hello world\n" * 200,
    "short text": b"x",
    "table": b"a,b,c\n1,2,3\n" * 100,
    "json": b'{"cells": []}',
    "junk": np.random.default_rng(0).bytes(100_000),
    "little junk": np.random.default_rng(1).bytes(50),
    "zeros": bytes(10_000),
    # a description of a network stream: an error at once, without opening a socket
    "session": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 49170 RTP/AVP 0\n",
    "page": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
}


@pytest.mark.parametrize("name", NOT_AUDIO)
def test_the_error_for_a_file_without_audio_has_its_name_and_advice(name: str, tmp_path: Path) -> None:
    path = tmp_path / "lecture.wav"
    path.write_bytes(NOT_AUDIO[name])
    with pytest.raises(
        AudioError, match=r"'lecture\.wav' is not audio that FFmpeg can read.*convert it to WAV or FLAC"
    ):
        open_clip(path, sample_rate=RATE)


def test_the_error_for_a_video_without_sound_says_what_it_has() -> None:
    data = encode(np.zeros(2 * RATE, np.int16), Form("", "mp4", picture="mpeg4"))
    with pytest.raises(AudioError, match="no sound in it, only video"):
        read(data)


# ----------------------------------------------------------------------------------------------------------- memory


def python_peak(clip: Clip) -> tuple[int, int]:
    """The number of samples of a clip, and the most bytes that Python allocated while reading it."""
    tracemalloc.start()
    try:
        samples = sum(len(block) // 2 for block in clip.blocks(1600))
        return samples, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        clip.close()


MINUTES = 30


@pytest.mark.system
def test_half_an_hour_is_read_in_constant_memory(tmp_path: Path, speech: np.ndarray) -> None:
    whole = np.tile(speech, MINUTES * 60 // SECONDS)
    (tmp_path / "long.flac").write_bytes(encode(whole, Form("flac", "flac")))
    with wave.open(str(tmp_path / "long.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(whole.tobytes())
    for source in (tmp_path / "long.flac", tmp_path / "long.wav", (whole, RATE)):
        clip = open_clip(source, sample_rate=RATE)
        assert isinstance(clip, Clip)
        samples, peak = python_peak(clip)
        assert samples == len(whole)
        assert peak < 300_000, f"{source}: {peak} bytes"


def test_amr_without_its_pauses_is_read_with_them() -> None:
    """Telephones send nothing in pauses of speech (DTX)."""
    got = read(PAUSES.read_bytes())
    assert abs(len(got) / RATE - 10) < 0.1
    loud = np.abs(got).reshape(-1)[: 10 * RATE].astype(int)
    assert loud[: 2 * RATE].max() > 4000 < loud[-2 * RATE :].max()
    assert loud[3 * RATE : 7 * RATE].max() < 500
