"""Journals that are deleted with their run, and where SIGTERM ends the process."""

from __future__ import annotations

import os
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from .files import claim

_paths: dict[Path, int] = {}  # and the process that made each


def create_temporary(buffer_size: int) -> tuple[Path, BinaryIO]:
    """Create a file for a journal, to write and read; `remove_temporary` deletes it. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix="paraformer_nb-", suffix=".jsonl")
    file = os.fdopen(handle, "w+b", buffer_size)
    claim(file, name)
    path = Path(name)
    _paths[path] = os.getpid()
    _handle_sigterm()
    return path, file


def remove_temporary(path: Path, owner: int) -> None:
    """Delete a temporary journal, unless this process was forked from its owner."""
    _paths.pop(path, None)
    if os.getpid() == owner:
        with suppress(PermissionError):  # Windows, where it is still open: the system's clearing of its folder is left
            path.unlink(missing_ok=True)


def _handle_sigterm() -> None:
    """Delete temporary journals where SIGTERM would end the process at once, without Python's own clearing up.

    A program with a handler of its own keeps it; only the main thread can set one.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        with suppress(ValueError):  # on another thread
            signal.signal(signal.SIGTERM, _end_process)


def _end_process(number: int, _frame: FrameType | None) -> None:
    for path, owner in list(_paths.items()):
        remove_temporary(path, owner)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)  # so that the parent sees what ended it
