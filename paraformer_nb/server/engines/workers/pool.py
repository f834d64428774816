"""The worker processes of one engine: a limited number, and a spare one that is loaded before its task arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from .process import WorkerExited, WorkerProcess


class WorkerPool:
    """Gives each task a worker.

    A worker needs seconds to load, so the pool starts a spare one before its task is known. The spare is an ordinary
    worker and counts as one.

    Args:
        command: how to run a worker.
        max_workers: how many may be alive at once, the spare included.
        idle_timeout: seconds without a task after which the spare is ended; the next task starts a new one.
        ready_timeout: seconds for a worker to load its model.
    """

    def __init__(self, command: Sequence[str], *, max_workers: int, idle_timeout: float, ready_timeout: float) -> None:
        self._command = command
        self._max_workers = max_workers
        self._idle_timeout = idle_timeout
        self._ready_timeout = ready_timeout
        self._spare: WorkerProcess | None = None
        self._turns = asyncio.Semaphore(max_workers)  # tasks beyond it wait, in the order of their arrival
        self._busy: set[WorkerProcess] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._idle_timer: asyncio.TimerHandle | None = None
        self._is_open = False

    def open(self) -> None:
        """Keep a spare from now on."""
        self._is_open = True
        self.prepare_spare()

    def prepare_spare(self) -> None:
        """Start a spare, unless there is one already or no room for it. Restarts the idle timeout."""
        if not self._is_open:
            return
        self._drop_dead_spare()
        if self._spare is None and self._alive < self._max_workers:
            self._spare = WorkerProcess(self._command)
        if self._idle_timer:
            self._idle_timer.cancel()
        self._idle_timer = asyncio.get_running_loop().call_later(self._idle_timeout, self._check_idle)

    async def acquire(self, settings: bytes) -> WorkerProcess:
        """Return a worker that has begun its task; give it back with `release`. Raises EngineError.

        A task that is one too many waits until another one has ended. The worker is the spare if there is one, loaded
        or still loading; else a new one. A spare that turns out to have died is replaced.
        """
        while True:
            worker, spare = await self._next_worker()
            has_begun = False
            try:
                await worker.begin(settings, self._ready_timeout)
                has_begun = True
                return worker
            except WorkerExited:
                if spare is None:
                    raise
            finally:
                if not has_begun:
                    self.release(worker)

    async def _next_worker(self) -> tuple[WorkerProcess, WorkerProcess | None]:
        """Wait for a turn. Returns the worker, which counts as busy now, and the same again where it is the spare."""
        await self._turns.acquire()
        try:
            await self._wait_for_room()
        except BaseException:
            self._turns.release()
            raise
        spare = self._spare
        self._spare = None
        worker = spare or WorkerProcess(self._command)
        self._busy.add(worker)
        return worker, spare

    def release(self, worker: WorkerProcess) -> asyncio.Task[None]:
        """End a worker. The returned task is done when the process has exited; it need not be awaited."""
        if worker in self._busy:
            self._busy.remove(worker)
            self._turns.release()
        ending = asyncio.create_task(worker.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending

    async def close(self) -> None:
        """End the spare, and wait for all workers that are ending. The pool may be opened again."""
        self._is_open = False
        if self._idle_timer:
            self._idle_timer.cancel()
        self._end_spare()
        if self._ending:
            await asyncio.wait(self._ending)

    @property
    def _alive(self) -> int:
        return len(self._busy) + len(self._ending) + (self._spare is not None)

    async def _wait_for_room(self) -> None:
        """Wait until there is a spare, or room for a new worker: one that has ended may not have exited yet."""
        self._drop_dead_spare()
        while self._spare is None and self._alive >= self._max_workers:
            await asyncio.wait(self._ending, return_when=asyncio.FIRST_COMPLETED)

    def _check_idle(self) -> None:
        if self._busy:
            self.prepare_spare()
        else:
            self._end_spare()

    def _drop_dead_spare(self) -> None:
        if self._spare and self._spare.has_exited:
            self._end_spare()

    def _end_spare(self) -> None:
        if self._spare:
            self.release(self._spare)
            self._spare = None
