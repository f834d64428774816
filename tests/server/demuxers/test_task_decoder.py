"""Audio in any of the service's formats, in blocks cut anywhere: the same sound as from a file, without delay."""

from __future__ import annotations

import io
import random
import tracemalloc
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from encoded_clips import (
    ENCODINGS,
    LESSON,
    PAUSES,
    RATE,
    SECONDS,
    SPEEX,
    clip,
    cut,
    declared_format,
    decode,
    feed,
    speech,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.dashscope.messages import AUDIO_FORMATS
from paraformer_nb.errors import AudioError, ParameterError
from paraformer_nb.server.demuxers.task_decoder import TaskDecoder

MIB = 1 << 20
# Decoded with other rounding, or a little later or earlier, than from a file: similar, but not to the sample.
SIMILAR = {"mp3 44.1k stereo", "amr"}


def decode_file(data: bytes) -> np.ndarray:
    """The samples of the same bytes as a file, by PyAV alone."""
    resampler, parts = av.AudioResampler("s16", "mono", RATE), []
    with av.open(io.BytesIO(data)) as file:
        for frame in [*file.decode(audio=0), None]:
            if frame is not None:
                frame.pts = None
            parts += [out.to_ndarray().ravel() for out in resampler.resample(frame)]
    return np.concatenate(parts).astype(int)


def lag(got: np.ndarray, expected: np.ndarray) -> float:
    """By how many seconds `got` is late: the peak of the cross-correlation."""
    size = 1 << (len(got) + len(expected)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(got, size) * np.conj(np.fft.rfft(expected, size)), size)
    at = int(np.argmax(correlation))
    return (at - size if at > size // 2 else at) / RATE


# ------------------------------------------------------------------------------------------------------- the same sound


@pytest.mark.parametrize("name", [*ENCODINGS, *SPEEX])
def test_any_format_cut_anywhere_decodes_to_the_same_sound_as_the_file(name: str) -> None:
    data = clip(name)
    decoder = TaskDecoder(declared_format(name), RATE)
    whole = decode(decoder, data)
    for seed, longest in ((1, 3000), (2, max(40, len(data) // 300))):
        assert np.array_equal(decode(TaskDecoder(declared_format(name), RATE), *cut(data, seed, longest)), whole)
    assert decoder.skipped == 0
    expected = decode_file(data)
    frame = ENCODINGS[name].frame if name in ENCODINGS else 0.0
    assert abs(len(whole) - len(expected)) <= frame * RATE
    assert lag(whole, expected) == 0.0
    if name in SIMILAR:
        same = min(len(whole), len(expected))
        assert np.corrcoef(whole[:same], expected[:same])[0, 1] > 0.99
    else:  # a file contains the end of sound within its last frame
        end = len(expected) - round(frame * RATE)
        assert np.array_equal(whole[:end], expected[:end])


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_plain_pcm_at_the_declared_rate(rate: int) -> None:
    decoder = TaskDecoder("pcm", rate)
    whole = decode(decoder, *cut(speech().tobytes() + b"\x01", 3, 99))  # the odd byte at the end is ignored
    assert abs(len(whole) - len(speech()) * RATE / rate) <= 2
    assert decoder.note is None
    if rate == RATE:
        assert np.array_equal(whole, speech())


def test_files_of_different_forms_one_after_another() -> None:
    names = ("mp3 bare", "mp3 44.1k stereo", "mp3 bare")
    decoder = TaskDecoder("mp3", RATE)
    whole = decode(decoder, *cut(b"".join(clip(name) for name in names), 4))
    assert len(whole) / RATE == pytest.approx(3 * SECONDS, abs=0.3)  # with the encoder's padding
    assert decoder.skipped == 0
    assert abs(lag(whole[-4 * RATE :], speech()) - 1) < 0.2


def test_another_target_rate() -> None:
    decoder = TaskDecoder("mp3", RATE, 8000)
    pcm = b"".join([*decoder.feed(clip("mp3")), *decoder.finish()])
    assert decoder.seconds == len(pcm) / 2 / 8000 == pytest.approx(SECONDS, abs=0.04)


def test_pauses_of_discontinuous_transmission_keep_their_time() -> None:
    data = PAUSES.read_bytes()
    assert len(data) < 10 * 50 * 13, "the encoder transmitted all pauses"
    whole = decode(TaskDecoder("amr", 8000), data)
    assert len(whole) == pytest.approx(10 * RATE, abs=0.03 * RATE)
    levels = np.abs(whole[: 10 * RATE].reshape(10, RATE)).max(axis=1)
    assert (levels[[0, 1, 8, 9]] > 4000).all()
    assert (levels[3:7] < 500).all()


def test_amr_without_its_magic() -> None:
    data = clip("amr")
    assert np.array_equal(decode(TaskDecoder("amr", 8000), data[6:]), decode(TaskDecoder("amr", 8000), data))


def test_a_picture_before_mp3_is_neither_sound_nor_damage() -> None:
    noise = random.Random(5).randbytes(3 * 0x10000)
    size = bytes(len(noise) >> shift & 127 for shift in (21, 14, 7, 0))
    decoder = TaskDecoder("mp3", RATE)
    data = clip("mp3 bare")
    assert np.array_equal(
        decode(decoder, *cut(b"ID3\4\0\0" + size + noise + data, 6)), decode(TaskDecoder("mp3", RATE), data)
    )
    assert decoder.skipped == 0


@pytest.mark.parametrize("name", ["mp3", "aac", "amr"])
def test_damaged_bytes_are_skipped_and_counted(name: str) -> None:
    data, noise = clip(name), random.Random(7).randbytes(1000)
    middle = len(data) // 2
    decoder = TaskDecoder(declared_format(name), RATE)
    damaged_data = data[:middle] + noise + data[middle:]
    whole = decode(decoder, damaged_data)
    assert np.array_equal(decode(TaskDecoder(declared_format(name), RATE), *cut(damaged_data, 8, 1)), whole)
    assert 900 < decoder.skipped < 2000
    truncated = TaskDecoder(declared_format(name), RATE)
    assert SECONDS - 0.2 < len(decode(truncated, data[:-1])) / RATE < SECONDS + 0.2
    assert 0 < truncated.skipped < 1000
    assert abs(len(whole) / RATE - SECONDS) < 0.25
    assert np.array_equal(whole[: RATE // 2], decode(TaskDecoder(declared_format(name), RATE), data)[: RATE // 2])


# -------------------------------------------------------------------------------------------------------- without delay


def frame_ends(name: str) -> list[tuple[int, float]]:
    """After which byte how many seconds are complete."""
    if name in {"pcm", "wav"}:
        return [
            (at, (at - len(clip(name)) + 2 * len(speech())) / 2 / RATE) for at in range(3200, len(clip(name)), 3200)
        ]
    with av.open(io.BytesIO(clip(name))) as file:
        stream: Any = file.streams.audio[0]
        ends, seconds = [], 0.0
        for packet in file.demux(stream):
            if packet.size:
                seconds += float(packet.duration * packet.time_base)
                ends.append((packet.pos + packet.size, seconds))
    return ends


@pytest.mark.parametrize("name", ["pcm", "wav", "mp3", "mp3 44.1k stereo", "aac", "aac 44.1k stereo", "amr"])
def test_sound_is_returned_with_the_last_byte_of_its_frame(name: str) -> None:
    decoder = TaskDecoder(declared_format(name), RATE)
    data, held = clip(name), []
    for (before, _), (end, seconds) in pairwise([(0, 0.0), *frame_ends(name)]):
        feed(decoder, data[before:end])
        held.append(seconds - decoder.seconds)
    delay = {"mp3": 1105 / RATE, "mp3 44.1k stereo": 1105 / 44100}.get(name, 0.0)  # the encoder's own
    assert max(held[2:]) <= delay + 0.005, "more than the resampler's own lag is held back"
    assert max(held) <= 0.1


@pytest.mark.parametrize("name", ["pcm", "wav 32 bit 48k 5.1", "mp3", "opus", "amr"])
def test_a_large_frame_is_decoded_little_by_little(name: str) -> None:
    decoder = TaskDecoder(declared_format(name), RATE)
    data, before = (clip(name) * (MIB // len(clip(name)) + 1))[:MIB], 0.0
    blocks = 0
    for _ in decoder.feed(data):
        assert decoder.seconds - before < 0.4
        before = decoder.seconds
        blocks += 1
        if blocks > 500:
            break
    assert blocks >= 256


# ----------------------------------------------------------------------------------------------------------- wrong data


def test_an_unknown_format() -> None:
    with pytest.raises(ParameterError, match="'flac'.*pcm, wav, mp3, opus, speex, aac, amr"):
        TaskDecoder("flac", RATE)


NOISE = random.Random(14).randbytes(100_000)
OTHER_DATA = {
    "noise": NOISE,
    "zeros": bytes(100_000),
    "text": b"Dear diary, " * 9000,
    "flac": LESSON.read_bytes()[:100_000],
}


@pytest.mark.parametrize(
    ("audio_format", "name"),
    # Zeros are valid AMR.
    [(declared, name) for declared in AUDIO_FORMATS[1:] for name in OTHER_DATA if (declared, name) != ("amr", "zeros")],
)
def test_data_of_no_audio_format_is_rejected_soon(audio_format: str, name: str) -> None:
    decoder = TaskDecoder(audio_format, RATE)
    fed = 0
    with pytest.raises(AudioError, match=f"^Failed to decode audio: .*{audio_format}") as caught:
        for part in cut(OTHER_DATA[name], 15):
            fed += len(part)
            feed(decoder, part)
    assert fed < 0x10000 + 8000
    assert "Nothing was decoded." in str(caught.value)
    with pytest.raises(AudioError, match="^Failed to decode audio"):  # short data at its end
        decode(TaskDecoder(audio_format, RATE), OTHER_DATA[name][:300])


@pytest.mark.parametrize(
    ("audio_format", "other"), [("mp3", "aac"), ("aac", "mp3 bare"), ("mp3", "opus"), ("opus", "mp3"), ("wav", "mp3")]
)
def test_one_format_declared_as_another(audio_format: str, other: str) -> None:
    with pytest.raises(AudioError, match=f"^Failed to decode audio: .*{audio_format}"):
        decode(TaskDecoder(audio_format, RATE), *cut(clip(other), 16))


def test_wide_band_amr_is_not_supported() -> None:
    with pytest.raises(AudioError, match="no narrow-band AMR"):
        decode(TaskDecoder("amr", 8000), b"#!AMR-WB\n" + NOISE[:400])


@pytest.mark.parametrize(
    ("audio_format", "endless"),
    [
        ("mp3", NOISE[:4096]),
        ("mp3", b"\xff\xfb\x90\0" + bytes(60)),  # headers without frames after them
        ("mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f"),
        ("amr", NOISE[:4096]),
    ],
)
def test_memory_is_bounded_for_any_data_after_valid_sound(audio_format: str, endless: bytes) -> None:
    decoder = TaskDecoder(audio_format, RATE)
    assert feed(decoder, clip(audio_format))
    tracemalloc.start()
    try:
        for _ in range(6):
            feed(decoder, endless * (0x8000 // len(endless)))
        assert tracemalloc.get_traced_memory()[0] < 0x18000
    finally:
        tracemalloc.stop()


def damaged(dice: random.Random, data: bytes) -> bytes:
    """A real file with a few random faults."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(changed)) if dice.random() < 0.7 else dice.randrange(min(len(changed), 120))
        match dice.randrange(4):
            case 0:
                changed[at] = dice.randrange(256)
            case 1:
                changed[at : at + dice.randint(1, 8)] = dice.choice([b"\0", b"\xff"]) * dice.randint(1, 8)
            case 2:
                del changed[at : at + dice.randint(1, 400)]
            case _:
                changed[at:at] = dice.randbytes(dice.randint(1, 400))
        changed = changed or bytearray(1)
    return bytes(changed)


def decode_hostile(audio_format: str, data: bytes, seed: int) -> None:
    """Only AudioError is raised, and the amount of sound is bounded."""
    decoder = TaskDecoder(audio_format, 8000)
    try:
        decode(decoder, *cut(data, seed))
    except AudioError as error:
        assert str(error).startswith("Failed to decode audio: ")
    assert decoder.seconds <= 2 + len(data) * 0.12  # an Opus packet of one byte may be 120 ms


SHORT = ("pcm", "wav", "mp3", "aac", "opus stereo", "amr", "narrow.spx")


@settings(deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(AUDIO_FORMATS), st.binary(max_size=300), st.sampled_from([b"", b"RIFF\0\0\0\0WAVE", b"OggS\0\2"])
)
def test_random_bytes_raise_only_audio_errors(audio_format: str, data: bytes, head: bytes) -> None:
    decode_hostile(audio_format, head + data, 1)


@pytest.mark.parametrize("name", SHORT)
def test_damaged_files_raise_only_audio_errors(name: str) -> None:
    for seed in range(6):
        decode_hostile(declared_format(name), damaged(random.Random(seed), clip(name)[:6000]), seed)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", [*ENCODINGS, *SPEEX, "pcm"])
def test_many_damaged_files_raise_only_audio_errors(name: str) -> None:
    for seed in range(1000, 2500):
        dice = random.Random(seed)
        data = damaged(dice, clip(name)[: dice.choice([2000, 20_000])])
        decode_hostile(declared_format(name) if dice.random() < 0.8 else dice.choice(AUDIO_FORMATS), data, seed)
