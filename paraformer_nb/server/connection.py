"""Floor 3: one socket of the embedded service: the protocol's server side, an engine, and the bytes between them."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from contextlib import suppress

from websockets.asyncio.server import ServerConnection as Socket
from websockets.exceptions import ConnectionClosed

from ..audio import Resampler
from ..messages import FinishTask, RunTask, SentenceResult
from ..protocol.server import Audio, Refusal, Request, ServerConnection
from .engines import NO_TRANSLATIONS, Engine, EngineError, EngineKind, Settings

logger = logging.getLogger("paraformer_nb.server")

RATE = 16_000  # what engines hear
_NO_DATA_TIMEOUT = 23.0  # seconds without anything from the client, within a task (the service's own figure)
_IDLE_TIMEOUT = 60.0  # seconds between tasks (the service's own figure)
_READABLE = ("pcm", "wav")


class TaskRefused(Exception):
    """The current task must fail."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


class Connection:
    """Serves one client until it goes, or a task of it fails."""

    def __init__(self, socket: Socket, kind: EngineKind, engine: Engine) -> None:
        self._socket = socket
        self._kind = kind
        self._engine = engine
        self._protocol = ServerConnection()

    async def serve(self) -> None:
        """Run tasks one after another."""
        try:
            while True:
                request = await self._receive(_IDLE_TIMEOUT)
                if request is None:
                    return
                if isinstance(request, RunTask):
                    await self._task(request)
        except TaskRefused as refused:
            await self._refuse(refused.refusal)
        except ConnectionClosed:
            logger.info("the client went away")
        except Exception:
            logger.exception("task %s came to an unexpected end", self._protocol.task_id)
            await self._refuse(Refusal("InternalError", "the embedded service made a mistake; its log says which"))

    async def _refuse(self, refusal: Refusal) -> None:
        logger.info("task %s refused: %s %s", self._protocol.task_id, *refusal)
        with suppress(ConnectionClosed):
            await self._socket.send(self._protocol.failed(refusal))

    async def _receive(self, timeout: float) -> Request | None:
        """The next request; None when none came in time."""
        try:
            async with asyncio.timeout(timeout):
                message = await self._socket.recv()
        except TimeoutError:
            return None
        protocol = self._protocol
        request = protocol.receive_text(message) if isinstance(message, str) else protocol.receive_audio(message)
        if protocol.note:
            logger.warning("task %s: %s", protocol.task_id, protocol.note)
        if isinstance(request, Refusal):
            raise TaskRefused(request)
        return request

    async def _task(self, command: RunTask) -> None:
        self._check(command)
        task = _Task(self._socket, self._protocol, self._engine, command)
        try:
            await task.stream.start()
            await self._socket.send(self._protocol.started())
            while not isinstance(request := await self._receive(_NO_DATA_TIMEOUT), FinishTask):
                if request is None:
                    raise TaskRefused(Refusal("CLIENT_ERROR", "request timeout after 23 seconds."))
                if isinstance(request, Audio):
                    await task.hear(request.data)
            await task.finish()
        except EngineError as error:
            raise TaskRefused(Refusal(error.code, str(error))) from error
        finally:
            await task.stream.close()

    def _check(self, command: RunTask) -> None:
        """What this service cannot do, though the protocol allows it."""
        audio_format = command.parameters.get("format", "pcm")
        if audio_format not in _READABLE:
            raise TaskRefused(
                Refusal(
                    "UNSUPPORTED_FORMAT", f"the embedded service reads {' and '.join(_READABLE)}, not {audio_format}"
                )
            )
        hints, known = command.parameters.get("language_hints"), self._kind.languages
        if hints is not None and not (isinstance(hints, list) and all(isinstance(hint, str) for hint in hints)):
            raise TaskRefused(Refusal("InvalidParameter", f"language_hints {hints!r} is no list of languages"))
        if hints and known and not set(known) & set(hints):
            raise TaskRefused(
                Refusal("InvalidParameter", f"the embedded recogniser knows {', '.join(known)} only, not {hints}")
            )


class _Task:
    """The audio of one task on its way in, its results on their way out."""

    def __init__(self, socket: Socket, protocol: ServerConnection, engine: Engine, command: RunTask) -> None:
        rate = command.parameters.get("sample_rate", RATE)
        self._socket = socket
        self._protocol = protocol
        self.stream = engine.stream(Settings(), self._emit)
        self._rate = rate
        self._resampler = None if rate == RATE else Resampler(RATE)
        self._seconds = 0.0
        self._has_results = False
        self._rest = b""
        self._is_first = True

    async def hear(self, data: bytes) -> None:
        """Take a block: a RIFF header is left out whatever the format was said to be, half a sample waits."""
        data = self._rest + data
        if self._is_first:
            data = data[_riff_header(data) :]
            self._is_first = False
        whole = len(data) // 2 * 2
        data, self._rest = data[:whole], data[whole:]
        self._seconds += len(data) / 2 / self._rate
        await self._pass(self._resampler.pcm(data, self._rate) if self._resampler else data)

    async def finish(self) -> None:
        """Let the engine settle what is open, then say that the task is finished, or that there was nothing to hear."""
        await self._pass(self._resampler.flush() if self._resampler else b"")
        await self.stream.finish()
        if not self._has_results:
            raise TaskRefused(Refusal("NO_VALID_AUDIO_ERROR", "no speech was found in the audio"))
        await self._socket.send(self._protocol.finished(math.ceil(self._seconds)))

    async def _emit(self, sentence: SentenceResult, translations: Mapping[str, str] = NO_TRANSLATIONS) -> None:
        """Send one result."""
        self._has_results = self._has_results or bool(sentence.text)
        await self._socket.send(self._protocol.result(sentence, math.ceil(self._seconds)))

    async def _pass(self, pcm: bytes) -> None:
        if pcm:
            await self.stream.accept(pcm)


def _riff_header(data: bytes) -> int:
    """The length of a WAV header at the beginning of a task's audio, 0 where there is none."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return 0
    at = data.find(b"data", 12)
    return at + 8 if at >= 0 else 44
