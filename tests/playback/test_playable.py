"""A clip as a player gets it: windows that join, each sound at its own time, however the clip was given."""

from __future__ import annotations

import hashlib
import io
import os
import re
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from paraformer_nb.errors import AudioError, ParameterError
from paraformer_nb.playback.playable import WINDOW, PlayableClip

Listen = Callable[[Any], PlayableClip]
RATE = 48_000  # of what is played
_RNG = np.random.default_rng(7)


def noise(seconds: float, rate: int) -> np.ndarray:
    """Speech-like noise: loud and soft by turns, nothing above 3 kHz; no stretch of it sounds like another."""
    count = round(seconds * rate)
    spectrum = np.fft.rfft(_RNG.standard_normal(count))
    spectrum[round(3000 * seconds) :] = 0
    found = np.fft.irfft(spectrum, count) * (1.2 + np.sin(np.arange(count) * (2 * np.pi * 3 / rate)))
    return (found / np.abs(found).max() * 20_000).astype("<i2")


def clicks(seconds: int, rate: int, at: list[float]) -> np.ndarray:
    """Silence with a click, 2 ms of sound, at each of the times."""
    pcm = np.zeros(seconds * rate, "<i2")
    for time in at:
        first = round(time * rate)
        pcm[first : first + rate // 500] = 20_000
    return pcm


def encoded(pcm: np.ndarray, rate: int, form: str, codec: str, **options: Any) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, **options)
        stream.codec_context.layout = "mono"
        for at in range(0, len(pcm), rate):
            frame = av.AudioFrame.from_ndarray(pcm[None, at : at + rate], format="s16", layout="mono")
            frame.sample_rate = rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def wav(pcm: np.ndarray, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1 if pcm.ndim == 1 else pcm.shape[1], 2, rate, 0, "NONE", ""))
        out.writeframes(pcm.tobytes())
    return file.getvalue()


def heard(data: bytes) -> tuple[float, np.ndarray]:
    """When a file begins, and its sound, as a decoder gives them."""
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
        assert container.streams.audio[0].codec_context.sample_rate == RATE
    return float(frames[0].time), np.concatenate([frame.to_ndarray().ravel() for frame in frames])


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Opens clips, and closes them at the end."""
    with ExitStack() as opened:

        def listen(clip: Any) -> PlayableClip:
            listening = PlayableClip(clip)
            opened.callback(listening.close)
            return listening

        yield listen


def joined(listening: PlayableClip, first: int = 0) -> np.ndarray:
    """All windows from `first` on, put into one decoder one after the other, as a browser does."""
    decoder: Any = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = RATE, "mono"
    parts, index = [], first
    while data := listening.window(index):
        assert len(data) < 1_000_000
        with av.open(io.BytesIO(data)) as container:
            for number, packet in enumerate(p for p in container.demux(audio=0) if p.size):
                assert packet.pts * packet.time_base == pytest.approx(index * WINDOW + number * 0.02, abs=1e-9)
                parts += [frame.to_ndarray().ravel() for frame in decoder.decode(packet)]
        index += 1
    sound = np.concatenate(parts)
    return sound if sound.dtype == np.float32 else sound.astype(np.float32) / 32768


def lag(sound: np.ndarray, source: np.ndarray, at: float, seconds: float = 0.5) -> int:
    """How many samples later than in the source a place is heard."""
    first, count = round(at * RATE), round(seconds * RATE)
    margin = 2000
    here = np.pad(sound, margin)[first : first + count + 2 * margin]
    found = np.correlate(here, source[first : first + count].astype(np.float32), "valid")
    return int(np.argmax(found)) - margin


def first_loud(sound: np.ndarray, near: float, within: float = 0.1) -> float:
    """The time of the first sound near a time."""
    first = round((near - within) * RATE)
    part = np.abs(sound[first : round((near + within) * RATE)])
    return (first + int(np.argmax(part > part.max() / 2))) / RATE


# ------------------------------------------------------------------------------------------------------------ windows


def test_a_tone_goes_on_over_seams_as_if_there_were_none(listen: Listen) -> None:
    source = (np.cos(np.arange(75 * RATE) * (2 * np.pi * 437.3 / RATE)) * 16_000).astype("<i2")
    errors = np.abs(joined(listen((source, RATE))) - source / np.float32(32768))
    seams = [errors[at - 960 : at + 2880].max() for at in range(WINDOW * RATE, len(source), WINDOW * RATE)]
    assert len(seams) == 7
    assert max(seams) < 0.02  # 28 dB below the tone; without a warm-up it is nearly as loud as the tone


def test_windows_join_to_the_source_without_a_seam_or_drift(listen: Listen) -> None:
    source = noise(75, RATE)
    sound = joined(listen((source, RATE)))
    assert len(sound) == len(source)
    errors = sound - source / np.float32(32768)
    level = [float(np.square(errors[at : at + 960]).mean()) for at in range(0, len(errors) - 960, 960)]
    per_window = WINDOW * 50
    seams = [max(level[n : n + 3]) for n in range(per_window, len(level), per_window)]
    assert len(seams) == 7
    assert max(seams) < 1.5 * np.quantile(level, 0.99)  # the codec's own error is not larger there than elsewhere
    assert {lag(sound, source, at) for at in (0.2, 9.8, 39.7, 74)} == {0}


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 96_000])
def test_any_rate_is_heard_at_its_time(rate: int, listen: Listen) -> None:
    times = [0.5, 9.75, 10.0, 20.004, 24.9]
    sound = joined(listen((clicks(25, rate, times), rate)))
    assert len(sound) == 25 * RATE
    for time in times:
        assert first_loud(sound, time) == pytest.approx(time, abs=0.0003), time


def test_the_last_window_is_short_and_there_is_nothing_behind_it(listen: Listen) -> None:
    listening = listen((noise(12.51, 16_000), 16_000))
    assert heard(listening.window(1))[1].size == pytest.approx(2.51 * RATE, abs=960)
    assert listening.window(2) == b""
    assert listening.window(1000) == b""
    with pytest.raises(ParameterError, match="no window -1"):
        listening.window(-1)


@pytest.mark.parametrize(
    ("form", "codec"), [("wav", "pcm_s24le"), ("flac", "flac"), ("mp4", "aac"), ("ogg", "libopus")]
)
@pytest.mark.parametrize("seconds", [29, 33])
def test_the_end_is_met_in_every_container(listen: Listen, form: str, codec: str, seconds: int) -> None:
    listening = listen(encoded(noise(seconds, RATE), RATE, form, codec))
    last = (seconds - 1) // WINDOW
    assert listening.window(last)
    assert listening.window(last + 1) == b""
    assert listening.window(last + 9) == b""
    assert listening.window(last)


def test_a_window_alone_is_the_same_as_in_a_row(listen: Listen) -> None:
    listening = listen(encoded(noise(35, 44_100), 44_100, "flac", "flac"))
    in_a_row = [listening.window(index) for index in range(4)]
    assert [listening.window(index) for index in (2, 0, 3, 1)] == [in_a_row[i] for i in (2, 0, 3, 1)]


def test_a_clip_as_long_as_a_window_has_one(listen: Listen) -> None:
    listening = listen((noise(WINDOW, 16_000), 16_000))
    assert heard(listening.window(0))[1].size == WINDOW * RATE
    assert listening.window(1) == b""


# -------------------------------------------------------------------------------------------------------- what is taken


@pytest.mark.parametrize(
    ("form", "codec"),
    [
        ("flac", "flac"),
        ("mp4", "aac"),
        ("matroska", "libopus"),
        ("wav", "pcm_s24le"),
        ("mp3", "libmp3lame"),
        ("adts", "aac"),
        ("ogg", "libopus"),
    ],
)
def test_every_container_is_heard_at_its_time(form: str, codec: str, listen: Listen) -> None:
    times = [0.7, 10.0, 19.5, 31.25]
    listening = listen(encoded(clicks(33, RATE, times), RATE, form, codec))
    delay = 1024 / RATE if codec == "aac" else 0  # these files do not tell what their encoder put before
    late = joined(listening, 3)  # a jump first, then what lies before it
    assert first_loud(late, 1.25) == pytest.approx(1.25 + delay, abs=0.002)
    sound = joined(listening)
    for time in times:
        assert first_loud(sound, time) == pytest.approx(time + delay, abs=0.002), time


def test_a_path_bytes_a_file_and_an_array_sound_the_same(tmp_path: Path, listen: Listen) -> None:
    pcm = noise(12, 16_000)
    path = tmp_path / "clip.wav"
    path.write_bytes(wav(pcm, 16_000))
    expected = listen((pcm, 16_000)).window(1)
    with path.open("rb") as file:
        for clip in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), file):
            assert listen(clip).window(1) == expected


def test_stereo_is_heard_as_the_mean_of_its_channels(listen: Listen) -> None:
    one = noise(3, RATE)
    two = np.stack([one, np.zeros_like(one)], axis=1)
    for clip in ((two, RATE), wav(two, RATE), (two.astype(np.float32) / 32768, RATE)):
        pcm = listen(clip).pcm(0, 3, RATE)
        assert np.abs(pcm - one / 2).max() <= 2


def test_a_live_source_and_a_nameless_file_cannot_be_played(listen: Listen) -> None:
    async def live() -> AsyncIterator[bytes]:
        yield b""

    with pytest.raises(AudioError, match="live source keeps no sound"):
        listen((live(), 16_000))
    with pytest.raises(AudioError, match="BytesIO cannot be played"):
        listen(io.BytesIO(b"RIFF"))
    with pytest.raises(AudioError, match="NoneType cannot be played"):
        listen(None)


def test_a_clip_that_is_gone_or_changed_says_so(tmp_path: Path, listen: Listen) -> None:
    path = tmp_path / "clip.wav"
    with pytest.raises(AudioError, match=re.escape(f"gone from disk ({path})")):
        listen(path)
    path.write_bytes(wav(noise(12, 16_000), 16_000))
    listening = listen(path)
    assert listening.window(0)
    os.utime(path, ns=(1, 1))
    with pytest.raises(AudioError, match="'clip.wav' has changed on disk"):
        listening.window(0)
    path.unlink()
    with pytest.raises(AudioError, match="gone from disk"):
        listening.window(1)


def test_what_is_no_audio_says_so_at_the_first_window(tmp_path: Path, listen: Listen) -> None:
    path = tmp_path / "notes.mp3"
    path.write_bytes(b"not audio at all, " * 100)
    with pytest.raises(AudioError, match="not audio that FFmpeg can read"):
        listen(path).window(0)


def test_a_full_disk_says_what_to_do(monkeypatch: pytest.MonkeyPatch, listen: Listen) -> None:
    class Full(io.BytesIO):
        def write(self, _data: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_options: Full())
    with pytest.raises(AudioError, match="temporary file to be played; that cannot be written: .*No space left"):
        listen(encoded(noise(3, RATE), RATE, "mp3", "libmp3lame")).window(0)


# ------------------------------------------------------------------------------------------------------- three hours


def test_three_hours_of_wav_are_read_where_they_lie(tmp_path: Path, listen: Listen) -> None:
    hours, rate = 3, 16_000
    path = tmp_path / "long.wav"
    header = wav(np.zeros(0, "<i2"), rate)
    size = hours * 3600 * rate * 2
    with path.open("wb") as file:  # sparse: a click at 2:50:03.25, and silence
        file.write(header[:40] + size.to_bytes(4, "little"))
        file.seek(44 + round(10_203.25 * rate) * 2)
        file.write(clicks(1, rate, [0]).tobytes())
        file.truncate(44 + size)
    listening = listen(path)
    start, sound = heard(listening.window(1020))
    assert start == 10_200
    assert first_loud(sound, 3.25) == pytest.approx(3.25, abs=0.0003)
    assert listening.window(1079)
    assert listening.window(1080) == b""


def test_mp3_is_right_to_the_sample_far_into_the_clip(listen: Listen) -> None:
    """What a jump in an MP3 would get wrong: a variable rate, no index. Decoded from the start it is right."""
    source = np.tile(noise(60, 16_000), 10)
    for minute in range(10):
        source[minute * 960_000 :][:160] = 0  # so that the minutes differ
        source[(minute * 60 + 30) * 16_000 + minute * 800 :][:8000] = 0
    listening = listen(encoded(source, 16_000, "mp3", "libmp3lame", options={"q": "5"}))
    sound = joined(listening, 57)
    expected = listen((source, 16_000)).pcm(570, 600, RATE)
    assert {lag(sound, expected, at) for at in (0.5, 5, 15, 25, 29)} == {0}
    assert len(sound) == pytest.approx(30 * RATE, abs=0.1 * RATE)  # MP3 ends on a whole frame


# ------------------------------------------------------------------------------------------------------- other forms


def test_pcm_is_the_part_that_was_asked_for(listen: Listen) -> None:
    pcm = clicks(30, 44_100, [12.5])
    for clip in ((pcm, 44_100), encoded(pcm, 44_100, "flac", "flac"), encoded(pcm, 44_100, "mp3", "libmp3lame")):
        part = listen(clip).pcm(12.2, 13.2, 16_000)
        assert part.dtype == np.int16
        assert part.size == 16_000
        assert int(np.argmax(np.abs(part) > 9000)) / 16_000 == pytest.approx(0.3, abs=0.002)
    listening = listen((pcm, 44_100))
    assert listening.pcm(29.5, 40, 16_000).size == 8000
    with pytest.raises(AudioError, match="has nothing at 31 s"):
        listening.pcm(31, 32, 16_000)
    with pytest.raises(ParameterError, match="no part of a clip"):
        listening.pcm(2, 2, 16_000)


def test_whole_is_one_file_that_can_be_sought_in(listen: Listen) -> None:
    times = [6.0, 17.3, 27.9]
    data = listen((clicks(30, 16_000, times), 16_000)).whole(5, 29)
    start, sound = heard(data)
    assert start == 0
    assert sound.size == 24 * RATE
    for time in times:
        assert first_loud(sound, time - 5) == pytest.approx(time - 5, abs=0.0003)
    with av.open(io.BytesIO(data)) as container:
        assert container.duration == 24_000_000
        container.seek(21_000_000)
        assert 20 <= next(container.decode(audio=0)).time <= 21  # an index takes it there, not to the beginning


def test_whole_keeps_to_the_clip(listen: Listen) -> None:
    listening = listen((noise(30, 16_000), 16_000))
    assert heard(listening.whole(25, 99))[1].size == 5 * RATE
    with pytest.raises(AudioError, match="has nothing at 30 s"):
        listening.whole(30, 31)


def test_closed_it_opens_again(listen: Listen) -> None:
    listening = listen(encoded(noise(12, RATE), RATE, "mp3", "libmp3lame"))
    first = listening.window(1)
    listening.close()
    listening.close()
    assert listening.window(1) == first
    listening.close()


def test_another_file_than_the_one_that_was_heard_is_not_played(tmp_path: Path) -> None:
    path = tmp_path / "clip.flac"
    path.write_bytes(encoded(noise(2, RATE), RATE, "flac", "flac"))
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    listening = PlayableClip(path, sha256=right)
    assert listening.window(0)
    listening.close()
    with pytest.raises(AudioError, match="has changed on disk"):
        PlayableClip(path, sha256="0" * 64).window(0)
