"""WAV as it arrives, with headers written before the sound was known, and plain PCM."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from encoded_clips import RATE, clip, cut, decode, speech

from paraformer_nb.dashscope.messages import AUDIO_FORMATS
from paraformer_nb.errors import AudioError
from paraformer_nb.server.demuxers.task_decoder import TaskDecoder

Chunk = tuple[bytes, bytes, int | None]


def riff(*chunks: Chunk) -> bytes:
    """A streamed WAV file of these chunks: name, body, and the size in the header, None for the body's own."""
    body = b"".join(
        name + struct.pack("<I", len(data) if size is None else size) + data + bytes(len(data) % 2)
        for name, data, size in chunks
    )
    return b"RIFF\xff\xff\xff\xffWAVE" + body


def fmt(*, tag: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16) -> Chunk:
    return b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, 0, 0, bits), None


def sound(data: bytes, size: int | None = None) -> Chunk:
    return b"data", data, size


LIST = (b"LIST", b"INFOISFT\6\0\0\0Lavf62", None)
SOUND = (np.random.default_rng(0).standard_normal(8000) * 6000).astype("<i2").tobytes()
A, B = SOUND[:8000], SOUND[8000:]
LONGER = "there is more sound than the WAV header declares"


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (riff(fmt(), sound(SOUND, 0)), None),
        (riff(fmt(), sound(SOUND, 0xFFFFFFFF)), None),
        (riff(fmt(), sound(SOUND, 0x7FFFFFDB)), None),
        (riff(fmt(), sound(SOUND, 3201)), None),  # not a whole number of samples, so the size is wrong
        (riff(fmt(), sound(SOUND, 3200)), LONGER),
        (riff(LIST, (b"odd ", b"abc", None), fmt(), LIST, sound(SOUND), LIST), None),
        (riff(fmt(), sound(A)) + riff(fmt(), sound(B), LIST), None),
        (riff(fmt(), sound(A), LIST, sound(B)), None),
        (riff((b"fmt ", fmt()[1] + b"\0\0", None), sound(SOUND, 0xFFFFFFFF)).replace(b"RIFF", b"RF64"), None),
    ],
)
def test_a_wav_header_written_before_the_sound(data: bytes, note: str | None) -> None:
    for longest in (1, 5000):
        decoder = TaskDecoder("wav", RATE)
        assert np.array_equal(decode(decoder, *cut(data, 9, longest)), np.frombuffer(SOUND, "<i2"))
        assert decoder.note == note


def test_a_pad_byte_is_not_sound() -> None:
    data = riff(fmt(bits=8), sound(b"\x80" * 1001), LIST)
    assert len(decode(TaskDecoder("wav", RATE), data)) == 1001


def test_a_file_of_another_form_after_the_first() -> None:
    data = riff(fmt(), sound(SOUND)) + riff(fmt(channels=2), sound(SOUND))
    assert len(decode(TaskDecoder("wav", RATE), *cut(data, 4))) == 12_000


@pytest.mark.parametrize("audio_format", [name for name in AUDIO_FORMATS if name != "wav"])
def test_a_riff_header_under_any_declared_format(audio_format: str) -> None:
    decoder = TaskDecoder(audio_format, 8000)
    assert np.array_equal(decode(decoder, *cut(clip("wav"), 10, 50)), speech())
    assert decoder.note == (f"a RIFF header under format {audio_format}; 16000 Hz in the WAV header, 8000 Hz declared")


def test_a_header_without_sound_is_not_an_error() -> None:
    assert len(decode(TaskDecoder("wav", RATE), riff(fmt(), sound(b"", 0)))) == 0


def test_pcm_that_begins_like_a_header_is_decoded_as_pcm() -> None:
    assert len(decode(TaskDecoder("pcm", RATE), *[b"R", b"I", b"F", b"F", b"s"])) == 2
    assert len(decode(TaskDecoder("pcm", RATE), b"RIFF" + SOUND)) == 2 + len(SOUND) // 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (riff(sound(SOUND), fmt()), "has no format before the sound"),
        (riff((b"junk", b"", 0xFFFFFFF0)) + SOUND, "header is damaged"),
        (riff((b"fmt ", b"", 5000)) + SOUND, "header is damaged"),
        (riff((b"fmt ", b"", None), sound(SOUND)), "format 0"),
        (riff(fmt(tag=2, bits=4), sound(SOUND)), "format 2, 4 bits"),
        (riff(fmt(rate=1), sound(SOUND)), "1 Hz"),
        (riff(fmt(channels=60_000), sound(SOUND)), "60000 channels"),
        (riff(*[(b"junk", bytes(60_000), None)] * 2)[:40_000], "no WAV"),
    ],
)
def test_an_invalid_header_is_rejected(data: bytes, reason: str) -> None:
    with pytest.raises(AudioError, match=f"^Failed to decode audio: .*{reason}"):
        decode(TaskDecoder("wav", RATE), *cut(data, 16))
