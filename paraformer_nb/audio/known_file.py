"""Files that are known by their bytes: the file that a journal names as its clip is opened only where size and digest
agree, because the journal may be a stranger's and the file a private one."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from ..errors import AudioError
from ..text import sanitise
from .clip_input import JournalInput

logger = logging.getLogger("paraformer_nb")

_CHUNK = 1024 * 1024  # bytes


class Stamp(NamedTuple):
    """A value that changes when a file is changed or replaced."""

    device: int
    inode: int
    size: int
    modified: int


class KnownFile(NamedTuple):
    """An opened file and its real path."""

    file: BinaryIO
    path: Path


def stamp_of(file: BinaryIO | Path) -> Stamp:
    """The stamp of an opened file, or of the file at a path. Raises OSError."""
    found = file.stat() if isinstance(file, Path) else os.fstat(file.fileno())
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read. Raises OSError for anything else, and never waits: opening a pipe would."""
    _check_regular(path, path.stat())
    flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)  # it may be replaced by a pipe meanwhile
    file = cast(BinaryIO, open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags)))  # noqa: SIM115
    try:
        _check_regular(path, os.fstat(file.fileno()))
    except OSError:
        file.close()
        raise
    return file


def _check_regular(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))


def sha256_of(file: BinaryIO) -> str | None:
    """The digest of an opened file; None if it does not end where it should, or is changed meanwhile. Rewinds it."""
    stamp, digest, left = stamp_of(file), hashlib.sha256(), stamp_of(file).size
    file.seek(0)
    while left >= 0 and (data := file.read(_CHUNK)):
        digest.update(data)
        left -= len(data)
    file.seek(0)
    return digest.hexdigest() if left == 0 and stamp_of(file) == stamp else None


def open_known(given: JournalInput) -> KnownFile:
    """Open the clip of a journal, where it is a regular file of the journal's size and digest; no file but the first
    such one is read.

    Raises AudioError if there is none.
    """
    where = " or ".join(repr(str(path)) for path in given.paths)
    advice = "Give clip= with the file, if you know it: pnb.load(journal, clip=...)."
    if not given.paths:
        raise AudioError(f"the journal's clip {given.name!r} lies on a network, or has no usable path. {advice}")
    if given.sha256 is None:
        raise AudioError(
            f"the journal has no digest of its clip, so that {where} may be any file; it was not opened. {advice}"
        )
    found = []
    for path in given.paths:
        with suppress(OSError), ExitStack() as on_failure:
            file = on_failure.enter_context(open_regular(path))
            found.append(path)
            if given.size in (None, stamp_of(file).size) and sha256_of(file) == given.sha256.lower():
                on_failure.pop_all()
                return KnownFile(file, _named(path, given.name))
    if not found:
        raise AudioError(
            f"there is no file {where}: the journal's clip is gone from disk, or not readable. Its words are kept. "
            f"Put it back, or beside the journal. {advice}"
        )
    names = " and ".join(repr(str(path)) for path in found)
    raise AudioError(
        f"{names} has changed on disk since, or is another file than the journal's clip: its sound and these words may "
        f"not belong together. It is not used. {advice}"
    )


def _named(path: Path, name: str) -> Path:
    """The real path of a file. A journal can call it as it likes, so the user is shown which file it is."""
    real = Path(os.path.realpath(path))
    level = logging.INFO if real.name == name else logging.WARNING
    logger.log(level, "the clip %r of the journal is read from %s", name, sanitise(str(real)))
    return real
