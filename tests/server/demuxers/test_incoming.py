"""Audio in any of the service's formats, in pieces cut anywhere: the same sound as from a file, as soon as it comes."""

from __future__ import annotations

import io
import random
import tracemalloc
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from coded import FORMS, LESSON, RATE, SECONDS, SPEEX, clip, encoded, feed, hear, pieces, speech, told
from hypothesis import given, settings
from hypothesis import strategies as st

from paraformer_nb.dashscope.messages import AUDIO_FORMATS
from paraformer_nb.errors import AudioError, ParameterError
from paraformer_nb.server.demuxers.incoming import TaskDecoder

MIB = 1 << 20
# Lossy decoders that begin, end or round elsewhere than the file's: alike, but not to the sample.
ALIKE = {"mp3 44.1k stereo", "amr"}


def file_decoded(data: bytes) -> np.ndarray:
    """What PyAV makes of the same bytes as a file."""
    resampler, parts = av.AudioResampler("s16", "mono", RATE), []
    with av.open(io.BytesIO(data)) as file:
        for frame in [*file.decode(audio=0), None]:
            if frame is not None:
                frame.pts = None
            parts += [out.to_ndarray().ravel() for out in resampler.resample(frame)]
    return np.concatenate(parts).astype(int)


def lag(got: np.ndarray, expected: np.ndarray) -> float:
    """By how many seconds `got` is late, where the two are most alike."""
    size = 1 << (len(got) + len(expected)).bit_length()
    alike = np.fft.irfft(np.fft.rfft(got, size) * np.conj(np.fft.rfft(expected, size)), size)
    at = int(np.argmax(alike))
    return (at - size if at > size // 2 else at) / RATE


# -------------------------------------------------------------------------------------------------- the same sound


@pytest.mark.parametrize("name", [*FORMS, *SPEEX])
def test_any_pieces_of_any_format_sound_as_the_file_does(name: str) -> None:
    data, incoming = clip(name), TaskDecoder(told(name), RATE)
    whole = hear(incoming, data)
    for seed, longest in ((1, 3000), (2, max(40, len(data) // 300))):
        assert np.array_equal(hear(TaskDecoder(told(name), RATE), *pieces(data, seed, longest)), whole)
    assert incoming.skipped == 0
    expected, frame = file_decoded(data), FORMS[name].frame if name in FORMS else 0.0
    assert abs(len(whole) - len(expected)) <= frame * RATE
    assert lag(whole, expected) == 0.0
    if name in ALIKE:
        same = min(len(whole), len(expected))
        assert np.corrcoef(whole[:same], expected[:same])[0, 1] > 0.99
    else:  # a file tells where in its last frame it ends
        end = len(expected) - round(frame * RATE)
        assert np.array_equal(whole[:end], expected[:end])


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_plain_pcm_at_the_told_rate(rate: int) -> None:
    incoming = TaskDecoder("pcm", rate)
    whole = hear(incoming, *pieces(speech().tobytes() + b"\x01", 3, 99))  # an odd byte waits, and at the end goes
    assert abs(len(whole) - len(speech()) * RATE / rate) <= 2
    assert incoming.note is None
    if rate == RATE:
        assert np.array_equal(whole, speech())


def test_files_of_different_forms_behind_one_another() -> None:
    names = ("mp3 bare", "mp3 44.1k stereo", "mp3 bare")
    incoming = TaskDecoder("mp3", RATE)
    whole = hear(incoming, *pieces(b"".join(clip(name) for name in names), 4))
    assert len(whole) / RATE == pytest.approx(3 * SECONDS, abs=0.3)  # with what the encoder puts before and behind
    assert incoming.skipped == 0
    assert abs(lag(whole[-4 * RATE :], speech()) - 1) < 0.2


def test_another_target_rate() -> None:
    incoming = TaskDecoder("mp3", RATE, 8000)
    pcm = b"".join([*incoming.feed(clip("mp3")), *incoming.finish()])
    assert incoming.seconds == len(pcm) / 2 / 8000 == pytest.approx(SECONDS, abs=0.04)


def test_pauses_that_a_telephone_did_not_send_keep_their_time() -> None:
    pcm = np.concatenate([speech(), np.zeros(3 * RATE, np.int16), speech()])
    data = encoded(FORMS["amr"], pcm, dtx="1")
    assert len(data) < 0.9 * len(encoded(FORMS["amr"], pcm)), "the encoder left nothing out"
    whole = hear(TaskDecoder("amr", 8000), data)
    assert abs(len(whole) - len(pcm)) <= 0.02 * RATE
    assert abs(lag(whole[6 * RATE :], speech())) < 0.01


def test_amr_without_its_first_line() -> None:
    data = clip("amr")
    assert np.array_equal(hear(TaskDecoder("amr", 8000), data[6:]), hear(TaskDecoder("amr", 8000), data))


def test_a_picture_before_mp3_is_no_sound_and_no_damage() -> None:
    noise = random.Random(5).randbytes(3 * 0x10000)
    size = bytes(len(noise) >> shift & 127 for shift in (21, 14, 7, 0))
    incoming = TaskDecoder("mp3", RATE)
    data = clip("mp3 bare")
    assert np.array_equal(
        hear(incoming, *pieces(b"ID3\4\0\0" + size + noise + data, 6)), hear(TaskDecoder("mp3", RATE), data)
    )
    assert incoming.skipped == 0


@pytest.mark.parametrize("name", ["mp3", "aac", "amr"])
def test_what_is_damaged_is_left_out_and_counted(name: str) -> None:
    data, noise = clip(name), random.Random(7).randbytes(1000)
    middle = len(data) // 2
    incoming = TaskDecoder(told(name), RATE)
    spoiled = data[:middle] + noise + data[middle:]
    whole = hear(incoming, spoiled)
    assert np.array_equal(hear(TaskDecoder(told(name), RATE), *pieces(spoiled, 8, 1)), whole)
    assert 900 < incoming.skipped < 2000
    cut_off = TaskDecoder(told(name), RATE)
    assert SECONDS - 0.2 < len(hear(cut_off, data[:-1])) / RATE < SECONDS + 0.2
    assert 0 < cut_off.skipped < 1000
    assert abs(len(whole) / RATE - SECONDS) < 0.25
    assert np.array_equal(whole[: RATE // 2], hear(TaskDecoder(told(name), RATE), data)[: RATE // 2])


# ------------------------------------------------------------------------------------------------- as soon as it comes


def frame_ends(name: str) -> list[tuple[int, float]]:
    """Behind which byte so many seconds could be heard."""
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
def test_sound_comes_out_with_the_last_byte_of_its_frame(name: str) -> None:
    incoming, data, held = TaskDecoder(told(name), RATE), clip(name), []
    for (before, _), (end, seconds) in pairwise([(0, 0.0), *frame_ends(name)]):
        feed(incoming, data[before:end])
        held.append(seconds - incoming.seconds)
    delay = {"mp3": 1105 / RATE, "mp3 44.1k stereo": 1105 / 44100}.get(name, 0.0)  # what the encoder put before it
    assert max(held[2:]) <= delay + 0.005, "more than the resampler's own lag is held back"
    assert max(held) <= 0.1


@pytest.mark.parametrize("name", ["pcm", "wav 32 bit 48k 5.1", "mp3", "opus", "amr"])
def test_a_large_frame_is_decoded_little_by_little(name: str) -> None:
    incoming = TaskDecoder(told(name), RATE)
    data, before = (clip(name) * (MIB // len(clip(name)) + 1))[:MIB], 0.0
    taken = 0
    for _ in incoming.feed(data):
        assert incoming.seconds - before < 0.4
        before = incoming.seconds
        taken += 1
        if taken > 500:
            break
    assert taken >= 256


# ------------------------------------------------------------------------------------------------------- what is wrong


def test_an_unknown_format() -> None:
    with pytest.raises(ParameterError, match="'flac'.*pcm, wav, mp3, opus, speex, aac, amr"):
        TaskDecoder("flac", RATE)


NOISE = random.Random(14).randbytes(100_000)
NOT = {
    "noise": NOISE,
    "nothing but zeros": bytes(100_000),
    "text": b"Dear diary, " * 9000,
    "flac": LESSON.read_bytes()[:100_000],
}


@pytest.mark.parametrize(
    ("audio_format", "name"),
    # Zeros are sound in AMR.
    [(told, name) for told in AUDIO_FORMATS[1:] for name in NOT if (told, name) != ("amr", "nothing but zeros")],
)
def test_what_is_not_of_the_format_is_known_soon(audio_format: str, name: str) -> None:
    incoming, taken = TaskDecoder(audio_format, RATE), 0
    with pytest.raises(AudioError, match=f"^Failed to decode audio: .*{audio_format}") as caught:
        for piece in pieces(NOT[name], 15):
            taken += len(piece)
            feed(incoming, piece)
    assert taken < 0x10000 + 8000
    assert "Nothing was heard." in str(caught.value)
    with pytest.raises(AudioError, match="^Failed to decode audio"):  # and a short one at its end
        hear(TaskDecoder(audio_format, RATE), NOT[name][:300])


@pytest.mark.parametrize(
    ("audio_format", "other"), [("mp3", "aac"), ("aac", "mp3 bare"), ("mp3", "opus"), ("opus", "mp3"), ("wav", "mp3")]
)
def test_one_format_under_the_name_of_another(audio_format: str, other: str) -> None:
    with pytest.raises(AudioError, match=f"^Failed to decode audio: .*{audio_format}"):
        hear(TaskDecoder(audio_format, RATE), *pieces(clip(other), 16))


def test_wide_band_amr_is_not_read() -> None:
    with pytest.raises(AudioError, match="no narrow-band AMR"):
        hear(TaskDecoder("amr", 8000), b"#!AMR-WB\n" + NOISE[:400])


@pytest.mark.parametrize(
    ("audio_format", "endless"),
    [
        ("mp3", NOISE[:4096]),
        ("mp3", b"\xff\xfb\x90\0" + bytes(60)),  # headers that nothing follows
        ("mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f"),
        ("amr", NOISE[:4096]),
    ],
)
def test_memory_is_bounded_whatever_comes_behind_good_sound(audio_format: str, endless: bytes) -> None:
    incoming = TaskDecoder(audio_format, RATE)
    assert feed(incoming, clip(audio_format))
    tracemalloc.start()
    try:
        for _ in range(6):
            feed(incoming, endless * (0x8000 // len(endless)))
        assert tracemalloc.get_traced_memory()[0] < 0x18000
    finally:
        tracemalloc.stop()


def damaged(dice: random.Random, data: bytes) -> bytes:
    """A real file after a few accidents."""
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


def survives(audio_format: str, data: bytes, seed: int) -> None:
    """No other error than ours, and no flood."""
    incoming = TaskDecoder(audio_format, 8000)
    try:
        hear(incoming, *pieces(data, seed))
    except AudioError as error:
        assert str(error).startswith("Failed to decode audio: ")
    assert incoming.seconds <= 2 + len(data) * 0.12  # an Opus packet of one byte may be 120 ms


SHORT = ("pcm", "wav", "mp3", "aac", "opus stereo", "amr", "narrow.spx")


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(AUDIO_FORMATS), st.binary(max_size=300), st.sampled_from([b"", b"RIFF\0\0\0\0WAVE", b"OggS\0\2"])
)
def test_no_bytes_make_another_error(audio_format: str, data: bytes, head: bytes) -> None:
    survives(audio_format, head + data, 1)


@pytest.mark.parametrize("name", SHORT)
def test_no_accident_makes_another_error(name: str) -> None:
    for seed in range(6):
        survives(told(name), damaged(random.Random(seed), clip(name)[:6000]), seed)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", [*FORMS, *SPEEX, "pcm"])
def test_no_accident_of_many_makes_another_error(name: str) -> None:
    for seed in range(1000, 2500):
        dice = random.Random(seed)
        data = damaged(dice, clip(name)[: dice.choice([2000, 20_000])])
        survives(told(name) if dice.random() < 0.8 else dice.choice(AUDIO_FORMATS), data, seed)
