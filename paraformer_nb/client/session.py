"""A clip over the wire: a task on a connection, and after a loss another one from where nothing was settled.

A recorder is told of all that crosses, of each loss, of where the clip goes on, and of what could not be heard.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from websockets.asyncio.client import ClientConnection

from ..audio.clip import Clip, LiveClip
from ..dashscope.client_task import ClientTask
from ..dashscope.messages import RunTask
from ..dashscope.parameters import Parameters, wire_form
from ..dashscope.redaction import redact
from ..dashscope.server_protocol import ENGINE_HEADER
from ..errors import ConnectionFailed, ConnectionLost, ParaformerError, ProtocolError, ServiceError, Throttled
from ..journal.records import VERSION, ClipSource, Connected, Disconnected, Gap, KnownRecord, Resumed, RunStarted
from ..services.services import Endpoint, Service
from .attempt import Attempt, Tell
from .coalescer import Recorder
from .feed import Feed, block_samples
from .handshake import CLOSE_TIMEOUT, handshake
from .pacer import Pacer
from .progress import Progress

_MISSING = 1.0  # seconds by which a clip may be shorter than it says, codecs being what they are
_LONGEST_WAIT = 8.0  # seconds between two attempts
_LOOPBACK_HASTE = 0.05  # × the wait: there is no network that others share


def _forget(record: KnownRecord) -> None:
    """Nobody wants a recording."""


class Session:
    """One clip on its way through a service. `run` it once; `stop` may be called at any time."""

    def __init__(
        self,
        clip: Clip | LiveClip,
        service: Service,
        model: str,
        parameters: Parameters,
        pace: float | None,
        max_attempts: int,
        progress: Progress | None = None,
    ) -> None:
        self._clip, self._service, self._model, self._parameters = clip, service, model, parameters
        self._max_attempts = max_attempts
        self._is_resumed = progress is not None
        self._progress = progress or Progress(clip.start)
        self._record: Recorder = _forget
        self._began = time.monotonic()
        self._stop = asyncio.Event()
        self._feed = Feed(clip, block_samples(clip.sample_rate, pace), self._stop)
        self._pacer = Pacer(pace, self._stop) if pace else None
        self._conversation: Attempt | None = None

    @property
    def seconds(self) -> float:
        """How far the clip was sent, in seconds from the part's beginning."""
        return self._progress.sent - self._progress.start

    def record_to(self, recorder: Recorder) -> None:
        """Tell `recorder` of all that crosses from now on."""
        self._record = recorder

    def go_on(self, began: float) -> None:
        """It goes on with a run whose clock began then (on the monotonic clock)."""
        self._began = began

    def stop(self) -> None:
        """Send no more audio; finish the task and keep its tail. What was sent and lost is sent again for that."""
        self._stop.set()
        if self._conversation is not None:
            self._conversation.stop()

    def close(self) -> None:
        """Let go of the clip."""
        self._clip.close()

    def sha256(self) -> str | None:
        """The digest of the clip's file, if it has one. Reads the whole file: not for the loop."""
        return self._clip.sha256()

    def now(self) -> float:
        """Seconds since the session began."""
        return time.monotonic() - self._began

    def run_record(self) -> RunStarted:
        """The recording's first line."""
        clip = self._clip
        path, size = (str(clip.path), clip.path.stat().st_size) if clip.path else (None, None)
        return RunStarted(
            self.now(),
            VERSION,
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            ClipSource(clip.name, path, size),
            clip.sample_rate,
            clip.start,
            clip.end,
            self._service.source,
            self._model,
            dict(self._parameters),
        )

    async def run(self, tell: Tell) -> None:
        """Hear the clip to its end. `tell` gets each event as it comes, with times from the beginning of the part that
        is heard; while it waits, nothing is received.

        Raises what ended the last attempt, where no other can help.
        """
        try:
            while not await self._attempt(tell):
                pass
            reached = self._progress.sent
            if self._clip.end is not None and self._clip.end - reached > _MISSING and not self._stop.is_set():
                self._record(Gap(self.now(), reached, self._clip.end, "the clip is cut off or damaged"))
        finally:
            await self._feed.close()

    # --------------------------------------------------------------------------------------- one attempt after another

    async def _attempt(self, tell: Tell) -> bool:
        """One more task. Returns whether the clip was heard to its end; if not, another attempt may help."""
        task = self._task()
        start = self._begin(task)
        endpoint: Endpoint | None = None
        try:
            endpoint = await self._service.endpoint()
            async with self._connection(endpoint, task) as socket:
                await self._talk(socket, endpoint, task, start, tell)
        except (ConnectionFailed, ConnectionLost, ServiceError, ProtocolError) as error:
            self._lose(task, error)
            await self._back_off(error, is_loopback=endpoint is not None and endpoint.is_loopback)
            return False
        return True

    def _task(self) -> ClientTask:
        parameters, resources, task_input = wire_form(self._parameters)
        return ClientTask(RunTask(uuid.uuid4().hex, self._model, parameters, resources, task_input))

    def _begin(self, task: ClientTask) -> float:
        """Where a task begins; tells so if it is not the first, and what is out of reach by now."""
        progress = self._progress
        progress.attempt_anew()
        if progress.attempts == 1 and not self._is_resumed:
            return progress.start
        wanted = progress.resume_at
        start = self._feed.reach(wanted)
        if start > max(wanted, progress.settled):
            reason = "the connection was lost, and the live source's sound of that time is not kept any more"
            self._record(Gap(self.now(), progress.settled, start, reason))
            progress.skip_to(start)
        self._record(Resumed(self.now(), task.task_id, start, progress.attempts))
        return start

    def _lose(self, task: ClientTask, error: ParaformerError) -> None:
        """An attempt has failed. Raises its error where another one cannot help, or there were enough."""
        progress = self._progress
        if not error.retryable or progress.attempt >= self._max_attempts:
            if progress.sent > progress.settled:
                self._record(Gap(self.now(), progress.settled, progress.sent, "the run failed before this was settled"))
            if isinstance(error, ConnectionFailed) and progress.sent > progress.start:
                raise ConnectionLost(
                    f"the connection was lost after {self.seconds:.1f} s of audio, and cannot be made again: {error} "
                    "What was settled is kept. Go on later from its recording with pnb.resume."
                ) from error
            raise error
        if not isinstance(error, ConnectionLost):  # that one was told when it happened
            self._record(Disconnected(self.now(), task.task_id, str(error)))

    async def _back_off(self, error: ParaformerError, *, is_loopback: bool) -> None:
        """Wait longer after each attempt, and not all clients for the same time; a stop that comes ends the waiting."""
        wait = min(_LONGEST_WAIT, 0.5 * 2**self._progress.attempt) * random.uniform(0.5, 1.0)
        if is_loopback and not isinstance(error, Throttled):
            wait *= _LOOPBACK_HASTE
        if self._stop.is_set():  # it came before: what was sent is still to be heard
            await asyncio.sleep(wait)
            return
        try:
            async with asyncio.timeout(wait):
                await self._stop.wait()
        except TimeoutError:
            pass

    # --------------------------------------------------------------------------------------------------- one attempt

    @asynccontextmanager
    async def _connection(self, endpoint: Endpoint, task: ClientTask) -> AsyncIterator[ClientConnection]:
        """A connection that is open, and closed in the end."""
        socket = await handshake(self._service, endpoint)
        try:
            engine = " ".join(socket.response.headers.get_all(ENGINE_HEADER)) if socket.response else ""
            self._record(Connected(self.now(), task.task_id, redact(engine) or None))
            yield socket
        except BaseException:
            socket.transport.abort()  # now means now: a closing handshake would have to read all that still comes
            raise
        finally:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await socket.close()
            except TimeoutError:  # it would wait without end for a peer that does not read
                socket.transport.abort()

    async def _talk(
        self, socket: ClientConnection, endpoint: Endpoint, task: ClientTask, start: float, tell: Tell
    ) -> None:
        self._conversation = Attempt(
            socket,
            task,
            self._progress,
            self._feed,
            self._pacer,
            self._stop,
            self._record,
            self.now,
            source=self._service.source,
            link_timeout=endpoint.link_timeout,
            sample_rate=self._clip.sample_rate,
        )
        try:
            await self._conversation.run(start, tell)
        finally:
            self._conversation = None
