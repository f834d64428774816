"""One connection of the embedded service: tasks one after another, ended well or refused with a reason."""

from __future__ import annotations

import itertools
import logging
from contextlib import AbstractContextManager
from typing import Protocol

from websockets.exceptions import ConnectionClosed

from ..dashscope.messages import FinishTask, RunTask
from ..dashscope.server_protocol import Audio, Refusal, Request, ServerProtocol
from .engines.base import Engine, EngineError
from .engines.registry import EngineKind
from .limits import Limits
from .log import log
from .task import Task, TaskRefused
from .wire import Wire

logger = logging.getLogger("paraformer_nb.server")

_TOO_LARGE = (
    "The decoded text message was too big for the output buffer and the endpoint does not support partial messages"
)
_LONGEST_TEXT = 64 * 1024  # characters; a command has 1000, and to take a large one apart would keep others waiting
_numbers = itertools.count(1)


class Admission(Protocol):
    """Lets a task in. Raises TaskRefused where there are too many at once."""

    def __call__(self) -> AbstractContextManager[None]: ...


class Connection:
    """Serves one client until it goes, falls silent, or a task of it fails."""

    def __init__(self, wire: Wire, engine: Engine, kind: EngineKind, limits: Limits, admit: Admission) -> None:
        self._wire, self._engine, self._kind, self._limits, self._admit = wire, engine, kind, limits, admit
        self._protocol = ServerProtocol()
        self._number = next(_numbers)

    async def serve(self) -> None:
        """Run tasks one after another."""
        self._log(logging.INFO, "connected")
        try:
            await self._serve()
        except ConnectionClosed as error:
            self._log(logging.INFO, "client-gone", code=error.rcvd.code if error.rcvd else None)
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
            logger.exception("task %s came to an unexpected end", ascii(self._protocol.task_id)[:100])
            await self._refuse(Refusal("InternalError", "the embedded service made a mistake; its log says which"))

    async def _refuse(self, refusal: Refusal) -> None:
        self._log(logging.INFO, "failed", code=refusal.code, message=refusal.message)
        await self._wire.send(self._protocol.failed(refusal))

    async def _receive(self, timeout: float) -> Request | None:
        """The next request; None when none came in time."""
        message = await self._wire.receive(timeout)
        if message is None:
            return None
        most = self._limits.frame if isinstance(message, bytes) else min(self._limits.frame, _LONGEST_TEXT)
        if len(message) > most:
            raise TaskRefused(Refusal("CLIENT_ERROR", _TOO_LARGE))
        protocol = self._protocol
        request = protocol.receive_text(message) if isinstance(message, str) else protocol.receive_audio(message)
        if protocol.note:
            self._log(logging.WARNING, "forgiven", note=protocol.note)
        if isinstance(request, Refusal):
            raise TaskRefused(request)
        return request

    async def _run(self, command: RunTask) -> None:
        self._check_languages(command)
        with self._admit():
            task = Task(command, self._wire, self._protocol, self._engine, self._kind, self._limits)
            try:
                await task.start()
                self._log(logging.INFO, "started", model=command.model, format=command.parameters.get("format"))
                await self._hear(task)
                await task.finish()
                self._log(logging.INFO, "finished", seconds=round(task.seconds, 3))
            except EngineError as error:
                raise TaskRefused(Refusal(error.code, str(error))) from error
            finally:
                await task.close()

    async def _hear(self, task: Task) -> None:
        """Take the task's audio until finish-task."""
        limit = self._limits.no_data
        while not isinstance(request := await self._receive(limit), FinishTask):
            if request is None:
                raise TaskRefused(Refusal("CLIENT_ERROR", f"request timeout after {limit:g} seconds."))
            if isinstance(request, Audio):
                await task.hear(request.data)

    def _check_languages(self, command: RunTask) -> None:
        hints, known = command.parameters.get("language_hints"), self._kind.languages
        if hints and known and not set(known) & set(hints):
            told = f"the embedded recogniser knows {', '.join(known)} only, not {', '.join(hints)}"
            raise TaskRefused(Refusal("InvalidParameter", told))

    def _log(self, level: int, event: str, **fields: object) -> None:
        log(level, event, connection=self._number, task=self._protocol.task_id or None, **fields)
