"""Recogniser processes, spoken to over pipes: so many at most, and one kept warm for the next task."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from msgspec import Struct

from ...dashscope.messages import SentenceResult
from .base import EngineError

_READY_TIMEOUT = 30.0  # seconds for a worker to load its model; a busy laptop takes two
_LONGEST_LINE = 2**20  # bytes; a sentence of a minute takes 30 kB
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has one word for both


class Line(Struct):
    """One line of a worker's output."""

    ready: bool = False
    heard: float = 0.0
    sentence: SentenceResult | None = None
    done: bool = False


_decode = msgspec.json.Decoder(Line).decode


class WorkerGone(EngineError):
    """The process has ended, or never began."""

    def __init__(self, message: str = "the embedded recogniser's process ended unexpectedly.") -> None:
        super().__init__("InternalError", message)


class Worker:
    """One process. It begins to load its model at once, serves the one task that it is given, and ends."""

    def __init__(self, command: Sequence[str]) -> None:
        # A task of its own: whoever waits for the process may be cancelled, and the process must be found by `end`.
        self._starting = asyncio.create_task(_start(command))

    @property
    def is_gone(self) -> bool:
        """Whether it is known to have ended by itself."""
        if not self._starting.done():
            return False
        return self._starting.exception() is not None or self._starting.result().returncode is not None

    async def begin(self, settings: bytes) -> None:
        """Hand its task over, and wait until its model is loaded. Raises EngineError."""
        await asyncio.shield(self._starting)
        try:
            async with asyncio.timeout(_READY_TIMEOUT):
                await self.write(settings)
                line = await self.line()
        except TimeoutError:
            line = None
        if line is None or not line.ready:
            raise EngineError("InternalError", "the embedded recogniser's process did not get ready.")

    async def write(self, piece: bytes) -> None:
        """Send a piece behind its length; an empty one is the end. Raises WorkerGone."""
        stdin = self._starting.result().stdin
        assert stdin
        stdin.write(struct.pack("<I", len(piece)) + piece)
        try:
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerGone from error

    async def line(self) -> Line:
        """What it says next, whenever that is. Raises WorkerGone at the end, EngineError for what is no such line."""
        stdout = self._starting.result().stdout
        assert stdout
        try:
            text = await stdout.readline()
            if not text:
                raise WorkerGone
            return _decode(text)
        except (ValueError, msgspec.MsgspecError, RecursionError) as error:  # too long, no text, no such object
            raise EngineError("InternalError", "the embedded recogniser's process wrote what is no result.") from error

    async def end(self) -> None:
        """End the process, whatever it does, and return when it is gone."""
        (process,) = await asyncio.gather(self._starting, return_exceptions=True)
        if isinstance(process, BaseException):
            return
        transport: asyncio.SubprocessTransport = process._transport  # type: ignore[attr-defined]
        for number in (0, 1):  # or `wait` waits for one that is full, and the collector complains
            if pipe := transport.get_pipe_transport(number):
                pipe.close()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, _KILL)  # process.kill() would take the exit status away from asyncio's watcher
        await process.wait()
        transport.close()


async def _start(command: Sequence[str]) -> asyncio.subprocess.Process:
    try:
        # A session of its own: interrupting the kernel must not interrupt the recogniser.
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
    except OSError as error:
        raise WorkerGone(f"the embedded recogniser's process cannot be started: {error}.") from error


class Workers:
    """The workers of one engine.

    A spare is loaded before its task is known, because that takes longer than anybody wants to wait. It is an ordinary
    worker, counts as one, and goes to the next task.

    Args:
        command: what to run.
        most: how many may be alive at once, each about 100 MB.
        idle: seconds without a task after which the spare is ended; the next task begins another.
    """

    def __init__(self, command: Sequence[str], most: int, idle: float) -> None:
        self._command, self._most, self._idle = command, most, idle
        self._spare: Worker | None = None
        self._busy: set[Worker] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_open = False

    def open(self) -> None:
        """Keep a spare from now on."""
        self._is_open = True
        self.warm()

    def warm(self) -> None:
        """Begin a spare, unless there is one, or no room for one. The time without a task counts from here."""
        if not self._is_open:
            return
        self._forget_dead()
        if self._spare is None and self._alive < self._most:
            self._spare = Worker(self._command)
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._idle, self._tire)

    async def take(self, settings: bytes) -> Worker:
        """A worker that has begun its task, to be given back with `end`. Raises EngineError.

        The spare if there is one, loaded or not; else a new one. A spare that died while it waited is left out.
        """
        while True:
            await self._room()
            is_new = self._spare is None
            worker, self._spare = self._spare or Worker(self._command), None
            self._busy.add(worker)
            has_begun = False
            try:
                await worker.begin(settings)
                has_begun = True
                return worker
            except WorkerGone:
                if is_new:
                    raise
            finally:
                if not has_begun:
                    self.end(worker)

    def end(self, worker: Worker) -> asyncio.Task[None]:
        """End a worker; the task is done when it is gone, and need not be waited for."""
        self._busy.discard(worker)
        ending = asyncio.create_task(worker.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending

    async def close(self) -> None:
        """End the spare, and wait for all that are ending. It may be opened again."""
        self._is_open = False
        if self._timer:
            self._timer.cancel()
        self._end_spare()
        if self._ending:
            await asyncio.wait(self._ending)

    @property
    def _alive(self) -> int:
        return len(self._busy) + len(self._ending) + (self._spare is not None)

    async def _room(self) -> None:
        """Return when there is a spare, or room for a worker. Raises EngineError where only a task's end would help."""
        self._forget_dead()
        while self._spare is None and self._alive >= self._most:
            if not self._ending:
                told = f"{self._most} tasks are being recognised already; wait for one to end."
                raise EngineError("Throttling", told)
            await asyncio.wait(self._ending, return_when=asyncio.FIRST_COMPLETED)

    def _forget_dead(self) -> None:
        if self._spare and self._spare.is_gone:
            self._end_spare()

    def _tire(self) -> None:
        if self._busy:
            self.warm()
        else:
            self._end_spare()

    def _end_spare(self) -> None:
        if self._spare:
            self.end(self._spare)
            self._spare = None
