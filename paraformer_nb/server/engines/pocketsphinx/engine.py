"""The PocketSphinx engine: each task is recognised by a worker process. `recogniser` describes how."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence

import msgspec

from ....errors import MissingDependency
from ..base import Emit, Settings
from ..workers.pool import WorkerPool
from ..workers.stream import WorkerStream
from .kind import POCKETSPHINX

_COMMAND = (sys.executable, "-m", "paraformer_nb.server.engines.pocketsphinx.worker")


class PocketSphinx:
    """The engine.

    Args:
        max_workers: worker processes, and so tasks, at once; each has about 100 MB.
        idle_timeout: seconds without a task after which no worker is kept ready for the next one.
        ready_timeout: seconds for a worker to load its model; a busy laptop needs two.
        stall_timeout: seconds without progress after which a worker counts as hanging.
        command: how to run a worker.

    Raises MissingDependency if the package is not installed.
    """

    def __init__(
        self,
        *,
        max_workers: int = POCKETSPHINX.capacity or 1,
        idle_timeout: float = 300.0,
        ready_timeout: float = 30.0,
        stall_timeout: float = 30.0,
        command: Sequence[str] = _COMMAND,
    ) -> None:
        if not POCKETSPHINX.is_installed:
            version = ".".join(platform.python_version_tuple()[:2])
            system = f"Python {version} on {platform.system()} {platform.machine()}"
            raise MissingDependency(
                "the embedded English recogniser needs the package pocketsphinx, which is not installed (it may have "
                f"no wheel for {system}). Everything else works: use Python 3.11 or 3.13, a DashScope key "
                "(pnb.login()), a Paraformer folder (pnb.Embedded('paraformer', model_dir=...)) or the scripted engine."
            )
        self._pool = WorkerPool(
            command, max_workers=max_workers, idle_timeout=idle_timeout, ready_timeout=ready_timeout
        )
        self._stall_timeout = stall_timeout

    async def open(self) -> None:
        """Start loading a worker for the first task."""
        self._pool.open()

    def stream(self, settings: Settings, emit: Emit) -> WorkerStream:
        """Create a task's stream."""
        options = msgspec.json.encode({"max_sentence_silence": settings.max_sentence_silence})
        return WorkerStream(self._pool, options, emit, self._stall_timeout)

    async def close(self) -> None:
        """End the spare worker."""
        await self._pool.close()
