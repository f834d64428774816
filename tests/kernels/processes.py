"""The environment of kernels and programs, and their recogniser processes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

TESTS = Path(__file__).parents[1]
LESSON = TESTS.parent / "notebooks" / "data" / "lesson_en.flac"
PATIENCE = 60.0  # seconds; long, so that no test depends on a fast machine


def environment(**own: str) -> dict[str, str]:
    """Return this environment with more variables, and without those that configure the package."""
    prefixes = ("DASHSCOPE_", "PARAFORMER_NB_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)} | own


def recognisers(variable: str, value: str) -> list[int]:
    """Return the pids of the recogniser processes with this variable in their environment, orphans included."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # the process has just exited
            if (
                entry.name.isdigit()
                and b"paraformer_nb.server." in (entry / "cmdline").read_bytes()
                and f"{variable}={value}".encode() in (entry / "environ").read_bytes().split(b"\0")
            ):
                found.append(int(entry.name))
    return found
