"""Plain WAV: read directly, even where its header is wrong."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.audio.notices import Notices
from paraformer_nb.audio.wav import corrected_wav, read_wav_format
from paraformer_nb.errors import AudioError
from paraformer_nb.server.demuxers.task_decoder import TaskDecoder

NOISE = (np.random.default_rng(0).standard_normal(8000 * 5) * 6000).astype("<i2")
UNKNOWN = 0xFFFFFFFF


def wav(pcm: bytes, rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(pcm)
    return file.getvalue()


def with_size(data: bytes, size: int) -> bytes:
    """The same WAV with other sizes in its header."""
    changed = bytearray(data)
    struct.pack_into("<I", changed, 4, min(UNKNOWN, size + 36) if size else 0)
    struct.pack_into("<I", changed, 40, size)
    return bytes(changed)


def read(data: bytes, rate: int = 8000, start: float | None = None, end: float | None = None) -> np.ndarray:
    clip = open_clip(data, sample_rate=rate, start=start, end=end)
    try:
        return np.frombuffer(b"".join(clip.blocks(800)), "<i2")  # type: ignore[arg-type]
    finally:
        clip.close()


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


FMT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))


def fmt_of(tag: int, channels: int, bits: int, block: int, more: bytes = b"") -> bytes:
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, 8000, 8000 * block, block, bits) + more)


def _adpcm() -> tuple[bytes, bytes]:
    """IMA ADPCM as FFmpeg writes it: the bytes of the sound and the `fmt ` chunk."""
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as out:
        stream: Any = out.add_stream("adpcm_ima_wav", rate=8000, layout="mono")
        resampler = av.AudioResampler("s16p", "mono", 8000, stream.codec_context.frame_size)
        frame = av.AudioFrame.from_ndarray(NOISE.reshape(1, -1), "s16", "mono")
        frame.sample_rate = 8000
        for each in [*resampler.resample(frame), *resampler.resample(None), None]:
            out.mux(stream.encode(each))
    data = file.getvalue()
    at, size = data.find(b"fmt "), struct.unpack_from("<I", data, data.find(b"fmt ") + 4)[0]
    sound = data.find(b"data")
    count = struct.unpack_from("<I", data, sound + 4)[0]
    return data[sound + 8 : sound + 8 + count], data[at : at + 8 + size + size % 2]


_FINE = np.repeat(NOISE.astype("<i4") << 8, 2).view("u1").reshape(-1, 4)[:, :3].tobytes()
ENCODED = {
    "16 bits": (NOISE.tobytes(), FMT),
    "24 bits stereo": (_FINE, fmt_of(1, 2, 24, 6)),
    "float": ((NOISE / 32768).astype("<f4").tobytes(), fmt_of(3, 1, 32, 4)),
    "mu-law": ((np.arange(40_000) % 251).astype("u1").tobytes(), fmt_of(7, 1, 8, 1)),
    "ADPCM": _adpcm(),
}


def test_samples_are_read_unchanged() -> None:
    assert (read(wav(NOISE.tobytes())) == NOISE).all()


@pytest.mark.parametrize(
    "data",
    [
        riff(FMT, chunk(b"LIST", b"INFOsome"), chunk(b"data", NOISE.tobytes())),
        riff(chunk(b"JUNK", b"odd"), FMT, chunk(b"odd ", b"x"), chunk(b"data", NOISE.tobytes())),
        riff(FMT, chunk(b"data", NOISE.tobytes()), chunk(b"id3 ", b"not sound" * 99)),
        riff(
            chunk(b"fmt ", struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4) + b"\1\0" + bytes(14)),
            chunk(b"data", NOISE.tobytes()),
        ),
    ],
    ids=["list before", "odd chunks", "chunk after", "extensible"],
)
def test_other_chunks_are_skipped(data: bytes) -> None:
    assert (read(data) == NOISE).all()
    assert read_wav_format(io.BytesIO(data)) is not None, "plain PCM needs no decoder"


@pytest.mark.parametrize("size", [0, UNKNOWN, 0x7FFFFFF0, 8 * len(NOISE)])
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (8000, 2), (44100, 1), (16000, 2)])
def test_no_sample_is_lost_where_the_recorder_crashed_before_it_wrote_the_size(
    size: int, rate: int, channels: int
) -> None:
    pcm = np.repeat(NOISE, channels).tobytes()
    data = with_size(wav(pcm, rate, channels), size)
    assert read_wav_format(io.BytesIO(data)) == (rate, channels, 44, len(pcm))
    clip = open_clip(data, sample_rate=rate)
    assert clip.end == len(NOISE) / rate
    assert (np.frombuffer(b"".join(clip.blocks(800)), "<i2") == NOISE).all()  # type: ignore[arg-type]
    clip.close()


@pytest.mark.parametrize("form", ["16 bits", "24 bits stereo", "float", "mu-law", "ADPCM"])
def test_sound_behind_the_declared_size_is_read(form: str) -> None:
    """A recorder that was killed wrote an older size; or the size wrapped at 4 GiB."""
    whole, fmt = ENCODED[form]
    for declared in (len(whole) // 5 // 24 * 24, 0, UNKNOWN):
        data = b"RIFF\0\0\0\0WAVE" + fmt + b"data" + struct.pack("<I", declared) + whole
        assert (read(data) == read(riff(fmt, chunk(b"data", whole)))).all()


def test_sound_in_a_second_data_chunk_is_read() -> None:
    first, second = NOISE[:15_000].tobytes(), NOISE[15_000:].tobytes()
    data = riff(FMT, chunk(b"data", first), chunk(b"LIST", b"INFOsome"), chunk(b"data", second))
    assert (read(data) == NOISE).all()
    assert (read(data, start=1.5, end=2.5) == NOISE[12_000:20_000]).all()
    assert (read(riff(FMT, chunk(b"data", first)) + riff(FMT, chunk(b"data", second))) == NOISE).all(), "joined files"


@pytest.mark.parametrize("declared", [0, 2 * len(NOISE)])
@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
def test_a_long_file_is_read_even_where_its_sizes_were_never_written(declared: int, magic: bytes) -> None:
    long = b"ds64" + struct.pack("<IQQQI", 28, 0, declared, 0, 0)
    data = magic + b"\xff\xff\xff\xffWAVE" + long + FMT + b"data\xff\xff\xff\xff" + NOISE.tobytes()
    assert (read(data) == NOISE).all()
    if declared:
        assert (read(data + chunk(b"LIST", b"INFOsome")) == NOISE).all()


@pytest.mark.parametrize("form", ["16 bits", "24 bits stereo", "float", "mu-law", "ADPCM"])
@pytest.mark.parametrize("rest", [bytes(5000), bytes(range(128, 256)) * 40], ids=["zeros", "garbage"])
def test_bytes_behind_the_last_chunk_are_not_sound(form: str, rest: bytes) -> None:
    whole, fmt = ENCODED[form]
    data = riff(fmt, chunk(b"data", whole), chunk(b"LIST", b"INFOsome"))
    clip = open_clip(data + rest, sample_rate=8000)
    assert isinstance(clip, Clip)
    assert b"".join(clip.blocks(800)) == read(data).tobytes()
    assert ["behind the last chunk of the WAV file are not recog" in each for each in clip.notices[:]] == [True]
    clip.close()


def test_a_file_in_another_format_behind_the_first_is_noticed() -> None:
    stereo = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16))
    data = riff(FMT, chunk(b"data", NOISE.tobytes())) + riff(stereo, chunk(b"data", NOISE.tobytes()))
    clip = open_clip(data, sample_rate=8000)
    assert isinstance(clip, Clip)
    assert b"".join(clip.blocks(800)) == NOISE.tobytes()
    assert ["split it there to recognise both" in notice for notice in clip.notices[:]] == [True]
    clip.close()


def test_a_size_that_wrapped_at_4_gib_is_not_believed(tmp_path: Path) -> None:
    size = 2**32 + 2 * len(NOISE)
    path = tmp_path / "long.wav"
    with path.open("wb") as file:  # mostly a hole on disk
        file.write(b"RIFF\0\0\0\0WAVE" + FMT + b"data" + struct.pack("<I", size % 2**32))
        file.seek(44 + 2**32)
        file.write(NOISE.tobytes())
    clip = open_clip(path, sample_rate=8000, start=2**31 / 8000)
    assert isinstance(clip, Clip)
    assert clip.end == pytest.approx(size / 16_000)
    assert b"".join(clip.blocks(800)) == NOISE.tobytes()
    clip.close()


LAYOUTS = st.lists(
    st.one_of(
        st.builds(lambda body: chunk(b"LIST", body), st.binary(max_size=30)),
        st.builds(lambda count: chunk(b"data", NOISE[:count].tobytes()), st.integers(1, 300)),
        st.builds(lambda count: b"data\0\0\0\0" + NOISE[:count].tobytes(), st.integers(1, 300)),
        st.builds(
            lambda count, size: b"data" + struct.pack("<I", size) + NOISE[:count].tobytes(),
            st.integers(1, 300),
            st.integers(0, 700),
        ),
        st.builds(bytes, st.integers(1, 40)),
        st.binary(max_size=40),
    ),
    max_size=5,
)


@settings(deadline=None, derandomize=True, database=None)
@given(LAYOUTS)
def test_a_client_and_the_service_find_the_same_sound(parts: list[bytes]) -> None:
    data = b"RIFF\0\0\0\0WAVE" + FMT + b"".join(parts)
    form = read_wav_format(corrected_wav(io.BytesIO(data), Notices()))
    ours = read(data) if form else np.zeros(0, np.int16)
    decoder = TaskDecoder("wav", 8000, 8000)
    try:
        theirs = b"".join([*decoder.feed(data), *decoder.finish()])
    except AudioError:  # a client tries FFmpeg then
        assert form is None
    else:
        assert ours.tobytes() == theirs


@pytest.mark.parametrize("cut", [1, 2, 3, 4001, 79_000])
def test_a_truncated_file_gives_the_complete_samples_that_it_has(cut: int) -> None:
    data = wav(NOISE.tobytes())[:-cut]
    assert (read(data) == NOISE[: (80_000 - cut) // 2]).all()


@pytest.mark.parametrize("length", [1, 11, 12, 20, 36, 43, 44, 45])
def test_a_header_without_sound_is_refused(length: int) -> None:
    with pytest.raises(AudioError):
        open_clip(wav(NOISE.tobytes())[:length], sample_rate=8000)


@pytest.mark.parametrize("width", [1, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_other_widths_are_decoded(width: int, channels: int) -> None:
    loud = np.repeat(NOISE.astype(np.int64), channels)
    if width == 1:
        raw = ((loud >> 8) + 128).astype("u1").tobytes()
    else:
        raw = (loud << (8 * (width - 2))).astype("<i4").view("u1").reshape(-1, 4)[:, :width].tobytes()
    got = read(wav(raw, 8000, channels, width))
    assert len(got) == len(NOISE)
    assert np.abs(got.astype(int) - NOISE).max() <= (256 if width == 1 else 1)


@pytest.mark.parametrize("bits", [32, 64])
def test_float_samples_are_decoded(bits: int) -> None:
    fmt = chunk(b"fmt ", struct.pack("<HHIIHH", 3, 1, 8000, 8000 * bits // 8, bits // 8, bits))
    got = read(riff(fmt, chunk(b"data", (NOISE / 32768).astype(f"<f{bits // 8}").tobytes())))
    assert np.abs(got.astype(int) - NOISE).max() <= 1


def test_stereo_becomes_the_mean_of_both_channels() -> None:
    got = read(wav(np.stack([NOISE, np.zeros_like(NOISE)], 1).tobytes(), 8000, 2))
    assert np.abs(got - NOISE / 2).max() <= 1


@settings(deadline=None, derandomize=True, database=None)
@given(st.floats(0, 4.99), st.none() | st.floats(0.001, 9))
def test_a_part_is_the_slice_of_the_whole(start: float, length: float | None) -> None:
    end = None if length is None else start + length
    expected = NOISE[round(start * 8000) : None if end is None else round(end * 8000)]
    assert (read(wav(NOISE.tobytes()), 8000, start, end) == expected).all()


@settings(deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=80), st.booleans())
def test_no_bytes_after_riff_make_it_raise(data: bytes, with_fmt: bool) -> None:
    file = io.BytesIO(b"RIFF\0\0\0\0WAVE" + (FMT if with_fmt else b"") + data)
    found = read_wav_format(file)
    assert file.tell() == 0
    assert found is None or 0 < found.size <= len(data)
