"""A task's stream that runs in a worker process."""

from __future__ import annotations

import asyncio

from ..base import ENGINE_RATE, Emit, EngineError
from .pool import WorkerPool
from .process import WorkerExited, WorkerProcess

# Seconds of audio queued in the worker: with more, audio is reported as sent long before it is recognised.
_MAX_AHEAD = 1.0
# Bytes, half a second: `_MAX_AHEAD` and one block are less than a pipe holds, so writing never blocks.
_BLOCK = ENGINE_RATE
_SPARE_AFTER = 2.5  # seconds of this task's audio: until then the loading of a spare would delay its first words


class WorkerStream:
    """One task, recognised by its own worker.

    Args:
        pool: provides the worker.
        settings: the task's settings, as JSON for the worker.
        emit: receives the results.
        stall_timeout: seconds without progress after which a worker counts as hanging.
    """

    def __init__(self, pool: WorkerPool, settings: bytes, emit: Emit, stall_timeout: float) -> None:
        self._pool = pool
        self._settings = settings
        self._emit = emit
        self._stall_timeout = stall_timeout
        self._is_emitting = False
        self._worker: WorkerProcess | None = None
        self._reader: asyncio.Task[None] | None = None
        self._sent = 0.0  # seconds
        self._position = 0.0
        self._progress = asyncio.Event()

    @property
    def position(self) -> float:
        """Seconds of audio that have been recognised."""
        return self._position

    async def start(self) -> None:
        """Acquire a worker, and wait until it is ready."""
        self._worker = await self._pool.acquire(self._settings)
        self._reader = asyncio.create_task(self._read(self._worker))
        self._reader.add_done_callback(lambda _: self._progress.set())

    async def accept(self, pcm: bytes) -> None:
        """Send a block to the worker; wait while more than a second is queued there."""
        assert self._worker and self._reader
        for offset in range(0, len(pcm), _BLOCK):
            block = pcm[offset : offset + _BLOCK]
            await self._worker.write(block)
            self._sent += len(block) / (2 * ENGINE_RATE)
            while self._sent - self._position > _MAX_AHEAD and not self._reader.done():
                await self._wait_for_progress()
            if self._reader.done():
                self._reader.result()
                raise WorkerExited  # it reported `done` before the end of the audio

    async def finish(self) -> None:
        """Wait for the worker's last result."""
        assert self._worker and self._reader
        await self._worker.write(b"")
        while not self._reader.done():
            await self._wait_for_progress()
        self._reader.result()

    async def close(self) -> None:
        """End the worker, wait until it has exited, and prepare a spare for the next task."""
        ending = self._pool.release(self._worker) if self._worker else None
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)  # accept or finish has raised its exception
        if ending:
            await asyncio.shield(ending)
            self._pool.prepare_spare()

    async def _wait_for_progress(self) -> None:
        """Wait until the position has changed, or the reader has ended. Raises EngineError if the worker hangs."""
        self._progress.clear()
        try:
            async with asyncio.timeout(self._stall_timeout):
                await self._progress.wait()
        except TimeoutError:
            if not self._is_emitting:  # else the client is slow, not the worker
                raise EngineError(
                    "InternalError", "the embedded recogniser's process has stopped responding."
                ) from None

    async def _read(self, worker: WorkerProcess) -> None:
        """Emit the worker's results until it is done. Raises EngineError if it ends before that."""
        while not (message := await worker.read()).done:
            if message.sentence:
                self._is_emitting = True
                await self._emit(message.sentence)
                self._is_emitting = False
            if self._position < _SPARE_AFTER <= message.position:
                self._pool.prepare_spare()
            if message.position > self._position:
                self._position = message.position
                self._progress.set()
