"""WAV files: plain PCM is read directly, which a decoder would make far more expensive; wrong headers are corrected."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from .notices import Notices
from .rebuilt_file import RebuiltFile
from .riff import HEADER_SIZE, MAX_FORMAT, Kind, RiffParser, WaveFormat, is_riff

_PCM = 1
_MAX_PARTS = 10_000  # of a file; more are not a recorder's
_LARGE = 0xFFFFFFFF - 0x10000  # bytes of sound that still fit in a RIFF file


class WavFormat(NamedTuple):
    """The format of 16-bit PCM in a WAV file; `data` is the offset of the samples and `size` their length, in bytes."""

    sample_rate: int
    channels: int
    data: int
    size: int

    @property
    def samples(self) -> int:
        """The number of samples of one channel."""
        return self.size // (2 * self.channels)

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.samples / self.sample_rate


class WavSound(NamedTuple):
    """Where a WAV file's sound is: the body of its `fmt ` chunk, and (offset, size) of each part of the sound.

    `ignored` is a notice of what is in the file and will not be read, or empty.
    """

    format_body: bytes
    parts: list[tuple[int, int]]
    ignored: str = ""

    @property
    def size(self) -> int:
        """Bytes of sound."""
        return sum(size for _, size in self.parts)


def find_sound(file: BinaryIO) -> WavSound | None:
    """Find the sound of a WAV file by `riff`'s rule; None for another file. Leaves the file at its beginning."""
    file.seek(0)
    try:
        return _parse(file, file.seek(0, 2)) if is_riff(file.read(HEADER_SIZE)) else None
    finally:
        file.seek(0)


def _parse(file: BinaryIO, end: int) -> WavSound | None:
    parser = RiffParser()
    format_body = b""
    parts: list[tuple[int, int]] = []
    ignored = ""
    position = 0
    for _ in range(_MAX_PARTS):
        file.seek(position)
        head = file.read(MAX_FORMAT + 16)
        part = parser.parse(head) if position < end else None
        if part is None or part.kind is Kind.DAMAGED:
            break
        if part.kind is Kind.REST:
            ignored = f"{end - position:,} bytes behind the last chunk of the WAV file are not recognised."
            break
        if part.kind is Kind.FORMAT and format_body and WaveFormat.parse(part.body) != WaveFormat.parse(format_body):
            ignored = (
                f"The WAV file is followed by another one in another format ({end - position:,} bytes), which is not "
                "recognised: split it there to recognise both."
            )
            break
        format_body = part.body or format_body
        position += part.size
        if parser.sound_left:
            size = max(0, min(parser.sound_left, end - position))
            parts.append((position, size))
            position += size
            parser.sound_left = 0
    whole = _whole_samples(parts, parser.sample_size)
    return WavSound(format_body, whole, ignored) if format_body and whole else None


def _whole_samples(parts: list[tuple[int, int]], sample_size: int) -> list[tuple[int, int]]:
    """The parts that have samples, without what is left of a truncated one; parts side by side become one."""
    found: list[tuple[int, int]] = []
    for offset, size in parts:
        whole = size - size % max(1, sample_size)
        if found and sum(found[-1]) == offset:
            found[-1] = (found[-1][0], found[-1][1] + whole)
        elif whole:
            found.append((offset, whole))
    return found


def corrected_wav(file: BinaryIO, notices: Notices) -> BinaryIO:
    """The same WAV file with the header that it should have; another file, or a correct one, as it is.

    What the file has behind its sound and will not be read is noticed.
    """
    sound = find_sound(file)
    if sound is None:
        return file
    if sound.ignored:
        notices.add(sound.ignored)
    return file if _declared(file) == sound.parts else io.BufferedReader(RebuiltFile(file, _header(sound), sound.parts))


def _declared(file: BinaryIO) -> list[tuple[int, int]] | None:
    """Where a plain header says that the sound is: what every other program reads."""
    file.seek(HEADER_SIZE)
    while len(head := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            found = [(file.tell(), size)]
            file.seek(0)
            return found
        file.seek(size + size % 2, 1)
    file.seek(0)
    return None


def _header(sound: WavSound) -> bytes:
    body = sound.format_body
    form = b"fmt " + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    size = sound.size
    if size <= _LARGE:
        chunks = b"WAVE" + form + b"data" + struct.pack("<I", size)
        return b"RIFF" + struct.pack("<I", len(chunks) + size) + chunks
    # https://tech.ebu.ch/docs/tech/tech3306.pdf
    long = b"ds64" + struct.pack("<IQQQI", 28, len(form) + 48 + size, size, 0, 0)
    return b"RF64\xff\xff\xff\xffWAVE" + long + form + b"data\xff\xff\xff\xff"


def read_wav_format(file: BinaryIO) -> WavFormat | None:
    """Read the format of a (corrected) WAV file of 16-bit PCM; None for anything else. Leaves it at its beginning."""
    sound = find_sound(file)
    if sound is None or len(sound.parts) != 1 or len(sound.format_body) < 16:
        return None
    form = WaveFormat.parse(sound.format_body)
    if (form.tag, form.bits) != (_PCM, 16) or not form.channels or not form.sample_rate:
        return None
    return WavFormat(form.sample_rate, form.channels, *sound.parts[0])


class WavReader:
    """A `Reader` of a mono WAV at its own sample rate.

    Attributes:
        duration: the clip's length in seconds.
        hole: None: it has no time stamps.
    """

    hole = None

    def __init__(self, file: BinaryIO, form: WavFormat) -> None:
        self._file = file
        self._form = form
        self.duration = form.duration

    def read(self, start: float, end: float | None, size: int) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds in chunks of `size` bytes, the last one shorter."""
        first = self._offset(start)
        left = (self._form.size if end is None else self._offset(end)) - first
        self._file.seek(self._form.data + first)
        while left > 0 and (chunk := self._file.read(min(size, left))):
            left -= len(chunk)
            yield chunk

    def _offset(self, position: float) -> int:
        """The byte offset of a position within the samples."""
        return min(2 * round(position * self._form.sample_rate), self._form.size)
