"""Clips that come through pipes: every container that can be read without seeking, as it arrives."""

from __future__ import annotations

import io
import os
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encoded_clips import RATE, Encoding, encode, speech

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.audio.pipe import ReadingInterrupted
from paraformer_nb.audio.pipe_clip import PipeClip
from paraformer_nb.errors import AudioError, ParameterError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses /dev/fd and named pipes")

SPEECH = speech()
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
ENCODINGS = {
    "wav": Encoding("", "pcm_s16le", "wav"),
    "wav stereo": Encoding("", "pcm_s16le", "wav", 44100, "stereo"),
    "wav 24 bit": Encoding("", "pcm_s24le", "wav"),
    "aiff": Encoding("", "pcm_s16be", "aiff"),
    "au": Encoding("", "pcm_s16be", "au"),
    "w64": Encoding("", "pcm_s16le", "w64"),
    "caf": Encoding("", "pcm_s16le", "caf"),
    "avi": Encoding("", "pcm_s16le", "avi"),
    "flac": Encoding("", "flac", "flac"),
    "mp3": Encoding("", "libmp3lame", "mp3"),
    "adts": Encoding("", "aac", "adts"),
    "ogg": Encoding("", "libopus", "ogg", 48000),
    "matroska": Encoding("", "libopus", "matroska", 48000),
    "mpegts": Encoding("", "aac", "mpegts"),
    "mp4, index at its end": Encoding("", "aac", "mp4"),
    "mp4, fragments": Encoding("", "aac", "mp4", options=FRAGMENTS),
}


class Trickle(io.RawIOBase):
    """A file object that cannot seek and gives a few bytes at once."""

    def __init__(self, data: bytes, size: int = 1000) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._data.read(min(len(buffer), self._size))
        buffer[: len(data)] = data
        return len(data)


def streamed_wav(pcm: np.ndarray, size: int, rate: int = RATE, *, extra: bytes = b"") -> bytes:
    """A WAV as a program writes it to a pipe, with this size in the header of its data."""
    channels = 1 if pcm.ndim == 1 else pcm.shape[1]
    form = struct.pack("<HHIIHH", 1, channels, rate, 2 * rate * channels, 2 * channels, 16)
    head = b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16) + form
    return head + extra + b"data" + struct.pack("<I", size) + pcm.astype("<i2").tobytes()


def open_pipe_clip(clip: Any, **part: Any) -> PipeClip:
    opened = open_clip(clip, sample_rate=RATE, **part)
    assert isinstance(opened, PipeClip)
    return opened


def read(clip: Any, **part: Any) -> np.ndarray:
    opened = open_pipe_clip(clip, **part)
    try:
        return np.frombuffer(b"".join(opened.chunks()), "<i2")
    finally:
        opened.close()


def read_file(data: bytes, **part: Any) -> np.ndarray:
    opened = open_clip(data, sample_rate=RATE, **part)
    assert isinstance(opened, Clip)
    try:
        return np.frombuffer(b"".join(opened.blocks(1600)), "<i2")
    finally:
        opened.close()


@pytest.fixture
def pipe() -> Iterator[tuple[io.BufferedReader, io.FileIO]]:
    """The two ends of a pipe."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as out, io.FileIO(writing, "wb") as into, suppress(BrokenPipeError):
        yield out, into


# ------------------------------------------------------------------------------------------------------- what is read


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_pipe_gives_the_samples_that_the_file_gives(name: str) -> None:
    data = encode(ENCODINGS[name], SPEECH)
    got, expected = read(Trickle(data)), read_file(data)
    assert (got[: len(expected)] == expected).all()
    # The length that an MP3 declares is used for files only; without it the encoder's padding remains at the end.
    assert len(got) - len(expected) <= (0.05 * RATE if name == "mp3" else 0)


@pytest.mark.parametrize("name", ["wav", "flac", "mp3", "mp4, index at its end"])
def test_a_part_of_a_pipe_is_the_part_of_the_file(name: str) -> None:
    data = encode(ENCODINGS[name], SPEECH)
    part, expected = read(Trickle(data), start=0.5, end=1.5), read_file(data, start=0.5, end=1.5)
    assert len(part) == RATE
    assert (part == expected).all()


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000, 0x80000000], ids=hex)
def test_a_wav_of_unknown_length_is_read_to_the_pipe_s_end(size: int) -> None:
    assert (read(Trickle(streamed_wav(SPEECH, size), 777)) == SPEECH).all()
    start = SPEECH[: RATE // 4]
    tagged = streamed_wav(start, size, extra=b"LIST" + struct.pack("<I", 5) + b"INFOx\0")
    assert (read(Trickle(tagged, 1)) == start).all()
    assert (read(Trickle(streamed_wav(SPEECH, size)), start=1, end=2) == SPEECH[RATE : 2 * RATE]).all()


def test_a_wav_of_unknown_length_is_mixed_and_resampled() -> None:
    stereo = np.repeat(SPEECH[:, None], 2, axis=1)
    mixed = read(Trickle(streamed_wav(stereo, 0)))
    assert np.abs(mixed.astype(int) - SPEECH).max() <= 1
    slow = read(Trickle(streamed_wav(stereo, 0, rate=8000)))
    assert len(slow) == pytest.approx(2 * len(SPEECH), abs=2)


def test_what_was_read_ahead_of_a_pipe_is_not_missed(pipe: tuple[io.BufferedReader, io.FileIO]) -> None:
    out, into = pipe
    into.write(streamed_wav(SPEECH[:8000], 0))
    into.close()
    assert out.peek(4)[:4] == b"RIFF"
    assert (read(out) == SPEECH[:8000]).all()


# ---------------------------------------------------------------------------------------------------- as it arrives


def test_opening_a_pipe_does_not_wait_and_its_sound_is_read_as_it_arrives(
    pipe: tuple[io.BufferedReader, io.FileIO],
) -> None:
    out, into = pipe
    clip = open_pipe_clip(out)
    chunks = clip.chunks()
    into.write(streamed_wav(SPEECH[:RATE], 0xFFFFFFFF)[: 44 + 2 * 3200])
    last_resort = threading.Timer(20, into.close)
    last_resort.start()
    first = next(chunks)
    assert last_resort.is_alive(), "it waited for more than has to be there"
    last_resort.cancel()
    assert first == SPEECH[: len(first) // 2].tobytes()
    into.close()
    assert len(first + b"".join(chunks)) == 2 * 3200
    clip.close()
    assert not out.closed


def test_a_named_pipe_may_be_opened_before_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "live.wav"
    os.mkfifo(path)
    clip = open_pipe_clip(path)
    assert (clip.name, clip.start, clip.end) == ("live.wav", 0.0, None)
    writer = threading.Thread(target=lambda: path.write_bytes(streamed_wav(SPEECH, 0)))
    writer.start()
    assert b"".join(clip.chunks()) == SPEECH.tobytes()
    writer.join(20)
    clip.close()


def test_a_reading_that_waits_can_be_interrupted(pipe: tuple[io.BufferedReader, io.FileIO]) -> None:
    clip = open_pipe_clip(pipe[0])
    assert clip.can_interrupt
    threading.Timer(0.1, clip.interrupt).start()
    with pytest.raises(ReadingInterrupted):
        next(clip.chunks())
    clip.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    open_pipe_clip(path).close()
    first = open_pipe_clip(path)
    with pytest.raises(AudioError):
        open_clip(path, sample_rate=RATE)
    first.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# ------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "'file' is empty: it ended after 0 bytes"),
        (b"no sound" * 1000, "not audio that FFmpeg can read"),
        (b"\0\0\0\x20ftypM4A " + bytes(3000), "not audio that FFmpeg can read"),
        (b"RIFF\0\0\0\0WAVE", "not audio that FFmpeg can read"),
        (streamed_wav(SPEECH[:0], 0), None),
    ],
    ids=["empty", "text", "damaged mp4", "no format", "no samples"],
)
def test_a_pipe_without_a_clip(data: bytes, what: str | None) -> None:
    if what is None:
        assert not len(read(Trickle(data)))
        return
    with pytest.raises(AudioError, match=what):
        read(Trickle(data))


def test_a_part_behind_the_end_of_a_pipe() -> None:
    with pytest.raises(AudioError, match="start=9 lies beyond the end of 'file'"):
        read(Trickle(encode(ENCODINGS["flac"], SPEECH)), start=9)


def test_a_pipe_has_one_reader(pipe: tuple[io.BufferedReader, io.FileIO]) -> None:
    out, into = pipe
    first = open_pipe_clip(out)
    for other in (out, out.raw, f"/dev/fd/{out.fileno()}"):
        with pytest.raises(AudioError, match="is being read by another run"):
            open_clip(other, sample_rate=RATE)
    first.close()
    into.write(streamed_wav(SPEECH[:RATE], 0))
    into.close()
    assert (read(out) == SPEECH[:RATE]).all()


class Failing(Trickle):
    def readinto(self, buffer: Any) -> int:
        raise RuntimeError("the tape broke")


class Wrong:
    """Reads as text, as an array, as nothing."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def read(self, _size: int) -> Any:
        return self._data


@pytest.mark.parametrize(
    ("file", "kind", "what"),
    [
        (Failing(b""), AudioError, r"cannot be read \(RuntimeError: the tape broke\)"),
        (Wrong("text"), ParameterError, "was opened as text"),
        (Wrong([1, 2]), AudioError, "returned list, not bytes"),
        (Wrong(None), AudioError, "returned None, not bytes: it does not wait"),
    ],
    ids=["raises", "text", "list", "None"],
)
def test_a_pipe_that_is_not_one(file: Any, kind: type[Exception], what: str) -> None:
    with pytest.raises(kind, match=what):
        read(file)


class NoSeekable:
    """Has only what a member of a tar stream has: its `seekable` raises AttributeError."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def seekable(self) -> bool:
        raise AttributeError("'_Stream' object has no attribute 'seekable'")

    @property
    def closed(self) -> bool:
        raise RuntimeError("unknown")

    def read(self, size: int) -> bytes:
        return self._data.read(size)


def test_a_file_object_that_does_not_say_whether_it_can_seek_is_read_once() -> None:
    assert (read(NoSeekable(streamed_wav(SPEECH, 0))) == SPEECH).all()


def test_a_buffer_without_its_file_is_refused() -> None:
    buffer = io.BufferedReader(Trickle(b""))
    buffer.detach()
    with pytest.raises(AudioError, match="cannot be read .*detached"):
        read(buffer)


class Download:
    """A socket to which a server has sent a response, and closed the connection."""

    def __init__(self, response: bytes) -> None:
        self._response = response

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self._response))  # type: ignore[type-var]  # it has what is used of a raw file


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_download_that_ends_early_is_reported(is_whole: bool) -> None:
    """The response's own `read` does not report it."""
    wav = streamed_wav(SPEECH, 0)
    sent = wav if is_whole else wav[:-9000]
    response = HTTPResponse(Download(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(wav) + sent))  # type: ignore[arg-type]
    response.begin()
    if is_whole:
        assert (read(response) == SPEECH).all()
        return
    with pytest.raises(AudioError, match="closed 9000 bytes before its end.*kept"):
        read(response)
