"""Open a clip that is a file, or bytes of one, to be read as PCM."""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import AudioError, ParameterError
from .clip_input import BytesInput, FileInput, PathInput
from .decode import EncodedReader
from .reader import Reader
from .wav import WavReader, read_wav_format


def open_file(given: PathInput | FileInput | BytesInput, opened: ExitStack) -> BinaryIO:
    """Open a seekable binary file over the clip; `opened` closes what must be closed."""
    if isinstance(given, BytesInput):
        if not given.data:
            raise AudioError("the clip is empty: 0 bytes.")
        return io.BytesIO(given.data)
    if isinstance(given, FileInput):
        return _seekable(given.file, given.name, opened)
    return _seekable(opened.enter_context(_open_path(given.path)), given.name, opened)


def file_reader(file: BinaryIO, name: str, sample_rate: int, opened: ExitStack) -> Reader:
    """Read plain PCM directly, anything else through a decoder. Raises AudioError if FFmpeg cannot read it."""
    form = read_wav_format(file)
    if form and (form.sample_rate, form.channels) == (sample_rate, 1):
        return WavReader(file, form)
    reader = EncodedReader(file, name, sample_rate, duration=form.duration if form else None)
    opened.callback(reader.close)
    return reader


def _open_path(path: Path) -> BinaryIO:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise AudioError(f"there is no file {str(path)!r} (looked in {Path.cwd()}). Check the path.") from error
    except IsADirectoryError as error:
        raise AudioError(f"{str(path)!r} is a directory, not a clip. Name a file in it.") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise AudioError(f"{str(path)!r} cannot be opened: {error}.") from error
    if path.is_file() and path.stat().st_size == 0:
        file.close()
        raise AudioError(f"{str(path)!r} is empty: 0 bytes.")
    return file


def _seekable(file: Any, name: str, opened: ExitStack) -> BinaryIO:
    if isinstance(file, io.TextIOBase):
        raise ParameterError(f"{name!r} was opened as text. Open it with mode 'rb'.")
    if getattr(file, "seekable", lambda: False)():
        return file  # type: ignore[no-any-return]
    # MP4 may keep its index at the end, so a pipe is first read to its end; to disk, not into memory.
    spool = opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it is one
    shutil.copyfileobj(file, spool)
    spool.seek(0)
    return spool
