"""File objects of every kind as clips, and what happens when they are closed, shared or misbehave."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import mmap
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encoded_clips import RATE, Encoding, encode, speech

from paraformer_nb.audio.clip import Clip, open_clip
from paraformer_nb.audio.clip_input import FileInput, classify
from paraformer_nb.errors import AudioError, ParameterError

SPEECH = speech()
WAV = encode(Encoding("", "pcm_s16le", "wav"), SPEECH)
FLAC = encode(Encoding("", "flac", "flac"), SPEECH)
MP4 = encode(Encoding("", "flac", "mp4"), np.tile(SPEECH, 20))


def opened(file: Any) -> Clip:
    clip = open_clip(file, sample_rate=RATE)
    assert isinstance(clip, Clip)
    return clip


def read(file: Any) -> np.ndarray:
    clip = opened(file)
    try:
        return np.frombuffer(b"".join(clip.blocks(1600)), "<i2")
    finally:
        clip.close()


def _zip_member(data: bytes, _path: Path) -> Any:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("lessons/one.wav", data, zipfile.ZIP_DEFLATED)
    return zipfile.ZipFile(file).open("lessons/one.wav")


def _memory_map(data: bytes, path: Path) -> Any:
    path.write_bytes(data)
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _spooled(data: bytes, _path: Path) -> Any:
    file = tempfile.SpooledTemporaryFile(max_size=100)  # noqa: SIM115 - the test closes it
    file.write(data)
    return file


def _named(data: bytes, _path: Path) -> Any:
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - the test closes it
    file.write(data)  # and not flushed
    return file


def _unbuffered(data: bytes, path: Path) -> Any:
    path.write_bytes(data)
    return path.open("rb", buffering=0)


class Stingy(io.BytesIO):
    """Gives at most three bytes at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3 if size is None or size < 0 else min(size, 3))


KINDS: dict[str, Any] = {
    "zip member": _zip_member,
    "memory map": _memory_map,
    "spooled": _spooled,
    "named temporary": _named,
    "unbuffered": _unbuffered,
    "gzip": lambda data, _path: gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data, 1))),
    "bz2": lambda data, _path: bz2.BZ2File(io.BytesIO(bz2.compress(data))),
    "lzma": lambda data, _path: lzma.open(io.BytesIO(lzma.compress(data, preset=0))),  # noqa: SIM115
    "stingy": lambda data, _path: Stingy(data),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", [WAV, FLAC], ids=["wav", "flac"])
def test_every_kind_of_file_object_is_read_from_its_beginning(kind: str, data: bytes, tmp_path: Path) -> None:
    file = KINDS[kind](data, tmp_path / "clip")
    file.seek(1000)
    assert (read(file) == SPEECH).all()
    assert (read(file) == SPEECH).all(), "and again"
    assert not file.closed
    file.close()


def test_the_user_may_move_the_position_meanwhile() -> None:
    file = io.BytesIO(FLAC)
    clip = opened(file)
    got = b""
    for number, block in enumerate(clip.blocks(1600)):
        got += block
        file.seek(number * 7)
    assert got == SPEECH.tobytes()
    clip.close()


@pytest.mark.parametrize("data", [WAV, FLAC], ids=["wav", "flac"])
def test_a_file_object_that_is_closed_too_early(data: bytes) -> None:
    file = io.BytesIO(data * 2 if data is FLAC else WAV[:44] + WAV[44:] * 10)
    clip = opened(file)
    blocks = clip.blocks(160)
    next(blocks)
    file.close()
    with pytest.raises(AudioError, match=r"'file' was closed before it was read to its end.*run\.wait\(\)"):
        list(clip.blocks(160, 1.0))
    clip.close()


def _closed(file: Any) -> Any:
    file.close()
    return file


@pytest.mark.parametrize("kind", ["memory", "zip member", "memory map", "named temporary", "gzip"])
def test_a_closed_file_object_is_refused(kind: str, tmp_path: Path) -> None:
    file = io.BytesIO(WAV) if kind == "memory" else KINDS[kind](WAV, tmp_path / "clip")
    with pytest.raises(AudioError, match="was closed"):
        opened(_closed(file))


def test_two_readers_of_one_file_object_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(WAV)
    with path.open("rb") as file, path.open("rb") as other:
        first = opened(file)
        for same in (file, file.raw):
            with pytest.raises(AudioError, match=r"'clip\.wav' is being read by another run.*its path or its bytes"):
                opened(same)
        assert (read(other) == SPEECH).all()
        assert (read(path) == SPEECH).all()
        assert b"".join(first.blocks(1600)) == SPEECH.tobytes()
        first.close()
        assert (read(file) == SPEECH).all()


def test_a_clip_that_was_refused_or_dropped_does_not_keep_its_file_object() -> None:
    file = io.BytesIO(WAV)
    with pytest.raises(ParameterError):
        open_clip(file, sample_rate=RATE, start=99)
    opened(file)
    assert (read(file) == SPEECH).all()


class Misbehaving(io.BytesIO):
    def __init__(self, answer: Any) -> None:
        super().__init__(WAV)
        self._answer = answer

    def read(self, size: int | None = -1, /) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer(super().read(size))


@pytest.mark.parametrize(
    ("answer", "kind", "what"),
    [
        (OSError(5, "Input/output error"), AudioError, "OSError: .*Input/output error"),
        (KeyError("gone"), AudioError, "KeyError: 'gone'"),
        (lambda data: data.hex(), ParameterError, "opened as text. Open it with mode 'rb'"),
        (lambda _data: None, AudioError, "returned None, not bytes: it does not wait"),
        (lambda data: data * 9, AudioError, "returned .* bytes"),
    ],
    ids=["OSError", "KeyError", "text", "None", "too much"],
)
def test_a_file_object_that_misbehaves(answer: Any, kind: type[Exception], what: str) -> None:
    with pytest.raises(kind, match=what):
        read(Misbehaving(answer))


@pytest.mark.parametrize("make", ["StringIO", "spooled", "named", "write only"])
def test_a_file_object_of_text_or_for_writing_only(make: str, tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "StringIO": lambda: io.StringIO("text"),
        "spooled": lambda: tempfile.SpooledTemporaryFile(mode="w+"),  # noqa: SIM115
        "named": lambda: tempfile.NamedTemporaryFile("w+"),  # noqa: SIM115
        "write only": lambda: (tmp_path / "out.wav").open("wb"),
    }
    with files[make]() as file, pytest.raises((AudioError, ParameterError), match="mode 'rb'|not readable|read"):
        opened(file)


def test_only_a_file_that_is_read_byte_by_byte_has_a_path(tmp_path: Path) -> None:
    path = tmp_path / "one.wav"
    path.write_bytes(WAV)
    packed = tmp_path / "one.wav.gz"
    packed.write_bytes(gzip.compress(WAV, 1))
    with path.open("rb") as file, gzip.open(packed) as unpacked, tempfile.NamedTemporaryFile() as named:
        assert _path(file) == path
        assert _path(named) == Path(named.name)
        assert _path(unpacked) is None
        assert _path(KINDS["zip member"](WAV, path)) is None
        path.unlink()
        assert _path(file) is None, "another file may come to have its name"
    assert _path(file) is None


def _path(file: Any) -> Path | None:
    given = classify(file)
    assert isinstance(given, FileInput)
    return given.path


def test_another_thread_may_move_the_position_of_a_file_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(encode(Encoding("", "pcm_s16le", "wav"), np.tile(SPEECH, 40)))
    with path.open("rb") as file:
        is_over = threading.Event()

        def move() -> None:
            while not is_over.is_set():
                file.seek(12)
                file.read(100)

        other = threading.Thread(target=move)
        other.start()
        try:
            for _ in range(3):
                assert (read(file) == np.tile(SPEECH, 40)).all()
        finally:
            is_over.set()
            other.join()


class Decrypting:
    """Changes what it reads, and passes everything else on, as a wrapper of a user does."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return bytes(byte ^ 0x55 for byte in self._file.read(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_what_a_wrapper_reads_is_read_and_not_the_file_below_it(tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(bytes(byte ^ 0x55 for byte in WAV))
    with path.open("rb") as file:
        assert (read(Decrypting(file)) == SPEECH).all()
        assert _path(Decrypting(file)) is None


class Ends(io.BytesIO):
    """Its end is at an impossible position."""

    def __init__(self, end: int) -> None:
        super().__init__(WAV)
        self._end = end

    def tell(self) -> int:
        return self._end


@pytest.mark.parametrize("end", [1 << 70, -5])
def test_a_file_object_with_an_impossible_end(end: int) -> None:
    with pytest.raises(AudioError, match=rf"its end is at {end}\)"):
        read(Ends(end))


def test_a_memoryview_of_larger_items_is_read_as_bytes() -> None:
    class Wide(io.BytesIO):
        def read(self, size: int | None = -1, /) -> Any:
            data = super().read(size)
            return memoryview(data[: len(data) // 2 * 2]).cast("h")

    assert (read(Wide(WAV)) == SPEECH).all()


def test_an_empty_file_object() -> None:
    with pytest.raises(AudioError, match="'file' is empty: 0 bytes"):
        opened(io.BytesIO())


def test_a_file_object_that_fails_while_it_is_opened_says_why(capfd: pytest.CaptureFixture[str]) -> None:
    """And PyAV prints no traceback."""

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > len(MP4) // 2:
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(AudioError, match=r"^'file' cannot be read \(OSError: .*Input/output error"):
        read(Failing(MP4))
    assert capfd.readouterr().err == ""
