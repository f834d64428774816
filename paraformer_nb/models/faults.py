"""What can be wrong with a model's file, and what to do about it."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import NamedTuple

from ..errors import ModelFilesError
from .table import Model

_MISSING = "is missing"


class Fault(NamedTuple):
    """What is wrong with a file of a model.

    Attributes:
        path: the file, or the folder that hides it.
        problem: a clause about it, such as ``is missing``.
        remedy: what to do about it where fetching the file does not help; ``""`` where it does.
    """

    path: Path
    problem: str
    remedy: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the file is missing; if not, it is damaged or cannot be read."""
        return self.problem == _MISSING

    @property
    def clause(self) -> str:
        """The path and the problem."""
        return f"{str(self.path)!r} {self.problem}"

    @property
    def short_clause(self) -> str:
        """The file's name and the problem."""
        return f"{self.path.name} {self.problem}"

    def sentence(self, model: Model, *, is_fetched: bool = True) -> str:
        """The path, the problem and what to do. `is_fetched`: whether fetching the model writes that file."""
        mend = "Repair it with" if is_fetched else "Copy that file there again, or fetch the model and give no folder"
        return f"{self.clause}. {self.remedy or f'{mend}: {fetch_command(model)}'}."


def fetch_command(model: Model) -> str:
    """The command that fetches or repairs a model."""
    return f"paraformer-nb models fetch {model.name}"


def missing(path: Path) -> Fault:
    """The fault of a file that is missing."""
    return Fault(path, _MISSING)


def not_a_file(path: Path, mode: int) -> Fault:
    """The fault of something else that has a file's name; `mode` as `os.stat` gives it."""
    kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
    return Fault(path, f"is {kind}", f"Remove it: rm -r {shlex.quote(str(path))}")


def unreadable(path: Path, error: OSError) -> Fault:
    """The fault of a file that cannot be read: it is its own, or that of a folder above it."""
    problem = f"cannot be read: {error.strerror or error}"
    if not isinstance(error, PermissionError):
        return Fault(path, problem, "Check its disk")
    path = next((each for each in (path, *path.parents) if _has_state(each)), path)
    if not _is_own(path):
        return Fault(path, problem, "Ask its owner for the right to read it, or for a copy")
    mode = "u+rx" if path.is_dir() else "u+r"
    return Fault(path, problem, f"Make it readable: chmod {mode} {shlex.quote(str(path))}")


def is_folder(path: Path) -> bool:
    """Whether a path is a folder. Raises ModelFilesError if its files cannot be reached."""
    try:
        os.stat(os.path.join(path, "."))  # noqa: PTH116, PTH118 - the dot needs the right to search the folder
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        fault = unreadable(path, error)
        raise ModelFilesError(f"{fault.clause}. {fault.remedy}.") from error
    return True


def _is_own(path: Path) -> bool:
    """Whether this user may change the mode of a path. (Where users have no numbers, all are 0.)"""
    return path.stat().st_uid == (os.geteuid() if hasattr(os, "geteuid") else 0)


def _has_state(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True
