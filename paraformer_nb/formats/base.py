"""What an export format is, and how files are written."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, NamedTuple

from ..errors import ExportError
from ..playback.playable import OpenAudio
from ..transcript.transcript import Transcript

Write = Callable[Concatenate[Transcript, Path, OpenAudio, ...], None]
"""``write(transcript, path, open_audio, **options)`` writes a file; `options` are the format's own, by name."""


class Format(NamedTuple):
    """An export format.

    Attributes:
        suffix: of its files, in lower case, such as ``".html"``.
        name: what its files contain, for help texts.
        options: the names of its options; its `write` documents them.
        write: writes a file.
    """

    suffix: str
    name: str
    options: tuple[str, ...]
    write: Write


def write_file(path: Path, data: bytes) -> Path:
    """Write a whole file, or leave what is there as it is. Returns the path. Raises ExportError if it cannot.

    A file that is replaced keeps its permissions; where the path is a link, the file that it leads to is replaced.
    """
    try:
        _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise cannot_write(path, error) from error
    except ValueError as error:  # a NUL in the path
        raise ExportError(f"{str(path)!r} cannot be written: {error}. Choose another name.") from error
    return path


def cannot_write(path: Path, error: OSError) -> ExportError:
    """The error for a file that the system refuses."""
    advice = "a shorter name" if error.errno == errno.ENAMETOOLONG else "another folder"
    return ExportError(f"{str(path)!r} cannot be written: {error.strerror}. Choose {advice}.")


def _replace(target: Path, data: bytes) -> None:
    mode = _mode(target)
    if mode is not None and not stat.S_ISREG(mode):  # such as a pipe, which a file must not replace
        target.write_bytes(data)
        return
    # A name of its own: another process may write the same file, or have put a link there.
    draft = target.with_name(f".paraformer_nb-{secrets.token_hex(8)}.draft")
    try:
        with draft.open("xb") as file:
            if mode is not None:
                draft.chmod(stat.S_IMODE(mode))
            file.write(data)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int | None:
    """The mode of the file that is there, or None. Raises OSError for a link that leads to itself."""
    try:
        return target.stat().st_mode
    except FileNotFoundError:
        return None
