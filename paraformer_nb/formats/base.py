"""What an export format is, and how files are written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from ..errors import ExportError
from ..playback.playable import PlayableClip


class OpenAudio(Protocol):
    """Opens the run's clip. Raises AudioError where it cannot be played."""

    def __call__(self) -> PlayableClip: ...


Write = Callable[..., None]
"""``write(transcript, path, open_audio, **options)`` writes a file; `options` are the format's own, by name."""


class Format(NamedTuple):
    """An export format.

    Attributes:
        suffix: of its files, in lower case, such as ``".html"``.
        name: for people.
        options: the names of its options; its `write` documents them.
        write: writes a file.
    """

    suffix: str
    name: str
    options: tuple[str, ...]
    write: Write


def write_file(path: Path, data: bytes) -> Path:
    """Write a whole file, or leave what is there as it is. Returns the path. Raises ExportError where it cannot."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):  # its folder may not exist
            draft.unlink()
        raise ExportError(f"{str(path)!r} cannot be written: {error.strerror}. Choose another folder.") from error
    return path
