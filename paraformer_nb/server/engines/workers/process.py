"""One worker process, as the service uses it.

The service writes to the worker's stdin: blocks, each preceded by its length (4 bytes, little endian). The first block
is the task's settings, the others are 16 kHz 16-bit mono PCM; length 0 ends the audio. The worker writes one
`WorkerMessage` per line to stdout, as JSON. `child` is the worker's side.
"""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from ....dashscope.messages import SentenceResult
from ..base import EngineError

_MAX_LINE = 2**20  # bytes; a sentence of a minute has 30 kB
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has only SIGTERM
# Windows' own values (`subprocess` has them on Windows only): Ctrl-C does not reach the process, and it has no console.
_CREATE_NEW_PROCESS_GROUP = 0x200
_CREATE_NO_WINDOW = 0x08000000


class WorkerMessage(Struct):
    """One line of a worker's output. `ready` comes first, `done` last.

    Attributes:
        ready: the model is loaded and the settings have been read.
        problem: why the model cannot be loaded, instead of `ready`.
        position: seconds of audio that have been recognised.
        sentence: a result.
        done: all results have been written.
    """

    ready: bool = False
    problem: str = ""
    position: float = 0.0
    sentence: SentenceResult | None = None
    done: bool = False


_decode = msgspec.json.Decoder(WorkerMessage).decode


class WorkerExited(EngineError):
    """The process has exited, or could not be started."""

    def __init__(self, message: str = "the embedded recogniser's process ended unexpectedly.") -> None:
        super().__init__("InternalError", message)


class WorkerProcess:
    """A process that loads its model immediately, serves one task, and exits."""

    def __init__(self, command: Sequence[str]) -> None:
        # In a task: the caller may be cancelled while the process starts, and `end` must still find the process.
        self._starting = asyncio.create_task(_start(command))

    @property
    def has_exited(self) -> bool:
        """Whether it is known to have exited by itself."""
        if not self._starting.done():
            return False
        return self._starting.exception() is not None or self._starting.result().returncode is not None

    async def begin(self, settings: bytes, timeout: float) -> None:
        """Send the task's settings, and wait until the model is loaded. Raises EngineError."""
        await asyncio.shield(self._starting)
        try:
            async with asyncio.timeout(timeout):
                await self.write(settings)
                message = await self.read()
        except TimeoutError:
            message = None
        if message is not None and message.problem:
            raise EngineError("InternalError", f"the embedded recogniser cannot start: {message.problem}")
        if message is None or not message.ready:
            raise EngineError("InternalError", "the embedded recogniser's process did not become ready.")

    async def write(self, block: bytes) -> None:
        """Send a block; an empty one ends the audio. Raises WorkerExited."""
        stdin = self._starting.result().stdin
        assert stdin
        stdin.write(struct.pack("<I", len(block)) + block)
        try:
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerExited from error

    async def read(self) -> WorkerMessage:
        """Wait for the next message. Raises WorkerExited at the end of the output, EngineError for an invalid line."""
        stdout = self._starting.result().stdout
        assert stdout
        try:
            line = await stdout.readline()
            if not line:
                raise WorkerExited
            return _decode(line)
        except (ValueError, msgspec.MsgspecError, RecursionError) as error:  # too long, not UTF-8, not a message
            raise EngineError("InternalError", "the embedded recogniser's process sent an invalid message.") from error

    async def end(self) -> None:
        """Kill the process, whatever it is doing, and wait until it has exited."""
        (process,) = await asyncio.gather(self._starting, return_exceptions=True)
        if isinstance(process, BaseException):
            return
        transport: asyncio.SubprocessTransport = process._transport  # type: ignore[attr-defined]
        for number in (0, 1):  # else `wait` blocks on a full pipe, and unclosed transports raise ResourceWarnings
            if pipe := transport.get_pipe_transport(number):
                pipe.close()
        if process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):  # Windows: it has just exited by itself
                os.kill(process.pid, _KILL)  # process.kill() may reap the exit status before asyncio's watcher does
        await process.wait()
        transport.close()


async def _start(command: Sequence[str]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_MAX_LINE,
            **own_group(),
        )
    except (OSError, RuntimeError) as error:  # RuntimeError: asyncio cannot start a thread to watch it
        raise WorkerExited(f"the embedded recogniser's process cannot be started: {error}.") from error


def own_group(platform: str = sys.platform) -> dict[str, Any]:
    """How to start a process apart from this one's group: interrupting the kernel must not interrupt the recogniser."""
    if platform == "win32":
        return {"creationflags": _CREATE_NEW_PROCESS_GROUP | _CREATE_NO_WINDOW}
    return {"start_new_session": True}
