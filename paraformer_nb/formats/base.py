"""What an export format is, and how files are written."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Callable
from contextlib import suppress
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
    """Write a whole file, or leave what is there as it is. Returns the path. Raises ExportError if it cannot."""
    draft = path.with_name(f".{secrets.token_hex(8)}.draft")  # as long as a name may be, this one is shorter
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):  # its folder may not exist
            draft.unlink()
        raise cannot_write(path, error) from error
    return path


def cannot_write(path: Path, error: OSError) -> ExportError:
    """The error for a file that the system refuses."""
    advice = "a shorter name" if error.errno == errno.ENAMETOOLONG else "another folder"
    return ExportError(f"{str(path)!r} cannot be written: {error.strerror}. Choose {advice}.")
