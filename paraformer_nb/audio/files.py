"""Open a clip that is a file, or bytes of one, to be read as PCM."""

from __future__ import annotations

import io
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from ..errors import AudioError, ParameterError
from ..paths import shortened
from .channels import check_exists
from .clip_input import BytesInput, FileInput, PathInput
from .decode import EncodedReader
from .given_file import GivenFile, can_seek
from .notices import Notices
from .pipe import Pipe, is_pipe, open_pipe
from .reader import Reader
from .sound_size import with_all_sound
from .wav import WavReader, corrected_wav, read_wav_format


def open_file(given: PathInput | FileInput | BytesInput, opened: ExitStack) -> BinaryIO:
    """Open a seekable binary file over the clip; `opened` closes what must be closed.

    Raises AudioError if it cannot be read, ParameterError for a file object that was opened as text.
    """
    if isinstance(given, BytesInput):
        if not given.data:
            raise AudioError("the clip is empty: 0 bytes.")
        return io.BytesIO(given.data)
    if isinstance(given, FileInput):
        file = opened.enter_context(GivenFile(given.file, given.name).buffered())
        if not file.read(1):
            raise AudioError(f"{given.name!r} is empty: 0 bytes.")
        file.seek(0)
        return file
    return opened.enter_context(_open_path(given.path))


def open_as_pipe(given: PathInput | FileInput | BytesInput) -> Pipe | None:
    """Open a clip that is read once, as it arrives; None for one that can be read from any position.

    Raises AudioError if it cannot be opened or another run is reading it, ParameterError for a file object that was
    opened as text.
    """
    if isinstance(given, FileInput):
        if isinstance(given.file, io.TextIOBase):
            raise ParameterError(f"{given.name!r} was opened as text. Open it with mode 'rb'.")
        return None if can_seek(given.file) else Pipe(given.file, given.name)
    if isinstance(given, PathInput) and is_pipe(given.path):
        try:
            file = open_pipe(given.path)
        except OSError as error:
            raise _open_error(given.path, error) from error
        return Pipe(file, given.name, is_own=True)
    return None


def file_reader(
    file: BinaryIO, name: str, sample_rate: int, notices: Notices, opened: ExitStack, channel: int | None
) -> Reader:
    """Read plain PCM directly, anything else through a decoder. `channel`: None: all of them, mixed.

    Raises AudioError if FFmpeg cannot read it, ParameterError if it has no such channel.
    """
    file = with_correct_header(file, notices)
    form = read_wav_format(file)
    if form and (form.sample_rate, form.channels) == (sample_rate, 1):
        check_exists(channel, 1, name)
        return WavReader(file, form)
    duration = form.duration if form else None
    reader = EncodedReader(file, name, sample_rate, notices, duration=duration, channel=channel)
    opened.callback(reader.close)
    return reader


def with_correct_header(file: BinaryIO, notices: Notices) -> BinaryIO:
    """The same file with the header that it should have; a file whose header is right, as it is."""
    return with_all_sound(corrected_wav(file, notices))


def _open_path(path: Path) -> BinaryIO:
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise _open_error(path, error) from error
    if path.is_file() and path.stat().st_size == 0:
        file.close()
        raise AudioError(f"{str(path)!r} is empty: 0 bytes.")
    return file


def _open_error(path: Path, error: Exception) -> AudioError:
    shown = shortened(str(path))
    if isinstance(error, FileNotFoundError):
        return AudioError(f"there is no file {shown!r} (looked in {Path.cwd()}). Check the path.")
    if isinstance(error, IsADirectoryError):
        return AudioError(f"{shown!r} is a directory, not a clip. Name a file in it.")
    reason = error.strerror if isinstance(error, OSError) else error
    return AudioError(f"{shown!r} cannot be opened: {reason}.")
