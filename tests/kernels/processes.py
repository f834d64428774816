"""What kernels and programs are begun with, and the recogniser processes below them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

TESTS = Path(__file__).parents[1]
LESSON = TESTS.parent / "notebooks" / "data" / "lesson_en.flac"
PATIENCE = 60.0  # seconds for anything to happen: no test depends on a fast machine


def environment(**own: str) -> dict[str, str]:
    """This process's environment with some variables of its own, and with nothing that steers the package."""
    steering = ("DASHSCOPE_", "PARAFORMER_NB_")
    return {name: value for name, value in os.environ.items() if not name.startswith(steering)} | own


def recognisers(variable: str, value: str) -> list[int]:
    """Pids of the recogniser processes with this in their environment, whether or not their parents live."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it has just ended
            if (
                entry.name.isdigit()
                and b"paraformer_nb.server." in (entry / "cmdline").read_bytes()
                and f"{variable}={value}".encode() in (entry / "environ").read_bytes().split(b"\0")
            ):
                found.append(int(entry.name))
    return found
