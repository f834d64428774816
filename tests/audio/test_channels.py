"""One channel of a clip: chosen before anything is mixed or resampled; the same sound twice is noticed."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.errors import AudioError, ParameterError

RATE = 16_000
TONES = (300.0, 1100.0, 2300.0)
SECONDS = 2.0


def tone(frequency: float, rate: int = RATE) -> np.ndarray[Any, Any]:
    return (8000 * np.sin(2 * np.pi * frequency * np.arange(int(SECONDS * rate)) / rate)).astype(np.int16)


def wav(path: Path, *channels: np.ndarray[Any, Any], rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.stack(channels, axis=1).tobytes())
    return path


def flac(path: Path, *channels: np.ndarray[Any, Any], rate: int = RATE) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("flac", rate=rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.stack(channels, axis=1).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def loudest(clip: Any, **options: Any) -> float:
    """The frequency of most of a clip's sound, as it would be sent."""
    opened = open_clip(clip, sample_rate=RATE, **options)
    assert isinstance(opened, Clip)
    pcm = np.frombuffer(b"".join(opened.blocks(1600)), "<i2").astype(float)
    opened.close()
    spectrum = np.abs(np.fft.rfft(pcm))
    return float(np.fft.rfftfreq(len(pcm), 1 / RATE)[spectrum.argmax()])


def notices(clip: Any, channel: int | None) -> list[str]:
    opened = open_clip(clip, sample_rate=RATE, channel=channel)
    assert isinstance(opened, Clip)
    assert sum(len(block) for block in opened.blocks(1600))
    opened.close()
    return opened.notices[:]


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("form", ["wav", "flac", "bytes", "int16", "float32"])
@pytest.mark.parametrize("channel", [0, 1])
def test_the_channel_that_was_chosen_is_read(form: str, channel: int, rate: int, tmp_path: Path) -> None:
    channels = [tone(frequency, rate) for frequency in TONES[:2]]
    clip: Any
    match form:
        case "wav":
            clip = wav(tmp_path / "a.wav", *channels, rate=rate)
        case "flac":
            clip = flac(tmp_path / "a.flac", *channels, rate=rate)
        case "bytes":
            clip = wav(tmp_path / "a.wav", *channels, rate=rate).read_bytes()
        case "int16":
            clip = np.stack(channels, axis=1), rate
        case _:
            clip = (np.stack(channels, axis=1) / 32768).astype(np.float32), rate
    assert loudest(clip, channel=channel) == pytest.approx(TONES[channel], abs=2)
    assert loudest(clip, channel=channel, start=1.0) == pytest.approx(TONES[channel], abs=2)


def test_of_three_channels_the_last_one_is_not_one_of_stereo(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", *(tone(frequency) for frequency in TONES))
    assert [round(loudest(path, channel=number)) for number in range(3)] == [300, 1100, 2300]


def test_a_chosen_channel_is_read_where_both_cancel_each_other_out(tmp_path: Path) -> None:
    left = tone(300)
    path = wav(tmp_path / "a.wav", left, -left)
    assert loudest(path, channel=1) == pytest.approx(300, abs=2)
    assert notices(path, 1) == []


@pytest.mark.parametrize(
    ("channel", "reason"),
    [
        (2, "'a.wav' has 2 channels, 0 to 1"),
        (-1, "counted from 0"),
        ("left", "counted from 0"),
        (True, "counted from 0"),
    ],
)
def test_a_channel_that_the_clip_does_not_have_is_refused(channel: Any, reason: str, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(300), tone(1100))
    with pytest.raises(ParameterError, match=reason):
        open_clip(path, sample_rate=RATE, channel=channel)


def test_a_mono_clip_has_channel_0(tmp_path: Path) -> None:
    for rate in (16_000, 44_100):
        path = wav(tmp_path / f"{rate}.wav", tone(300, rate), rate=rate)
        assert loudest(path, channel=0) == pytest.approx(300, abs=2)
        with pytest.raises(ParameterError, match="has one channel, 0"):
            open_clip(path, sample_rate=RATE, channel=1)
    with pytest.raises(ParameterError, match="'array' has one channel, 0"):
        open_clip((tone(300), RATE), sample_rate=RATE, channel=1)


def test_of_what_is_read_once_no_channel_is_chosen() -> None:
    class Live:
        sample_rate = RATE

        def __aiter__(self) -> Any: ...

    with pytest.raises(ParameterError, match="live source is mono"):
        open_clip(Live(), sample_rate=RATE, channel=0)

    class Piped(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(ParameterError, match="is a pipe.*save it to a file"):
        open_clip(Piped(b"RIFF"), sample_rate=RATE, channel=0)


def test_the_same_sound_on_both_channels_is_noticed(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    speech = (rng.normal(0, 3000, 3 * RATE)).clip(-30_000, 30_000).astype(np.int16)
    quieter = (speech * 0.5 + rng.normal(0, 20, len(speech))).astype(np.int16)
    other = rng.normal(0, 3000, len(speech)).clip(-30_000, 30_000).astype(np.int16)
    mixed = ((speech.astype(float) + other) / 2).astype(np.int16)  # crosstalk
    same = wav(tmp_path / "same.wav", speech, quieter)
    assert [len(notices(same, channel)) for channel in (0, 1)] == [1, 1]
    assert "Channels 1 and 0 hold the same sound (dual mono)" in notices(same, 1)[0]
    assert notices(same, None) == [], "mixing them is right"
    assert len(notices((np.stack([speech, quieter], axis=1), RATE), 0)) == 1
    for second in (other, mixed, np.zeros_like(speech)):
        assert notices(wav(tmp_path / "differ.wav", speech, second), 0) == []
    silent = np.zeros_like(speech)
    assert notices(wav(tmp_path / "silent.wav", silent, silent), 0) == []


def test_a_long_clip_is_noticed_before_its_end(tmp_path: Path) -> None:
    speech = np.random.default_rng(2).normal(0, 3000, 30 * RATE).astype(np.int16)
    opened = open_clip(wav(tmp_path / "a.wav", speech, speech), sample_rate=RATE, channel=0)
    assert isinstance(opened, Clip)
    blocks = opened.blocks(RATE)
    for _ in range(25):
        next(blocks)
    assert len(opened.notices) == 1
    opened.close()


def mp3(*channels: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    layout = "mono" if len(channels) == 1 else "stereo"
    with av.open(file, "w", format="mp3") as container:
        stream: Any = container.add_stream("mp3", rate=RATE, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.stack(channels), format="s16p", layout=layout)
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def test_where_a_later_part_has_fewer_channels_the_reading_ends_with_an_error() -> None:
    opened = open_clip(mp3(tone(300), tone(1100)) + mp3(tone(300)), sample_rate=RATE, channel=1)
    assert isinstance(opened, Clip)
    with pytest.raises(AudioError, match="only 1 channels at a later position, so channel 1 ends there"):
        list(opened.blocks(1600))
    opened.close()
