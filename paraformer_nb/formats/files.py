"""Write files whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

from ..errors import AudioError, ExportError
from ..playback.playable import OpenAudio


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
    if error.errno == errno.ENOENT and not path.parent.exists():
        return ExportError(
            f"{str(path)!r} cannot be written: the folder {str(path.parent)!r} does not exist. Make it first, or "
            "choose another folder."
        )
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


def clip_paths(open_audio: OpenAudio) -> tuple[Path, ...]:
    """Where the clip's file may be; empty where there is no sound."""
    try:
        return open_audio().paths
    except AudioError:
        return ()


def is_same_file(target: Path, clip: Path) -> bool:
    """Whether writing `target` would overwrite `clip`. The clip's path is only compared: a stranger's journal may have
    given it, and looking at it might contact another host. (A hard link is replaced, and its file stays.)"""
    return os.path.normcase(os.path.realpath(target)) == os.path.normcase(clip)
