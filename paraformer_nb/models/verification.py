"""Whether model files have the bytes that the table promises.

Hashing 240 MB takes most of a second, so what was found is kept in a small file, with the size and time of each file
that was read: it is read again when these differ, or when a fresh look is asked for.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from .faults import Fault, missing, not_a_file, unreadable
from .location import models_folder
from .table import Model, ModelFile

_BLOCK = 2**20

_Known = dict[str, tuple[int, int, str]]
"""Path → size, time of the last change in ns, SHA-256."""


def faults_of(model: Model, folder: Path, *, is_fresh: bool = False) -> Iterator[tuple[ModelFile, Fault]]:
    """The faulty files of a model in a folder. `is_fresh`: read all bytes, whatever was found before."""
    for file in model.files:
        if fault := fault_of(file, folder / file.name, is_fresh=is_fresh):
            yield file, fault


def first_fault(model: Model, folder: Path, *, is_fresh: bool = False) -> Fault | None:
    """What is wrong with the first faulty file of a model in a folder; None if all files are right."""
    return next((fault for _, fault in faults_of(model, folder, is_fresh=is_fresh)), None)


def fault_of(file: ModelFile, path: Path, *, is_fresh: bool = False) -> Fault | None:
    """What is wrong with a file; None if nothing is. `is_fresh`: read its bytes, whatever was found before."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            return not_a_file(path, state.st_mode)
        if state.st_size != file.size:
            cause = "it is cut short, or another file" if state.st_size < file.size else "it is another file"
            return Fault(path, f"has {state.st_size:,} bytes instead of {file.size:,} ({cause})")
        if _known_hash(path, is_fresh=is_fresh) != file.sha256:
            return Fault(path, "has the right size but other bytes (its SHA-256 differs)")
    except (FileNotFoundError, NotADirectoryError):
        return missing(path)
    except OSError as error:
        return unreadable(path, error)
    return None


def hash_file(path: Path, report: Callable[[int], None] = lambda _: None) -> str:
    """The SHA-256 of a file in hexadecimal digits; `report` gets the bytes of each block. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in blocks_of(file):
            digest.update(block)
            report(len(block))
    return digest.hexdigest()


def blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file, a megabyte at once. Raises OSError."""
    while block := file.read(_BLOCK):
        yield block


def _known_hash(path: Path, *, is_fresh: bool) -> str:
    with path.open("rb"):
        pass  # a file that cannot be read is faulty, whatever was found before
    store = models_folder() / "verified.json"
    known = _load(store)
    name = os.fsencode(os.path.realpath(path)).decode(errors="backslashreplace")  # JSON has no other bytes than UTF-8
    state = path.stat()
    size, time, digest = known.get(name, (0, 0, ""))
    if is_fresh or (size, time) != (state.st_size, state.st_mtime_ns):
        digest = hash_file(path)
        _store(store, known | {name: (state.st_size, state.st_mtime_ns, digest)})
    return digest


def _load(store: Path) -> _Known:
    try:
        return msgspec.json.decode(store.read_bytes(), type=_Known)
    except (OSError, msgspec.MsgspecError):
        return {}  # missing or damaged: the files are read again


def _store(store: Path, known: _Known) -> None:
    new = store.with_name(f"{store.name}.{secrets.token_hex(4)}")
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(msgspec.json.encode(known))
        new.replace(store)
    except OSError:  # a folder that is read-only or full: the files are read again next time
        with suppress(OSError):
            new.unlink()
