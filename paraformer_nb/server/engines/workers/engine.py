"""An engine whose tasks are recognised by worker processes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..base import Emit, Settings
from .pool import WorkerPool
from .stream import WorkerStream


class WorkerEngine:
    """An engine. `process` describes what its workers read and write.

    Args:
        command: how to run a worker.
        max_workers: worker processes, and so tasks, at once.
        idle_timeout: seconds without a task after which no worker is kept ready for the next one.
        ready_timeout: seconds for a worker to load its model; a busy laptop needs three.
        stall_timeout: seconds without progress after which a worker counts as hanging.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        max_workers: int,
        idle_timeout: float = 300.0,
        ready_timeout: float = 30.0,
        stall_timeout: float = 30.0,
    ) -> None:
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
