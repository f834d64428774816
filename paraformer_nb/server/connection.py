"""One connection of the embedded service: runs its tasks one after another, and reports why a task fails."""

from __future__ import annotations

import itertools
import logging
from contextlib import AbstractContextManager
from typing import Protocol

from websockets.exceptions import ConnectionClosed

from ..dashscope.messages import ContinueTask, FinishTask, RunTask
from ..dashscope.parameters import has_known_language
from ..dashscope.server_protocol import AudioData, Refusal, Request, ServerProtocol
from .engines.base import Engine, EngineError, EngineKind
from .limits import Limits
from .log import log
from .task import Task, TaskRefused
from .vocabularies import Vocabularies
from .wire import Wire

logger = logging.getLogger("paraformer_nb.server")

_TOO_LARGE = (
    "The decoded text message was too big for the output buffer and the endpoint does not support partial messages"
)
_MAX_TEXT = 64 * 1024  # characters; a command has about 1000, and parsing a large one delays other connections
_numbers = itertools.count(1)


class Admission(Protocol):
    """Admits one task while its context is entered. Raises TaskRefused if too many tasks are running."""

    def __call__(self) -> AbstractContextManager[None]: ...


class Connection:
    """Serves one client until it disconnects, stops sending, or a task fails."""

    def __init__(
        self,
        wire: Wire,
        engine: Engine,
        kind: EngineKind,
        limits: Limits,
        admit: Admission,
        vocabularies: Vocabularies | None = None,
    ) -> None:
        self._wire = wire
        self._engine = engine
        self._kind = kind
        self._limits = limits
        self._admit = admit
        self._vocabularies = vocabularies or Vocabularies(limits.deployment)
        self._protocol = ServerProtocol()
        self._number = next(_numbers)

    async def serve(self) -> None:
        """Run tasks one after another, then close the connection."""
        self._log(logging.INFO, "connected")
        try:
            await self._serve()
        except ConnectionClosed as error:
            self._log(logging.INFO, "client-disconnected", code=error.rcvd.code if error.rcvd else None)
        finally:
            try:
                await self._wire.close()
            finally:
                self._log(logging.INFO, "disconnected")

    async def _serve(self) -> None:
        try:
            while (request := await self._receive(self._limits.idle)) is not None:
                if isinstance(request, RunTask):
                    await self._run(request)
            self._log(logging.INFO, "idle")
        except TaskRefused as refused:
            await self._refuse(refused.refusal)
        except ConnectionClosed:
            raise
        except Exception:
            logger.exception("task %s failed unexpectedly", ascii(self._protocol.task_id)[:100])
            await self._refuse(Refusal("InternalError", "the embedded service has an internal error; see its log"))

    async def _refuse(self, refusal: Refusal) -> None:
        self._log(logging.INFO, "failed", code=refusal.code, message=refusal.message)
        await self._wire.send(self._protocol.failed(refusal))

    async def _receive(self, timeout: float) -> Request | None:
        """Return the next request; None if none arrives in time. Raises TaskRefused."""
        message = await self._wire.receive(timeout)
        if message is None:
            return None
        max_length = self._limits.frame if isinstance(message, bytes) else min(self._limits.frame, _MAX_TEXT)
        if len(message) > max_length:
            raise TaskRefused(Refusal("CLIENT_ERROR", _TOO_LARGE))
        protocol = self._protocol
        request = protocol.receive_text(message) if isinstance(message, str) else protocol.receive_audio(message)
        if protocol.warning:
            self._log(logging.WARNING, "tolerated", note=protocol.warning)
        if isinstance(request, Refusal):
            raise TaskRefused(request)
        return request

    async def _run(self, command: RunTask) -> None:
        self._check_languages(command)
        with self._admit():
            hotwords = self._vocabularies.hotwords(command)
            task = Task(command, self._wire, self._protocol, self._engine, self._kind, self._limits, hotwords)
            try:
                await task.start()
                self._log(logging.INFO, "started", model=command.model, format=command.parameters.get("format"))
                await self._receive_audio(task)
                await task.finish()
                self._log(logging.INFO, "finished", seconds=round(task.seconds, 3))
            except EngineError as error:
                raise TaskRefused(Refusal(error.code, str(error))) from error
            finally:
                await task.close()

    async def _receive_audio(self, task: Task) -> None:
        """Receive the task's audio until finish-task."""
        timeout = self._limits.no_data
        while not isinstance(request := await self._receive(timeout), FinishTask):
            if request is None:
                raise TaskRefused(Refusal("CLIENT_ERROR", f"request timeout after {timeout:g} seconds."))
            if isinstance(request, AudioData):
                await task.receive_audio(request.data)
            elif isinstance(request, ContinueTask):
                task.update_context(request)

    def _check_languages(self, command: RunTask) -> None:
        hints = command.parameters.get("language_hints")
        languages = self._kind.languages
        if hints and languages and not has_known_language(hints, languages):
            problem = f"the embedded recogniser knows {', '.join(languages)} only, not {', '.join(hints)}"
            raise TaskRefused(Refusal("InvalidParameter", problem))

    def _log(self, level: int, event: str, **fields: object) -> None:
        log(level, event, connection=self._number, task=self._protocol.task_id or None, **fields)
