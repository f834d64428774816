"""Every form of clip that a user may give, and the errors for everything else."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import sys
import wave
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.audio.live import LiveClip
from paraformer_nb.audio.pipe_clip import PipeClip
from paraformer_nb.errors import AudioError, ParameterError

RATE = 8000
NOISE = (np.random.default_rng(0).standard_normal(RATE * 3) * 6000).astype(np.int16)
TONE = (np.sin(np.arange(RATE * 3) * 0.2) * 20000).astype(np.int16)
_settings = settings(deadline=None, derandomize=True, database=None)


def wav_bytes(pcm: np.ndarray = NOISE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm.astype("<i2").tobytes())
    return file.getvalue()


WAV = wav_bytes()


def blocks(clip: Any, samples: int = 800, **options: Any) -> list[bytes]:
    opened = open_clip(clip, **({"sample_rate": RATE} | options))
    assert isinstance(opened, Clip)
    try:
        return list(opened.blocks(samples))
    finally:
        opened.close()


def read(clip: Any, **options: Any) -> np.ndarray:
    return np.frombuffer(b"".join(blocks(clip, **options)), "<i2")


def read_pipe(clip: Any, **options: Any) -> np.ndarray:
    opened = open_clip(clip, **({"sample_rate": RATE} | options))
    assert isinstance(opened, PipeClip)
    try:
        return np.frombuffer(b"".join(opened.chunks()), "<i2")
    finally:
        opened.close()


# ------------------------------------------------------------------------------------------------------ accepted forms


def test_a_path_a_file_and_bytes_give_the_same_samples(tmp_path: Path) -> None:
    path = tmp_path / "第 1 课.wav"
    path.write_bytes(WAV)
    with path.open("rb") as file:
        for clip in (path, str(path), WAV, bytearray(WAV), memoryview(WAV), file, io.BytesIO(WAV)):
            assert (read(clip) == NOISE).all()


def test_a_clip_has_a_name_a_path_and_a_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lesson.wav"
    path.write_bytes(WAV)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for given_ in (path, "lesson.wav", "~/lesson.wav"):
        clip = open_clip(given_, sample_rate=RATE)
        assert (clip.name, clip.path, clip.start, clip.end) == ("lesson.wav", path.resolve(), 0.0, 3.0)
        assert clip.sha256() == hashlib.sha256(WAV).hexdigest()
        clip.close()
    path.unlink()
    assert clip.sha256() is None
    names = [open_clip(one, sample_rate=RATE).name for one in (WAV, io.BytesIO(WAV), (NOISE, RATE))]
    assert names == ["bytes", "file", "array"]
    assert open_clip(WAV, sample_rate=RATE).sha256() is None


def test_a_file_object_stays_open_and_is_read_from_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "lesson.wav").write_bytes(WAV)
    with (tmp_path / "lesson.wav").open("rb") as file:
        file.seek(1000)
        clip = open_clip(file, sample_rate=RATE)
        assert clip.name == "lesson.wav"
        assert (np.frombuffer(b"".join(clip.blocks(800)), "<i2") == NOISE).all()  # type: ignore[arg-type]
        clip.close()
        assert not file.closed


@pytest.mark.skipif(sys.platform == "win32", reason="has no /dev/fd")
@pytest.mark.parametrize("by_name", [False, True], ids=["file object", "path"])
def test_a_pipe_is_accepted(by_name: bool) -> None:
    # transcribe(process.stdout), or paraformer-nb <(sox ...) in a shell
    reading, writing = os.pipe()
    os.write(writing, WAV)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert (read_pipe(f"/dev/fd/{reading}" if by_name else pipe) == NOISE).all()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_no_file_stays_open_after_close_or_an_error(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.wav", tmp_path / "bad.wav"
    good.write_bytes(WAV)
    bad.write_bytes(b"no sound" * 100)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for rate in (RATE, 16000):
        open_clip(good, sample_rate=rate).close()
        with pytest.raises(AudioError):
            open_clip(bad, sample_rate=rate)
        with pytest.raises(ParameterError):
            open_clip(good, sample_rate=rate, start=99)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# ---------------------------------------------------------------------------------------------------------- arrays


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_integers_and_floats_of_any_number_of_channels_give_the_same_samples(channels: int) -> None:
    whole = np.repeat(NOISE[:, None], channels, axis=1)
    assert (read((whole, RATE)) == NOISE).all()
    got = read(((whole / 32768).astype(np.float32), RATE))
    assert np.abs(got.astype(int) - NOISE).max() <= 1


def test_floats_out_of_range_are_clipped_and_nan_becomes_silence() -> None:
    odd = np.array([2.0, -2.0, np.nan, np.inf, -np.inf, 0.0], np.float32)
    assert read((odd, RATE)).tolist() == [32767, -32767, 0, 32767, -32767, 0]


ADVICE = [
    (NOISE / 32768, "array.astype('float32')"),  # float64 between -1 and 1
    (NOISE.astype(np.float64), "(array / 32768).astype('float32')"),
    (NOISE.astype(np.int64), "array.astype('int16')"),
    (NOISE.astype(np.int32) << 16, "(array / 2147483648).astype('float32')"),
    (NOISE.astype(np.int32) << 8, "(array / 8388608).astype('float32')"),
    ((NOISE >> 8).astype(np.int8), "array.astype('int16') * 256"),
    (((NOISE >> 8) + 128).astype(np.uint8), "(array.astype('float32') - 128) / 128"),
    ((NOISE.astype(np.int32) + 32768).astype(np.uint16), "(array.astype('float32') - 32768) / 32768"),
    (NOISE.astype(">i2"), "array.astype('int16')"),
    ((NOISE / 32768).astype(np.float16), "array.astype('float32')"),
]


@pytest.mark.parametrize(("array", "advice"), ADVICE, ids=[str(array.dtype) + advice[-8:] for array, advice in ADVICE])
def test_the_advice_for_another_dtype_gives_the_same_sound(array: np.ndarray, advice: str) -> None:
    with pytest.raises(ParameterError, match=rf"dtype is {array.dtype}, .*give {re.escape(advice)}\.$"):
        open_clip((array, RATE), sample_rate=RATE)
    followed = eval(advice, {"array": array})
    assert np.abs(read((followed, RATE)).astype(int) - NOISE).max() <= 256  # of 8 bits; others are closer


def test_the_advice_for_lists_can_be_followed() -> None:
    for samples in (NOISE.tolist(), (NOISE / 32768).tolist(), NOISE.astype(float).tolist()):
        with pytest.raises(ParameterError) as caught:
            open_clip((samples, RATE), sample_rate=RATE)
        advice = str(caught.value).rpartition("give ")[2].rstrip(".")
        followed = eval(advice, {"np": np, "samples": samples})
        assert np.abs(read((followed, RATE)).astype(int) - NOISE).max() <= 1


@pytest.mark.parametrize("scale", [100.0, 32768.0, 2.0**31])
def test_floats_far_beyond_1_are_refused_with_advice(scale: float) -> None:
    array = (NOISE / 32768 * scale).astype(np.float32)
    with pytest.raises(ParameterError, match="floats must lie between -1 and 1: nothing was sent.*give array / "):
        open_clip((array, RATE), sample_rate=RATE)


def test_floats_somewhat_beyond_1_are_clipped() -> None:
    loud = (NOISE / 32768 * 6).astype(np.float32)
    assert np.abs(read((loud, RATE)) - np.clip(loud, -1, 1) * 32767).max() <= 1


def test_views_of_arrays_are_read_in_their_own_order() -> None:
    assert (read((NOISE[::-1], RATE)) == NOISE[::-1]).all()
    assert (read((np.asfortranarray(np.stack([NOISE, NOISE], 1))[::2], RATE)) == NOISE[::2]).all()


def test_an_array_at_another_rate_is_resampled() -> None:
    got = read((TONE, RATE), sample_rate=16000)
    assert len(got) == pytest.approx(2 * len(TONE), abs=50)
    spectrum = np.abs(np.fft.rfft(got.astype(float)))
    assert np.argmax(spectrum) / len(got) * 16000 == pytest.approx(0.2 / (2 * np.pi) * RATE, abs=1)


@_settings
@given(st.floats(0, 2.99), st.none() | st.floats(0.001, 5), st.integers(1, 9000))
def test_a_part_of_an_array_is_its_slice_in_blocks_of_the_requested_size(
    start: float, length: float | None, samples: int
) -> None:
    end = None if length is None else start + length
    got = blocks((NOISE, RATE), samples, start=start, end=end)
    expected = NOISE[round(start * RATE) : None if end is None else round(end * RATE)]
    assert b"".join(got) == expected.tobytes()
    assert all(len(block) == 2 * samples for block in got[:-1])
    assert not got or 0 < len(got[-1]) <= 2 * samples


@pytest.mark.parametrize("samples", [1, 7, 799, 800, 801, 23_999, 24_000, 24_001, 10**6])
@pytest.mark.parametrize("rate", [RATE, 11025])
def test_blocks_have_the_requested_size_whatever_the_decoder_returns(samples: int, rate: int) -> None:
    got = blocks(WAV, samples, sample_rate=rate)
    assert b"".join(got) == b"".join(blocks(WAV, 500, sample_rate=rate))
    assert {len(block) for block in got[:-1]} <= {2 * samples}
    assert 0 < len(got[-1]) <= 2 * samples


# ------------------------------------------------------------------------------------------------------------- errors


def test_the_error_for_a_missing_file_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AudioError, match=rf"no file 'lesson\.wav'.*{re.escape(str(tmp_path))}"):
        open_clip("lesson.wav", sample_rate=RATE)


def test_a_directory_and_an_empty_file_have_errors_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="is a directory"):
        open_clip(tmp_path, sample_rate=RATE)
    (tmp_path / "empty.wav").touch()
    for empty in (tmp_path / "empty.wav", b""):
        with pytest.raises(AudioError, match="empty: 0 bytes"):
            open_clip(empty, sample_rate=RATE)
    for empty in (io.BytesIO(), (np.zeros(0, np.int16), RATE), (np.zeros((0, 2), np.float32), RATE)):
        with pytest.raises(AudioError):
            open_clip(empty, sample_rate=RATE)


@pytest.mark.parametrize(
    "path",
    ["a" * 300, "a/" * 3000, "~no-such-user/a.wav", "a\0b.wav", "https://example.com/a.wav"],
    ids=["long name", "long path", "no such home", "null byte", "address"],
)
def test_a_string_that_cannot_be_a_path_raises_an_audio_error(path: str) -> None:
    with pytest.raises(AudioError):
        open_clip(path, sample_rate=RATE)


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (None, "type NoneType is not a clip. Give a path"),
        (5, "type int is not a clip"),
        ([0.0], "type list is not a clip"),
        (NOISE, "type ndarray is not a clip.*sample_rate"),
        ((NOISE,), "sample rate"),
        ((NOISE, 0), "sample rate"),
        ((NOISE, "8000"), "sample rate"),
        ((NOISE.astype(float), RATE), r"float64.*give \(array / 32768\)\.astype\('float32'\)"),
        ((NOISE.astype(np.int32), RATE), r"int32.*fit into 16 bits: give array\.astype\('int16'\)"),
        ((NOISE.reshape(2, -1), RATE), "shape"),
        ((np.zeros((4, 2, 2), np.int16), RATE), "shape"),
        ((np.zeros((9, 0), np.int16), RATE), "shape"),
        (io.StringIO("text"), "mode 'rb'"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_error_for_an_invalid_clip_says_what_to_give(clip: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        open_clip(clip, sample_rate=RATE)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"start": -1}, "start=-1 is not a position"),
        ({"end": float("nan")}, "end=nan is not a position"),
        ({"start": float("inf")}, "start=inf"),
        ({"start": "1"}, "start='1'"),
        ({"start": 2, "end": 2}, "end=2 must be later than"),
        ({"start": 2, "end": 1.5}, "end=1.5 must be later than start=2"),
        ({"end": 0}, "end=0 must be later than"),
        ({"start": 3}, r"start=3 lies beyond the clip's end; 'bytes' is 3\.00 s long"),
        ({"start": 99, "end": 100}, "start=99"),
    ],
)
def test_the_error_for_an_invalid_part_says_why(part: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        open_clip(WAV, sample_rate=RATE, **part)


@pytest.mark.parametrize("number", [np.int64, np.int32, np.float32, np.float64])
def test_a_position_may_be_a_numpy_number(number: type) -> None:
    assert (read(WAV, start=number(1), end=number(2)) == NOISE[RATE : 2 * RATE]).all()


# ------------------------------------------------------------------------------------------------------ live sources


async def source(blocks: list[Any]) -> AsyncIterator[Any]:
    for block in blocks:
        yield block


class Microphone:
    """A live source with a sample rate of its own."""

    sample_rate = RATE

    def __aiter__(self) -> AsyncIterator[Any]:
        return source([NOISE.tobytes()])


def live_blocks(clip: Any, samples: int = 800, rate: int = RATE) -> list[bytes]:
    opened = open_clip(clip, sample_rate=rate)
    assert isinstance(opened, LiveClip)

    async def collect() -> list[bytes]:
        return [block async for block in opened.blocks(samples) if block]

    return asyncio.run(collect())


@_settings
@given(st.lists(st.integers(0, 900), max_size=12), st.integers(1, 700))
def test_no_sample_of_a_live_source_is_lost_whatever_the_size_of_its_blocks(sizes: list[int], samples: int) -> None:
    ends = np.cumsum([0, *sizes])
    arrays = [NOISE[a:b] for a, b in pairwise(ends)]
    mixed = [array if number % 2 else memoryview(array.tobytes()) for number, array in enumerate(arrays)]
    got = live_blocks((source(mixed), RATE), samples)
    assert b"".join(got) == NOISE[: ends[-1]].tobytes()
    assert all(block and len(block) % (2 * samples) == 0 for block in got[:-1])


@_settings
@given(st.lists(st.integers(0, 1800), max_size=12), st.integers(1, 700))
def test_a_live_source_may_divide_a_sample(sizes: list[int], samples: int) -> None:
    data = NOISE.tobytes()
    ends = np.cumsum([0, *sizes])
    got = live_blocks((source([data[a:b] for a, b in pairwise(ends)]), RATE), samples)
    assert b"".join(got) == data[: ends[-1] - ends[-1] % 2], "half a sample at the very end is none"


def test_a_live_source_that_gives_a_view_of_samples_is_counted_in_bytes() -> None:
    views = [memoryview(NOISE[:801]), memoryview(NOISE)[801:1600], NOISE[1600:].tobytes()]
    assert b"".join(live_blocks((source(views), RATE))) == NOISE.tobytes()


def test_the_rate_of_a_live_source_is_its_attribute_or_given_beside_it() -> None:
    for clip in (Microphone(), (Microphone(), RATE), (source([NOISE.tobytes()]), RATE)):
        assert b"".join(live_blocks(clip)) == NOISE.tobytes()
    opened = open_clip(Microphone(), sample_rate=RATE)
    assert (opened.name, opened.path, opened.start, opened.end, opened.sha256()) == ("live", None, 0.0, None, None)


@pytest.mark.parametrize("rate", [4000, 16000, 11025])
def test_a_live_source_at_another_rate_is_resampled_to_its_last_sample(rate: int) -> None:
    arrays = [TONE[at : at + 333] for at in range(0, len(TONE), 333)]
    got = np.frombuffer(b"".join(live_blocks((source(arrays), RATE), 100, rate)), "<i2")
    assert len(got) == pytest.approx(3 * rate, abs=2)
    assert live_blocks((source([]), RATE), 100, rate) == []


@pytest.mark.parametrize(
    "block",
    [7, (1, 2), memoryview(NOISE.astype(np.float32)), "text", NOISE.astype(np.float32), NOISE.reshape(2, -1), None],
)
def test_a_live_source_that_does_not_give_pcm_raises_an_error(block: Any) -> None:
    with pytest.raises(AudioError, match="a live source gave"):
        live_blocks((source([NOISE, block]), RATE))


@pytest.mark.parametrize("rate", [None, 0, -1, "8000"])
def test_a_live_source_without_a_rate_is_refused(rate: Any) -> None:
    with pytest.raises(ParameterError, match="live source needs its sample rate"):
        open_clip((source([]), rate), sample_rate=RATE)


def test_the_rate_of_a_live_source_or_an_array_may_be_a_numpy_number() -> None:
    assert b"".join(live_blocks((source([NOISE]), np.int64(RATE)))) == NOISE.tobytes()
    assert (read((NOISE, np.int64(RATE))) == NOISE).all()


@pytest.mark.parametrize("part", [{"start": 1.0}, {"end": 2.0}])
def test_a_live_source_has_no_parts(part: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="live source has none"):
        open_clip(Microphone(), sample_rate=RATE, **part)
