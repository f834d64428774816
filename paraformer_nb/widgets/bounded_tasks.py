"""Tasks that answer a front end's requests: a number of them at once at most."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class BoundedTasks:
    """Runs tasks on the current loop, and keeps them until they end; `limit`: how many at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_full(self) -> bool:
        """Whether no further task may be started."""
        return len(self._tasks) >= self._limit

    def start(self, coroutine: Coroutine[None, None, None]) -> None:
        """Start a task."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
