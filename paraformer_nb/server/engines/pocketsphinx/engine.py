"""The PocketSphinx engine: each task is recognised by a worker process. `recogniser` describes how."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from typing import Any

from ....errors import MissingDependency
from ..workers.engine import WorkerEngine
from .kind import CAPACITY, POCKETSPHINX

_COMMAND = (sys.executable, "-m", "paraformer_nb.server.engines.pocketsphinx.worker")


class PocketSphinx(WorkerEngine):
    """The engine; `command`: how to run a worker, and `options` are a `WorkerEngine`'s.

    Raises MissingDependency if the package is not installed.
    """

    def __init__(self, *, max_workers: int = CAPACITY, command: Sequence[str] = _COMMAND, **options: Any) -> None:
        if not POCKETSPHINX.is_installed:
            version = ".".join(platform.python_version_tuple()[:2])
            system = f"Python {version} on {platform.system()} {platform.machine()}"
            raise MissingDependency(
                "the embedded English recogniser needs the package pocketsphinx, which is not installed (it may have "
                f"no wheel for {system}). Everything else works: use Python 3.11 or 3.13, a DashScope key "
                "(pnb.login()), a Paraformer folder (pnb.Embedded('paraformer', model_dir=...)) or the scripted engine."
            )
        super().__init__(command, max_workers=max_workers, **options)
