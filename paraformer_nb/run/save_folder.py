"""Names of journals in the folder of PARAFORMER_NB_SAVE_DIR."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

_NAME_LIMIT = 255  # bytes, where the file system does not report its own
_SUFFIX = ".jsonl"
_NUMBER = len("-9999")  # room for what makes a name unique


def new_journal_path(folder: Path, clip_name: str, now: datetime) -> Path:
    """A path that does not exist yet: the time and the clip's name, cut to what the file system takes."""
    stamp = now.strftime("%Y%m%d-%H%M%S-%f")
    room = _name_limit(folder) - len(f"{stamp}-{_SUFFIX}") - _NUMBER
    name = f"{stamp}-{_cut(Path(clip_name).stem, room)}"
    path = folder / f"{name}{_SUFFIX}"
    number = 1
    while path.exists():  # a clock may give two runs the same time
        number += 1
        path = folder / f"{name}-{number}{_SUFFIX}"
    return path


def _name_limit(folder: Path) -> int:
    """The longest name that the file system takes, in bytes."""
    if not hasattr(os, "pathconf"):  # Windows counts UTF-16 units, which are fewer than bytes
        return _NAME_LIMIT
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError):  # a missing folder is reported when the journal is created
        return _NAME_LIMIT


def _cut(text: str, size: int) -> str:
    """The beginning of a text that has at most `size` bytes: whole characters, and only those that names may have."""
    encoding = sys.getfilesystemencoding()
    return text.encode(encoding, "ignore")[: max(0, size)].decode(encoding, "ignore")
