"""Floor 3: the embedded English recogniser, seen from the service: one worker process a task, spoken to over pipes.

What is decoded, and how, stands in `pocketsphinx_worker`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import struct
import sys

import msgspec
from msgspec import Struct

from ...errors import MissingDependency
from ...messages import SentenceResult
from .base import Emit, EngineError, Settings

_AHEAD = 1.0  # seconds of audio that may wait in the worker: little, so that what is shown as sent is soon heard
_READY_TIMEOUT = 30.0  # seconds for a worker to load its model; a busy laptop takes two
_STUCK_TIMEOUT = 30.0  # seconds without a word from a worker that has something to do
_END_TIMEOUT = 0.5  # seconds for a worker to end by itself
_MOST_WORKERS = 4  # each takes about 130 MB


class _Line(Struct):
    """One line of the worker's output."""

    ready: bool = False
    heard: float | None = None
    sentence: SentenceResult | None = None
    done: bool = False


_decode = msgspec.json.Decoder(_Line).decode


class PocketSphinx:
    """The engine. Raises MissingDependency where the package is not installed."""

    def __init__(self) -> None:
        if importlib.util.find_spec("pocketsphinx") is None:
            raise MissingDependency(
                "the embedded English recogniser needs the package pocketsphinx, which has no wheel for this Python "
                "and platform. Use Python 3.11 or 3.13, a DashScope key, or the scripted engine."
            )

    async def open(self) -> None:
        """Nothing to get ready."""

    def stream(self, settings: Settings, emit: Emit) -> PocketSphinxStream:
        """One task's recogniser process."""
        return PocketSphinxStream(emit)

    async def close(self) -> None:
        """Nothing to let go of."""


class PocketSphinxStream:
    """One task's recogniser process."""

    _workers = 0

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._sent = 0.0
        self._heard = 0.0
        self._progress = asyncio.Event()

    async def start(self) -> None:
        """Start a worker and wait until it is ready."""
        if PocketSphinxStream._workers >= _MOST_WORKERS:
            raise EngineError("Throttling", f"{_MOST_WORKERS} tasks are being recognised already; wait for one to end.")
        PocketSphinxStream._workers += 1
        try:
            # A session of its own: interrupting the kernel must not interrupt the recogniser.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "paraformer_nb.server.pocketsphinx_worker",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True, limit=2**20,
            )  # fmt: skip
        except OSError as error:
            raise EngineError("InternalError", f"the embedded recogniser cannot be started: {error}.") from error
        finally:
            PocketSphinxStream._workers -= self._process is None
        try:
            async with asyncio.timeout(_READY_TIMEOUT):
                line = await self._line()
        except TimeoutError:
            line = None
        if line is None or not line.ready:
            raise EngineError("InternalError", "the embedded recogniser's process did not start.")
        self._reader = asyncio.create_task(self._read())
        self._reader.add_done_callback(lambda _: self._progress.set())

    async def accept(self, pcm: bytes) -> None:
        """Hand a block to the worker; wait while it is more than a second behind."""
        self._write(struct.pack("<I", len(pcm)) + pcm)
        self._sent += len(pcm) / 32_000
        await self._drain()
        while self._sent - self._heard > _AHEAD:
            self._check()
            await self._next_progress()

    async def finish(self) -> None:
        """Wait for the worker's last result."""
        self._write(struct.pack("<I", 0))
        await self._drain()
        while self._reader and not self._reader.done():
            await self._next_progress()
        self._check()

    async def _next_progress(self) -> None:
        self._progress.clear()
        try:
            async with asyncio.timeout(_STUCK_TIMEOUT):
                await self._progress.wait()
        except TimeoutError:
            raise EngineError("InternalError", "the embedded recogniser's process does not go on.") from None

    async def close(self) -> None:
        """End the worker and wait until it is gone."""
        process, self._process = self._process, None
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)  # what it raised was told by accept or finish
        if process is None:
            return
        PocketSphinxStream._workers -= 1
        if process.stdin:
            process.stdin.close()  # it ends by itself when its input does
        try:
            async with asyncio.timeout(_END_TIMEOUT):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # else its pipes are closed by the collector, loudly

    def _write(self, data: bytes) -> None:
        assert self._process and self._process.stdin
        self._process.stdin.write(data)

    async def _drain(self) -> None:
        assert self._process and self._process.stdin
        try:
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise EngineError("InternalError", "the embedded recogniser's process ended unexpectedly.") from error

    async def _line(self) -> _Line | None:
        assert self._process and self._process.stdout
        line = await self._process.stdout.readline()
        return _decode(line) if line else None

    async def _read(self) -> None:
        """Pass the worker's results on, until it is done or gone; `_next_progress` wakes with each, and at the end."""
        while (line := await self._line()) and not line.done:
            if line.sentence:
                await self._emit(line.sentence)
            self._heard = line.heard or self._heard
            self._progress.set()
        if line is None:
            raise EngineError("InternalError", "the embedded recogniser's process ended unexpectedly.")

    def _check(self) -> None:
        """Raise what ended the reader, if something did."""
        if self._reader and self._reader.done() and not self._reader.cancelled():
            self._reader.result()
