"""Paths that a user gives."""

from __future__ import annotations

import os
from pathlib import Path


def expand(path: str | os.PathLike[str]) -> Path:
    """A path whose ``~`` or ``~name`` is the home folder. Where there is no such home it stays as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - unlike pathlib's it never raises
