"""Delete a fetched model."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ..errors import ModelFilesError, ParameterError
from .faults import is_folder
from .folders import SOURCE, find_folder
from .location import models_folder, own_folder
from .progress import Progress
from .table import Model
from .writing import lock_path, locked


def remove(model: Model, progress: Progress) -> int:
    """Delete a fetched model; return the number of bytes that were freed. What was not fetched is never deleted: files
    elsewhere, those that a link leads to, and others in its folder.

    Raises ParameterError if it was not fetched, ModelFilesError if it cannot be deleted.
    """
    folder = own_folder(model)
    if not is_folder(folder) or not _fetched_files(model, folder):
        elsewhere = find_folder(model)
        where = f" It is in {str(elsewhere)!r}, which another program made: delete it there." if elsewhere else ""
        raise ParameterError(f"{model.name} was not fetched, so nothing was deleted.{where}")
    with _locked(model, progress):
        files = [] if folder.is_symlink() else _fetched_files(model, folder)
        freed = sum(path.lstat().st_size for path in files)
        try:
            if folder.is_symlink():
                progress.message(f"{str(folder)!r} is a link; the files in {os.path.realpath(folder)!r} are kept")
                folder.unlink()
            for path in files:
                path.unlink()
        except OSError as error:
            left = sum(map(os.path.lexists, files))
            raise ModelFilesError(
                f"{model.name} could not be deleted: {error.strerror or error}. {left} of its {len(files)} files are "
                f"left in {str(folder)!r}. Make that folder writable, and run the same command again."
            ) from error
        if os.path.lexists(folder):
            _remove_folder(folder, progress)
    return freed


def _remove_folder(folder: Path, progress: Progress) -> None:
    try:
        if any(folder.iterdir()):
            progress.message(f"{str(folder)!r} is kept, because it has other files than the fetched ones")
            return
        folder.rmdir()
    except OSError as error:
        reason = error.strerror or str(error)
        progress.message(f"its files are deleted; the empty folder {str(folder)!r} could not be: {reason}")


def _fetched_files(model: Model, folder: Path) -> list[Path]:
    """What fetching or importing a model has written into a folder, parts of files included."""
    wanted = [file.name for file in (*model.files, *([model.archive_file] if model.archive_file else []))]
    paths = [folder / name for name in (*wanted, *(f"{name}.part" for name in wanted), SOURCE)]
    return [path for path in paths if path.is_symlink() or (path.exists() and not path.is_dir())]


def _locked(model: Model, progress: Progress) -> AbstractContextManager[None]:
    """The lock of a model; none where it cannot be made, because then no other process can have made it, or where
    deleting fails anyway, with better advice."""
    lock = lock_path(model)
    can_lock = any(map(_is_writable, (lock, own_folder(model)) if lock.exists() else (models_folder(),)))
    return locked(model, progress) if can_lock else nullcontext()


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
