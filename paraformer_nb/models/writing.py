"""Write a model's folder: one process at a time, and with errors that say what to do."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import ModelFilesError
from .location import FOLDER_VARIABLE, models_folder, own_folder
from .progress import Progress
from .state import format_size
from .table import Model, ModelFile

_WAITING = 0.2  # seconds between two looks at a lock


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise ModelFilesError for a folder that cannot be written, or a disk that is full."""
    try:
        yield
    except OSError as error:
        advice = {
            errno.ENOSPC: "Make room",
            errno.EDQUOT: "Make room within your quota",
            errno.EFBIG: "Raise the limit of a file's size (ulimit -f)",
        }.get(error.errno or 0, "Make the folder writable")
        if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOENT):
            path, advice = _obstacle(Path(error.filename or path))
        raise ModelFilesError(
            f"{str(path)!r} cannot be written: {error.strerror or error}. What is there already is kept. {advice}, or "
            f"set {FOLDER_VARIABLE} to another folder; then run the same command again."
        ) from error


def _obstacle(path: Path) -> tuple[Path, str]:
    """What hides a path or is missing above it, and what to do."""
    there = next(each for each in (path, *path.parents) if os.path.lexists(each))
    if there.is_symlink() and not there.exists():
        return there, f"Remove that link, whose target {str(there.readlink())!r} is missing, or connect its disk"
    if there != path and there.is_dir():
        return path, "Make that folder, or connect its disk"
    return there, f"Rename or remove that {'folder' if there.is_dir() else 'file'}, which is in the way"


def check_room(folder: Path, missing: Iterable[ModelFile], verb: str) -> None:
    """Raise ModelFilesError if the disk has not enough room for the files, before anything is "downloaded" or
    "copied" (`verb`). The parts of them that are there count."""
    needed = 0
    for file in missing:
        part = folder / f"{file.name}.part"
        needed += file.size - (part.stat().st_size if part.exists() else 0)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelFilesError(
            f"{str(folder)!r} needs {format_size(needed)} more, and {format_size(free)} are free on its disk. Nothing "
            f"was {verb}. Make room, or set {FOLDER_VARIABLE} to a folder on another disk."
        )


def clear_part(part: Path) -> None:
    """Delete a part that is not a regular file, such as a link: another file would be written through it.

    Raises ModelFilesError if that is not possible.
    """
    with writing(part):
        if os.path.lexists(part) and not stat.S_ISREG(part.lstat().st_mode):
            part.unlink()


def write_verified(blocks: Iterable[bytes], file: ModelFile, folder: Path) -> bool:
    """Write a file of a model, whole or not at all; return whether the bytes are the published ones, else it is not
    kept. Raises ModelFilesError if it cannot be written."""
    digest = hashlib.sha256()
    part = folder / f"{file.name}.part"
    clear_part(part)
    with writing(folder / file.name):
        with part.open("wb") as copy:
            for block in blocks:
                digest.update(block)
                copy.write(block)
        if digest.hexdigest() != file.sha256:
            part.unlink()
            return False
        part.replace(folder / file.name)
    return True


def lock_path(model: Model) -> Path:
    """The file that a process locks while it writes a model's folder."""
    return models_folder() / f"{model.name}.lock"


@contextmanager
def locked(model: Model, progress: Progress) -> Iterator[None]:
    """Let one process at a time write a model's folder."""
    lock = FileLock(lock_path(model))
    with writing(own_folder(model)):
        models_folder().mkdir(parents=True, exist_ok=True)
        if not _is_acquired(lock):
            try:
                progress.message(f"Another process is writing {model.name}: waiting for it.")
                lock.acquire(poll_interval=_WAITING)
            except KeyboardInterrupt:
                progress.message(f"Stopped waiting. The other process continues; {model.name} was not changed here.")
                raise KeyboardInterrupt from None  # without filelock's own lines
    try:
        yield
    finally:
        lock.release()


def _is_acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True
