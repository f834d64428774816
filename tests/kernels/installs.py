"""Install several versions of ipykernel, each into its own folder; everything else is the environment's."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_WANTED = {"6.31": "ipykernel==6.31.*", "7.0.1": "ipykernel==7.0.1", "7.3": "ipykernel==7.3.*"}


class NotAvailable(Exception):
    """An ipykernel is neither in the cache nor available from a package index."""


def install(cache: Path) -> dict[str, Path | None]:
    """Return the folder of each ipykernel, for the start of PYTHONPATH; None for the environment's own, the newest.

    They are installed into `cache`, unless they are there. Their dependencies are those of the newest one, so they are
    not installed. Raises NotAvailable.
    """
    folders = {name: cache / f"ipykernel-{name}" for name in _WANTED}
    downloads = {name: Path(tempfile.mkdtemp(dir=cache)) for name, folder in folders.items() if not folder.exists()}
    running = {name: _start_install(_WANTED[name], folder) for name, folder in downloads.items()}
    errors = {name: process.communicate()[1].strip() for name, process in running.items()}
    for name, download in downloads.items():
        if running[name].returncode == 0:
            with suppress(OSError):  # another test run was faster
                download.rename(folders[name])
        shutil.rmtree(download, ignore_errors=True)
    if missing := [name for name, folder in folders.items() if not folder.exists()]:
        raise NotAvailable(f"ipykernel {', '.join(missing)} cannot be installed: {errors[missing[0]][-200:]}")
    return {**folders, "newest": None}


def _start_install(wanted: str, folder: Path) -> subprocess.Popen[str]:
    options = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--no-deps", "--target", str(folder)]
    command = [sys.executable, "-m", "pip", "install", *options, wanted]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
