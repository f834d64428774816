"""Several ipykernels, each in a folder of its own; all else is the environment's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_WANTED = {"6.31": "ipykernel==6.31.*", "7.0.1": "ipykernel==7.0.1", "7.3": "ipykernel==7.3.*"}


class NoIndex(Exception):
    """An ipykernel is neither in the cache nor to be had from a package index."""


def install(cache: Path) -> dict[str, Path | None]:
    """The folder of each ipykernel, to come first on PYTHONPATH; None for the environment's own, which is the newest.

    They are put into `cache`, unless they are there. All that they need is what the newest one needs too. Raises
    NoIndex.
    """
    folders = {name: cache / f"ipykernel-{name}" for name in _WANTED}
    drafts = {name: Path(tempfile.mkdtemp(dir=cache)) for name, folder in folders.items() if not folder.exists()}
    running = {name: _begin_to_install(_WANTED[name], draft) for name, draft in drafts.items()}
    complaints = {name: process.communicate()[1].strip() for name, process in running.items()}
    for name, draft in drafts.items():
        if running[name].returncode == 0:
            with suppress(OSError):  # another test run was faster
                draft.rename(folders[name])
        shutil.rmtree(draft, ignore_errors=True)
    if missing := [name for name, folder in folders.items() if not folder.exists()]:
        raise NoIndex(f"there is no ipykernel {', '.join(missing)}: {complaints[missing[0]][-200:]}")
    return {**folders, "newest": None}


def _begin_to_install(wanted: str, folder: Path) -> subprocess.Popen[str]:
    options = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--no-deps", "--target", str(folder)]
    command = [sys.executable, "-m", "pip", "install", *options, wanted]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
