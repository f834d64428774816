"""The Moonshine engine: each task is recognised by a worker process. `recogniser` describes how."""

from __future__ import annotations

import sys

import msgspec

from ....errors import MissingDependency
from ..base import Emit, Settings
from ..workers.pool import WorkerPool
from ..workers.stream import WorkerStream
from .kind import MOONSHINE

_COMMAND = (sys.executable, "-m", "paraformer_nb.server.engines.moonshine.worker")


class Moonshine:
    """The engine.

    Args:
        max_workers: worker processes, and so tasks, at once; each has about 300 MB.
        idle_timeout: seconds without a task after which no worker is kept ready for the next one.
        ready_timeout: seconds for a worker to load its models; a busy laptop needs three.
        stall_timeout: seconds without progress after which a worker counts as hanging.

    Raises MissingDependency if the package or its model is not installed.
    """

    def __init__(
        self,
        *,
        max_workers: int = MOONSHINE.capacity or 1,
        idle_timeout: float = 300.0,
        ready_timeout: float = 30.0,
        stall_timeout: float = 30.0,
    ) -> None:
        if not MOONSHINE.is_installed:
            raise MissingDependency(
                "the engine 'moonshine' needs the package moonshine-voice with its English model. Install it with: "
                "pip install 'moonshine-voice>=0.0.73,<0.1'. It has wheels for Linux (x86-64 and ARM), macOS on Apple "
                "silicon and Windows (x86-64); elsewhere use Embedded('pocketsphinx') or a DashScope key."
            )
        self._pool = WorkerPool(
            _COMMAND, max_workers=max_workers, idle_timeout=idle_timeout, ready_timeout=ready_timeout
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
