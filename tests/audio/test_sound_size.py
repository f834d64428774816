"""Headers of AIFF, CAF and W64 that count too little sound: all of it is read, and played."""

from __future__ import annotations

import io
import struct

import av
import numpy as np
import pytest

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.playback.samples import open_samples

RATE = 16_000
SOUND = np.random.default_rng(1).integers(-9000, 9000, 2 * RATE).astype("<i2")
W64_DATA = b"data" + bytes.fromhex("f3acd3118cd100c04f8edb8a")
CODECS = {"aiff": "pcm_s16be", "caf": "pcm_s16le", "w64": "pcm_s16le"}
FIELDS = {"aiff": (b"SSND", ">I"), "caf": (b"data", ">q"), "w64": (W64_DATA, "<q")}  # the chunk's id, and its size


def encode(container: str) -> bytes:
    """The sound in a container, with a correct header."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(CODECS[container], rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(SOUND[None], format="s16", layout="mono")
        frame.rate = RATE
        output.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def with_size(container: str, data: bytes, size: int) -> bytes:
    """The file with another size of its sound."""
    name, form = FIELDS[container]
    at = data.index(name) + len(name)
    return data[:at] + struct.pack(form, size) + data[at + struct.calcsize(form) :]


def read(data: bytes) -> np.ndarray:
    """All samples of a clip."""
    clip = open_clip(data, sample_rate=RATE)
    assert isinstance(clip, Clip)
    try:
        return np.frombuffer(b"".join(clip.blocks(RATE)), "<i2")
    finally:
        clip.close()


@pytest.mark.parametrize("size", [0, 8, 24, 10_000, 10_001, 40_000])
@pytest.mark.parametrize("container", CODECS)
def test_sound_behind_the_size_in_the_header_is_recognised(container: str, size: int) -> None:
    assert (read(with_size(container, encode(container), size)) == SOUND).all()


@pytest.mark.parametrize(("container", "size"), [("aiff", 0xFFFFFFFF), ("caf", -1), ("caf", 2**60), ("w64", 2**60)])
def test_a_size_beyond_the_end_of_the_file_is_its_end(container: str, size: int) -> None:
    assert (read(with_size(container, encode(container), size)) == SOUND).all()


@pytest.mark.parametrize("container", CODECS)
def test_it_plays_as_a_whole(container: str) -> None:
    samples = open_samples(io.BytesIO(with_size(container, encode(container), 10_000)), "clip")
    try:
        last = np.asarray(samples.read(len(SOUND) - 1000, len(SOUND))).ravel()
    finally:
        samples.close()
    assert len(last) == 1000


CHUNKS = {
    "aiff": b"NAME" + struct.pack(">I", 2000) + b"n" * 2000,
    "caf": b"free" + struct.pack(">q", 2000) + b"n" * 2000,
    "w64": b"junk" + W64_DATA[4:] + struct.pack("<q", 2024) + b"n" * 2000,
}


@pytest.mark.parametrize("container", CODECS)
def test_a_chunk_behind_the_sound_is_not_sound(container: str) -> None:
    assert (read(encode(container) + CHUNKS[container]) == SOUND).all()


@pytest.mark.parametrize("rest", [b"\0", b"\0" * 7])
@pytest.mark.parametrize("container", CODECS)
def test_padding_behind_the_sound_is_not_sound(container: str, rest: bytes) -> None:
    assert (read(encode(container) + rest) == SOUND).all()
