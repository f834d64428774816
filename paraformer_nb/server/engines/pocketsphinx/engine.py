"""The embedded English recogniser, seen from the service: one worker process a task.

What is decoded, and how, stands in `pocketsphinx_worker`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Sequence

import msgspec

from ....errors import MissingDependency
from ..base import RATE, Emit, EngineError, Settings
from ..workers import Worker, WorkerGone, Workers

_COMMAND = (sys.executable, "-m", "paraformer_nb.server.engines.pocketsphinx.worker")
_AHEAD = 1.0  # seconds of audio that may wait in the worker: little, so that what is shown as sent is soon heard
_PIECE = RATE  # bytes, half a second: with `_AHEAD` less than a pipe holds, so that writing never waits
_SPARE_AFTER = 1.0  # seconds heard of a task: its own first words do not wait for the next worker to load
_STUCK_TIMEOUT = 30.0  # seconds without a word from a worker that has something to do


class PocketSphinx:
    """The engine.

    Args:
        most: tasks at once; one more is told to wait.
        idle: seconds without a task after which no worker is kept ready for the next one.
        command: how to run a worker.

    Raises MissingDependency where the package is not installed.
    """

    def __init__(self, *, most: int = 4, idle: float = 300.0, command: Sequence[str] = _COMMAND) -> None:
        if importlib.util.find_spec("pocketsphinx") is None:
            raise MissingDependency(
                "the embedded English recogniser needs the package pocketsphinx, which has no wheel for this Python "
                "and platform. Use Python 3.11 or 3.13, a DashScope key, or the scripted engine."
            )
        self._workers = Workers(command, most, idle)

    async def open(self) -> None:
        """Begin to load a worker for the first task."""
        self._workers.open()

    def stream(self, settings: Settings, emit: Emit) -> PocketSphinxStream:
        """One task, heard by a worker of its own."""
        return PocketSphinxStream(self._workers, settings, emit)

    async def close(self) -> None:
        """End the worker that waits for a task."""
        await self._workers.close()


class PocketSphinxStream:
    """One task, heard by a worker of its own."""

    def __init__(self, workers: Workers, settings: Settings, emit: Emit) -> None:
        self._workers = workers
        self._settings = msgspec.json.encode({"max_sentence_silence": settings.max_sentence_silence})
        self._emit = emit
        self._is_telling = False
        self._worker: Worker | None = None
        self._reader: asyncio.Task[None] | None = None
        self._sent = 0.0
        self._heard = 0.0
        self._progress = asyncio.Event()

    async def start(self) -> None:
        """Take a worker, and wait until it is ready."""
        self._worker = await self._workers.take(self._settings)
        self._reader = asyncio.create_task(self._read(self._worker))
        self._reader.add_done_callback(lambda _: self._progress.set())

    async def accept(self, pcm: bytes) -> None:
        """Hand a block to the worker; wait while it is more than a second behind."""
        assert self._worker and self._reader
        for at in range(0, len(pcm), _PIECE):
            piece = pcm[at : at + _PIECE]
            await self._worker.write(piece)
            self._sent += len(piece) / (2 * RATE)
            while self._sent - self._heard > _AHEAD and not self._reader.done():
                await self._next_progress()
            if self._reader.done():
                self._reader.result()
                raise WorkerGone  # it said that it was done, and was not

    async def finish(self) -> None:
        """Wait for the worker's last result."""
        assert self._worker and self._reader
        await self._worker.write(b"")
        while not self._reader.done():
            await self._next_progress()
        self._reader.result()

    async def close(self) -> None:
        """End the worker and wait until it is gone; the next task finds one ready."""
        ending = self._workers.end(self._worker) if self._worker else None
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)  # what it raised was told by accept or finish
        if ending:
            await asyncio.shield(ending)
            self._workers.warm()

    async def _next_progress(self) -> None:
        """Wait until more was heard, or the reader has ended. Raises EngineError where the worker hangs."""
        self._progress.clear()
        try:
            async with asyncio.timeout(_STUCK_TIMEOUT):
                await self._progress.wait()
        except TimeoutError:
            if not self._is_telling:  # else it is the client that takes its time
                raise EngineError("InternalError", "the embedded recogniser's process does not go on.") from None

    async def _read(self, worker: Worker) -> None:
        """Pass the worker's results on, until it is done. Raises EngineError where it ends in another way."""
        while not (line := await worker.line()).done:
            if line.sentence:
                self._is_telling = True
                await self._emit(line.sentence)
                self._is_telling = False
            if self._heard < _SPARE_AFTER <= line.heard:
                self._workers.warm()
            if line.heard > self._heard:
                self._heard = line.heard
                self._progress.set()
