"""One reader at a time for what has one position only: a pipe, or a file object."""

from __future__ import annotations

import io
import os
import stat
from tempfile import _TemporaryFileWrapper
from typing import Any
from weakref import WeakValueDictionary

from ..errors import AudioError

_BUFFERS = (io.BufferedReader, io.BufferedRandom)
_owners: WeakValueDictionary[tuple[int, ...], Any] = WeakValueDictionary()


def attribute(file: Any, name: str, default: Any = None) -> Any:
    """An attribute of a user's file object, which may raise anything; the default where it does, or has none."""
    try:
        return getattr(file, name, default)
    except Exception:  # noqa: BLE001 - what is wrong with the object is reported when it is read
        return default


def innermost(file: Any) -> Any:
    """The object that does the reading below temporary files' wrappers and buffers, or below a user's wrapper."""
    file = attribute(file, "file", file)
    return attribute(file, "raw", file)


def plain_file(file: Any) -> io.FileIO | None:
    """The file whose bytes a file object gives, byte by byte; None where it may give others.

    A wrapper that passes all but `read` on to a file, such as one that decrypts, is not such an object.
    """
    if isinstance(file, _TemporaryFileWrapper):
        file = file.file
    inner = innermost(file) if type(file) in _BUFFERS else file
    return inner if type(inner) is io.FileIO else None


def claim(file: Any, owner: Any, name: str) -> None:
    """Become the one reader of a file object, until `release` or until `owner` is no longer used.

    Raises AudioError if another owner is reading it.
    """
    if _owners.setdefault(_key(file), owner) is not owner:
        raise AudioError(
            f"{name!r} is being read by another run, and two runs cannot share one file object or pipe. Nothing was "
            "sent. Give its path or its bytes, open it a second time, or wait until the other run has ended."
        )


def release(file: Any, owner: Any) -> None:
    """Let others read a file object."""
    for key in [key for key, other in list(_owners.items()) if other is owner]:
        _owners.pop(key, None)


def _key(file: Any) -> tuple[int, ...]:
    """The same for all objects that read one pipe or socket; else for all wrappers of one object."""
    inner = innermost(file)
    if isinstance(inner, io.FileIO):
        try:
            found = os.fstat(inner.fileno())
        except (OSError, ValueError):  # its descriptor was closed
            return (id(inner),)
        if stat.S_ISFIFO(found.st_mode) or stat.S_ISSOCK(found.st_mode):
            return found.st_dev, found.st_ino
    return (id(inner),)
