"""Delete a fetched model."""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ..errors import ModelFilesError, ParameterError
from .faults import is_folder
from .folders import find_folder
from .location import models_folder, own_folder
from .progress import Progress
from .table import Model
from .writing import lock_path, locked


def remove(model: Model, progress: Progress) -> int:
    """Delete a fetched model; return the number of bytes that were freed. Files elsewhere are never deleted.

    Raises ParameterError if it was not fetched, ModelFilesError if it cannot be deleted.
    """
    folder = own_folder(model)
    if not is_folder(folder) or _is_empty(folder):
        elsewhere = find_folder(model)
        where = f" It is in {str(elsewhere)!r}, which another program made: delete it there." if elsewhere else ""
        raise ParameterError(f"{model.name} was not fetched, so nothing was deleted.{where}")
    with _locked(model, progress):
        files = [path for path in folder.rglob("*") if path.is_file()]
        freed = sum(path.stat().st_size for path in files)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            if not _is_empty(folder):
                left = sum(path.exists() for path in files)
                raise ModelFilesError(
                    f"{model.name} could not be deleted: {reason}. {left} of its {len(files)} files are left in "
                    f"{str(folder)!r}. Make that folder writable, and run the same command again."
                ) from error
            progress.message(f"its files are deleted; the empty folder {str(folder)!r} could not be: {reason}")
    return freed


def _locked(model: Model, progress: Progress) -> AbstractContextManager[None]:
    """The lock of a model; none where it cannot be made, because then no other process can have made it."""
    can_lock = lock_path(model).exists() or os.access(models_folder(), os.W_OK)
    return locked(model, progress) if can_lock else nullcontext()


def _is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())
