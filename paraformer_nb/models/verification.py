"""Whether model files have the bytes that the table promises.

Hashing 240 MB takes most of a second, so what was found is kept in a small file, with the size and time of each file
that was read: it is read again when these differ.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from .location import models_folder
from .table import Model, ModelFile

_BLOCK = 2**20

_Known = dict[str, tuple[int, int, str]]
"""Path → size, time of the last change in ns, SHA-256."""


def first_fault(model: Model, folder: Path) -> str | None:
    """What is wrong with the first faulty file of a model in a folder, as a clause; None if all files are right."""
    return next((fault for file in model.files if (fault := fault_of(file, folder / file.name))), None)


def fault_of(file: ModelFile, path: Path) -> str | None:
    """What is wrong with a file, as a clause that begins with its path; None if nothing is."""
    try:
        size = path.stat().st_size
        if size != file.size:
            return f"{str(path)!r} has {size:,} bytes instead of {file.size:,}: it is cut short or another file"
        if _known_hash(path) != file.sha256:
            return f"{str(path)!r} has the right size but other bytes (its SHA-256 differs): it is damaged"
    except FileNotFoundError:
        return f"{str(path)!r} is missing"
    except OSError as error:
        return f"{str(path)!r} cannot be read: {error.strerror}"
    return None


def hash_file(path: Path, report: Callable[[int], None] = lambda _: None) -> str:
    """The SHA-256 of a file in hexadecimal digits; `report` gets the bytes of each block. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            report(len(block))
    return digest.hexdigest()


def _known_hash(path: Path) -> str:
    store = models_folder() / "verified.json"
    known = _load(store)
    name = os.path.realpath(path)
    stat = path.stat()
    size, time, digest = known.get(name, (0, 0, ""))
    if (size, time) != (stat.st_size, stat.st_mtime_ns):
        digest = hash_file(path)
        _store(store, known | {name: (stat.st_size, stat.st_mtime_ns, digest)})
    return digest


def _load(store: Path) -> _Known:
    try:
        return msgspec.json.decode(store.read_bytes(), type=_Known)
    except (OSError, msgspec.MsgspecError):
        return {}  # missing or damaged: the files are read again


def _store(store: Path, known: _Known) -> None:
    new = store.with_name(f"{store.name}.{secrets.token_hex(4)}")
    with suppress(OSError):  # a folder that is read-only or full: the files are read again next time
        store.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(msgspec.json.encode(known))
        new.replace(store)
