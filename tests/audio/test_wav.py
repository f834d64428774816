"""Plain WAV: read directly, even where its header is wrong."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.audio.clip import open_clip
from paraformer_nb.audio.wav import read_wav_format
from paraformer_nb.errors import AudioError

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


def test_a_size_smaller_than_the_file_is_respected() -> None:
    assert (read(with_size(wav(NOISE.tobytes()), 2000)) == NOISE[:1000]).all()


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


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.floats(0, 4.99), st.none() | st.floats(0.001, 9))
def test_a_part_is_the_slice_of_the_whole(start: float, length: float | None) -> None:
    end = None if length is None else start + length
    expected = NOISE[round(start * 8000) : None if end is None else round(end * 8000)]
    assert (read(wav(NOISE.tobytes()), 8000, start, end) == expected).all()


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=80), st.booleans())
def test_no_bytes_after_riff_make_it_raise(data: bytes, with_fmt: bool) -> None:
    file = io.BytesIO(b"RIFF\0\0\0\0WAVE" + (FMT if with_fmt else b"") + data)
    found = read_wav_format(file)
    assert file.tell() == 0
    assert found is None or 0 < found.size <= len(data)
