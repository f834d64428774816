"""A clip as a player receives it: windows that join, each sound at its own time, in every form of clip."""

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

Play = Callable[[Any], PlayableClip]
RATE = 48_000  # of the played audio
_RNG = np.random.default_rng(7)


def noise(seconds: float, rate: int) -> np.ndarray:
    """Speech-like noise: alternately loud and soft, nothing above 3 kHz, no two parts alike."""
    count = round(seconds * rate)
    spectrum = np.fft.rfft(_RNG.standard_normal(count))
    spectrum[round(3000 * seconds) :] = 0
    found = np.fft.irfft(spectrum, count) * (1.2 + np.sin(np.arange(count) * (2 * np.pi * 3 / rate)))
    return (found / np.abs(found).max() * 20_000).astype("<i2")


def clicks(seconds: int, rate: int, at: list[float]) -> np.ndarray:
    """Silence with a click of 2 ms at each of the times."""
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


def decoded(data: bytes) -> tuple[float, np.ndarray]:
    """The time at which a file begins, and its samples, as a decoder returns them."""
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
        assert container.streams.audio[0].codec_context.sample_rate == RATE
    return float(frames[0].time), np.concatenate([frame.to_ndarray().ravel() for frame in frames])


@pytest.fixture
def play() -> Iterator[Play]:
    """Opens clips, and closes them after the test."""
    with ExitStack() as opened:

        def play(clip: Any) -> PlayableClip:
            playable = PlayableClip(clip)
            opened.callback(playable.close)
            return playable

        yield play


def joined(playable: PlayableClip, first: int = 0) -> np.ndarray:
    """All windows from `first` on, decoded one after the other by one decoder, as a browser does."""
    decoder: Any = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = RATE, "mono"
    parts, index = [], first
    while data := playable.window(index):
        assert len(data) < 1_000_000
        with av.open(io.BytesIO(data)) as container:
            for number, packet in enumerate(p for p in container.demux(audio=0) if p.size):
                assert packet.pts * packet.time_base == pytest.approx(index * WINDOW + number * 0.02, abs=1e-9)
                parts += [frame.to_ndarray().ravel() for frame in decoder.decode(packet)]
        index += 1
    sound = np.concatenate(parts)
    return sound if sound.dtype == np.float32 else sound.astype(np.float32) / 32768


def lag(sound: np.ndarray, source: np.ndarray, at: float, seconds: float = 0.5) -> int:
    """The delay against the source at a position, in samples."""
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


def test_a_tone_continues_over_seams(play: Play) -> None:
    source = (np.cos(np.arange(75 * RATE) * (2 * np.pi * 437.3 / RATE)) * 16_000).astype("<i2")
    errors = np.abs(joined(play((source, RATE))) - source / np.float32(32768))
    seams = [errors[at - 960 : at + 2880].max() for at in range(WINDOW * RATE, len(source), WINDOW * RATE)]
    assert len(seams) == 7
    assert max(seams) < 0.02  # 28 dB below the tone; without a warm-up the error is nearly as loud as the tone


def test_windows_join_to_the_source_without_a_seam_or_drift(play: Play) -> None:
    source = noise(75, RATE)
    sound = joined(play((source, RATE)))
    assert len(sound) == len(source)
    errors = sound - source / np.float32(32768)
    level = [float(np.square(errors[at : at + 960]).mean()) for at in range(0, len(errors) - 960, 960)]
    per_window = WINDOW * 50
    seams = [max(level[n : n + 3]) for n in range(per_window, len(level), per_window)]
    assert len(seams) == 7
    assert max(seams) < 1.5 * np.quantile(level, 0.99)  # the codec's own error is not larger there than elsewhere
    assert {lag(sound, source, at) for at in (0.2, 9.8, 39.7, 74)} == {0}


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 96_000])
def test_sounds_keep_their_time_at_any_sample_rate(rate: int, play: Play) -> None:
    times = [0.5, 9.75, 10.0, 20.004, 24.9]
    sound = joined(play((clicks(25, rate, times), rate)))
    assert len(sound) == 25 * RATE
    for time in times:
        assert first_loud(sound, time) == pytest.approx(time, abs=0.0003), time


def test_the_last_window_is_shorter_and_those_beyond_it_are_empty(play: Play) -> None:
    playable = play((noise(12.51, 16_000), 16_000))
    assert decoded(playable.window(1))[1].size == pytest.approx(2.51 * RATE, abs=960)
    assert playable.window(2) == b""
    assert playable.window(1000) == b""
    with pytest.raises(ParameterError, match="window -1 does not exist"):
        playable.window(-1)


@pytest.mark.parametrize(
    ("form", "codec"), [("wav", "pcm_s24le"), ("flac", "flac"), ("mp4", "aac"), ("ogg", "libopus")]
)
@pytest.mark.parametrize("seconds", [29, 33])
def test_the_end_is_found_in_every_container(play: Play, form: str, codec: str, seconds: int) -> None:
    playable = play(encoded(noise(seconds, RATE), RATE, form, codec))
    last = (seconds - 1) // WINDOW
    assert playable.window(last)
    assert playable.window(last + 1) == b""
    assert playable.window(last + 9) == b""
    assert playable.window(last)


def test_a_window_is_the_same_in_any_order(play: Play) -> None:
    playable = play(encoded(noise(35, 44_100), 44_100, "flac", "flac"))
    in_order = [playable.window(index) for index in range(4)]
    assert [playable.window(index) for index in (2, 0, 3, 1)] == [in_order[i] for i in (2, 0, 3, 1)]


def test_a_clip_of_one_window_has_one_window(play: Play) -> None:
    playable = play((noise(WINDOW, 16_000), 16_000))
    assert decoded(playable.window(0))[1].size == WINDOW * RATE
    assert playable.window(1) == b""


# ------------------------------------------------------------------------------------------------------ forms of clips


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
def test_sounds_keep_their_time_in_every_container(form: str, codec: str, play: Play) -> None:
    times = [0.7, 10.0, 19.5, 31.25]
    playable = play(encoded(clicks(33, RATE, times), RATE, form, codec))
    delay = 1024 / RATE if codec == "aac" else 0  # these files do not contain their encoder's delay
    late = joined(playable, 3)  # a seek first, then the audio before it
    assert first_loud(late, 1.25) == pytest.approx(1.25 + delay, abs=0.002)
    sound = joined(playable)
    for time in times:
        assert first_loud(sound, time) == pytest.approx(time + delay, abs=0.002), time


def test_a_path_bytes_a_file_and_an_array_give_the_same_window(tmp_path: Path, play: Play) -> None:
    pcm = noise(12, 16_000)
    path = tmp_path / "clip.wav"
    path.write_bytes(wav(pcm, 16_000))
    expected = play((pcm, 16_000)).window(1)
    with path.open("rb") as file:
        for clip in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), file):
            assert play(clip).window(1) == expected


def test_stereo_becomes_the_mean_of_its_channels(play: Play) -> None:
    one = noise(3, RATE)
    two = np.stack([one, np.zeros_like(one)], axis=1)
    for clip in ((two, RATE), wav(two, RATE), (two.astype(np.float32) / 32768, RATE)):
        pcm = play(clip).pcm(0, 3, RATE)
        assert np.abs(pcm - one / 2).max() <= 2


def test_a_live_source_and_a_file_without_a_name_cannot_be_played(play: Play) -> None:
    async def live() -> AsyncIterator[bytes]:
        yield b""

    with pytest.raises(AudioError, match="live source keeps no sound"):
        play((live(), 16_000))
    with pytest.raises(AudioError, match="BytesIO cannot be played"):
        play(io.BytesIO(b"RIFF"))
    with pytest.raises(ParameterError, match="NoneType is not a clip"):
        play(None)


def test_a_clip_that_was_deleted_or_changed_raises_an_error(tmp_path: Path, play: Play) -> None:
    path = tmp_path / "clip.wav"
    with pytest.raises(AudioError, match=re.escape(f"gone from disk ({path})")):
        play(path)
    path.write_bytes(wav(noise(12, 16_000), 16_000))
    playable = play(path)
    assert playable.window(0)
    os.utime(path, ns=(1, 1))
    with pytest.raises(AudioError, match="'clip.wav' has changed on disk"):
        playable.window(0)
    path.unlink()
    with pytest.raises(AudioError, match="gone from disk"):
        playable.window(1)


def test_a_file_that_is_not_audio_raises_an_error_at_the_first_window(tmp_path: Path, play: Play) -> None:
    path = tmp_path / "notes.mp3"
    path.write_bytes(b"not audio at all, " * 100)
    with pytest.raises(AudioError, match="not audio that FFmpeg can read"):
        play(path).window(0)


def test_the_error_for_a_full_disk_says_what_to_do(play: Play) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no limit for the size of files")
    clip = encoded(noise(3, RATE), RATE, "mp3", "libmp3lame")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(AudioError, match="temporary file to be played, which cannot be written: .*too large.*Make"):
            play(clip).window(0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# ------------------------------------------------------------------------------------------------------- three hours


def test_three_hours_of_wav_are_read_directly(tmp_path: Path, play: Play) -> None:
    hours, rate = 3, 16_000
    path = tmp_path / "long.wav"
    header = wav(np.zeros(0, "<i2"), rate)
    size = hours * 3600 * rate * 2
    with path.open("wb") as file:  # sparse: a click at 2:50:03.25, and silence
        file.write(header[:40] + size.to_bytes(4, "little"))
        file.seek(44 + round(10_203.25 * rate) * 2)
        file.write(clicks(1, rate, [0]).tobytes())
        file.truncate(44 + size)
    playable = play(path)
    start, sound = decoded(playable.window(1020))
    assert start == 10_200
    assert first_loud(sound, 3.25) == pytest.approx(3.25, abs=0.0003)
    assert playable.window(1079)
    assert playable.window(1080) == b""


def test_mp3_is_exact_to_the_sample_far_into_the_clip(play: Play) -> None:
    """A seek would be wrong: a variable bit rate without an index. Decoded from the start it is right."""
    source = np.tile(noise(60, 16_000), 10)
    for minute in range(10):
        source[minute * 960_000 :][:160] = 0  # so that the minutes differ
        source[(minute * 60 + 30) * 16_000 + minute * 800 :][:8000] = 0
    playable = play(encoded(source, 16_000, "mp3", "libmp3lame", options={"q": "5"}))
    sound = joined(playable, 57)
    expected = play((source, 16_000)).pcm(570, 600, RATE)
    assert {lag(sound, expected, at) for at in (0.5, 5, 15, 25, 29)} == {0}
    assert len(sound) == pytest.approx(30 * RATE, abs=0.1 * RATE)  # MP3 ends on a whole frame


# ------------------------------------------------------------------------------------------------------- other outputs


def test_pcm_is_the_requested_part(play: Play) -> None:
    pcm = clicks(30, 44_100, [12.5])
    for clip in ((pcm, 44_100), encoded(pcm, 44_100, "flac", "flac"), encoded(pcm, 44_100, "mp3", "libmp3lame")):
        part = play(clip).pcm(12.2, 13.2, 16_000)
        assert part.dtype == np.int16
        assert part.size == 16_000
        assert int(np.argmax(np.abs(part) > 9000)) / 16_000 == pytest.approx(0.3, abs=0.002)
    playable = play((pcm, 44_100))
    assert playable.pcm(29.5, 40, 16_000).size == 8000
    with pytest.raises(AudioError, match="has nothing at 31 s"):
        playable.pcm(31, 32, 16_000)
    with pytest.raises(ParameterError, match="not a part of a clip"):
        playable.pcm(2, 2, 16_000)


def test_whole_is_one_seekable_file(play: Play) -> None:
    times = [6.0, 17.3, 27.9]
    data = play((clicks(30, 16_000, times), 16_000)).whole(5, 29)
    start, sound = decoded(data)
    assert start == 0
    assert sound.size == 24 * RATE
    for time in times:
        assert first_loud(sound, time - 5) == pytest.approx(time - 5, abs=0.0003)
    with av.open(io.BytesIO(data)) as container:
        assert container.duration == 24_000_000
        container.seek(21_000_000)
        assert 20 <= next(container.decode(audio=0)).time <= 21  # the index is used: it does not start at the beginning


def test_whole_ends_with_the_clip(play: Play) -> None:
    playable = play((noise(30, 16_000), 16_000))
    assert decoded(playable.whole(25, 99))[1].size == 5 * RATE
    with pytest.raises(AudioError, match="has nothing at 30 s"):
        playable.whole(30, 31)


def test_a_closed_clip_opens_again(play: Play) -> None:
    playable = play(encoded(noise(12, RATE), RATE, "mp3", "libmp3lame"))
    first = playable.window(1)
    playable.close()
    playable.close()
    assert playable.window(1) == first
    playable.close()


def test_a_file_with_another_digest_is_not_played(tmp_path: Path) -> None:
    path = tmp_path / "clip.flac"
    path.write_bytes(encoded(noise(2, RATE), RATE, "flac", "flac"))
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    playable = PlayableClip(path, sha256=right)
    assert playable.window(0)
    playable.close()
    with pytest.raises(AudioError, match="has changed on disk"):
        PlayableClip(path, sha256="0" * 64).window(0)


def test_a_file_that_was_touched_is_played_where_its_digest_is_known(tmp_path: Path) -> None:
    path = tmp_path / "clip.flac"
    path.write_bytes(encoded(noise(2, RATE), RATE, "flac", "flac"))
    playable = PlayableClip(path)
    first = playable.window(0)
    os.utime(path, (1, 1))
    with pytest.raises(AudioError, match="has changed on disk"):
        playable.window(0)
    playable.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert playable.window(0) == first
    os.utime(path, (2, 2))  # and while it is open
    assert playable.window(0) == first
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(AudioError, match="has changed on disk"):
        playable.window(0)
    playable.close()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_not_a_file_is_not_played(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    make(path)
    with pytest.raises(AudioError, match="is a pipe|not a file but a directory, a pipe or a device"):
        PlayableClip(path)


def test_a_file_that_became_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "clip.flac"
    path.write_bytes(encoded(noise(2, RATE), RATE, "flac", "flac"))
    playable = PlayableClip(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(AudioError, match="can no longer be read"):
        playable.window(0)


@pytest.mark.parametrize("name", ["loop.wav", "nul\0.wav", "x" * 300])
def test_a_path_that_leads_nowhere_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    with pytest.raises(AudioError):
        PlayableClip(tmp_path / name)
