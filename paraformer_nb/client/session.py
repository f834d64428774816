"""Floor 3: a clip over the wire: one asyncio task that sends and receives, and tells a recorder of all that crosses."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from msgspec import Raw
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ..audio import Clip, LiveClip, bin_samples
from ..errors import ConnectionFailed, ConnectionLost, ParaformerError, Throttled
from ..messages import Event, ResultGenerated, RunTask, TaskFailed, TaskStarted
from ..protocol.client import ClientTask, State
from ..protocol.codes import is_no_speech, task_error
from ..protocol.parameters import Parameters, wire_form
from ..protocol.server import ENGINE_HEADER
from ..recording import VERSION, ClipSource, Connected, Gap, Known, Lost, Received, Resumed, Run, Sent
from ..services import Service
from . import feed
from .deadline import Deadline
from .handshake import CLOSE_TIMEOUT, handshake
from .stretch import Recorder, Stretch

_START_TIMEOUT = 10.0  # seconds from run-task to task-started, as in the vendor's samples
_WORKER_TIMEOUT = 40.0  # the embedded recogniser loads its model first; it gives up by itself before
_MISSING = 1.0  # seconds by which a clip may be shorter than it says, codecs being what they are
_TAIL_TIMEOUT = 60.0  # seconds without any result after finish-task


def _forget(record: Known) -> None:
    """Nobody wants a recording."""


class Session:
    """One clip on its way through a service. Iterate over `events` once; `stop` may be called at any time.

    Everything that crosses, either way, is told in order to the recorder, if there is one.
    """

    def __init__(
        self, clip: Clip | LiveClip, service: Service, model: str, parameters: Parameters, pace: float | None,
        max_attempts: int,
    ) -> None:  # fmt: skip
        self._clip, self._service, self._model, self._parameters = clip, service, model, parameters
        self._pace, self._max_attempts = pace, max_attempts
        self._record: Recorder = _forget
        self._began = time.monotonic()
        self._stop = asyncio.Event()
        self._failure: Exception | None = None
        self._deadline = Deadline()
        self.seconds = 0.0
        """Seconds of audio that were sent."""

    def record_to(self, recorder: Recorder) -> None:
        """Tell `recorder` of all that crosses from now on."""
        self._record = recorder

    def stop(self) -> None:
        """Send no more audio; finish the task and keep its tail."""
        self._stop.set()
        self._deadline.set(_TAIL_TIMEOUT)

    def close(self) -> None:
        """Let go of the clip."""
        self._clip.close()

    def sha256(self) -> str | None:
        """The digest of the clip's file, if it has one. Reads the whole file: not for the loop."""
        return self._clip.sha256()

    def now(self) -> float:
        """Seconds since the session began."""
        return time.monotonic() - self._began

    async def events(self) -> AsyncGenerator[Event]:
        """Connect, stream the clip, and give each event as it comes, until the task is over."""
        task = self._task()
        async with self._connection(task) as socket, aclosing(self._conversation(socket, task)) as conversation:
            async for event in conversation:
                yield event

    def run_record(self) -> Run:
        """The recording's first line."""
        clip = self._clip
        return Run(
            self.now(), VERSION, datetime.now(UTC).isoformat(timespec="milliseconds"),
            ClipSource(clip.name, str(clip.path) if clip.path else None), clip.sample_rate, clip.start, clip.end,
            self._service.source, self._model, dict(self._parameters),
        )  # fmt: skip

    def _task(self) -> ClientTask:
        parameters, resources, task_input = wire_form(self._parameters)
        return ClientTask(RunTask(uuid.uuid4().hex, self._model, parameters, resources, task_input))

    # ---------------------------------------------------------------------------------------------- the connection

    @asynccontextmanager
    async def _connection(self, task: ClientTask) -> AsyncIterator[ClientConnection]:
        """A connection that is open, and closed in the end; tries again where that can help."""
        socket = await self._connect(task)
        try:
            yield socket
        except asyncio.CancelledError:
            socket.transport.abort()  # now means now: no closing handshake
            raise
        finally:
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await socket.close()
            except TimeoutError:  # it would wait without end for a peer that does not read
                socket.transport.abort()

    async def _connect(self, task: ClientTask) -> ClientConnection:
        for attempt in range(1, self._max_attempts + 1):
            endpoint = await self._service.endpoint()
            try:
                socket = await handshake(self._service, endpoint)
            except (ConnectionFailed, Throttled) as error:
                if endpoint.is_loopback or attempt == self._max_attempts or self._stop.is_set():
                    raise
                self._record(Lost(self.now(), task.task_id, str(error)))
                await self._back_off(attempt)
                self._record(Resumed(self.now(), task.task_id, self._clip.start, attempt + 1))
            else:
                engine = socket.response.headers.get(ENGINE_HEADER) if socket.response else None
                try:
                    self._record(Connected(self.now(), task.task_id, engine))
                except ParaformerError:
                    socket.transport.abort()
                    raise
                return socket
        raise AssertionError("unreachable")

    async def _back_off(self, attempt: int) -> None:
        """Wait longer after each attempt, and not all clients for the same time; a stop ends the waiting."""
        try:
            async with asyncio.timeout(min(8.0, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)):
                await self._stop.wait()
        except TimeoutError:
            pass

    # -------------------------------------------------------------------------------------------- the conversation

    async def _conversation(self, socket: ClientConnection, task: ClientTask) -> AsyncGenerator[Event]:
        """Events until the task is over, while audio is sent from the moment it has started."""
        sender: asyncio.Task[None] | None = None
        self._deadline.overdue = partial(self._give_up, socket, task)
        try:
            self._deadline.set(_START_TIMEOUT if self._service.source.kind != "embedded" else _WORKER_TIMEOUT)
            await self._send_command(socket, task, task.run())
            while task.state is not State.DONE:
                event = task.receive(await self._receive(socket, task))
                if isinstance(event, TaskStarted):
                    self._deadline.set(_TAIL_TIMEOUT if self._stop.is_set() else None)
                    sender = asyncio.create_task(self._send_audio(socket, task))
                elif isinstance(event, ResultGenerated) and self._deadline.is_set:
                    self._deadline.set(_TAIL_TIMEOUT)
                yield event
                if isinstance(event, TaskFailed) and not is_no_speech(event.code, event.message):
                    raise task_error(event.code, event.message, event.task_id or task.task_id)
        except ConnectionClosed as error:
            raise self._failure or self._lost(task, error) from None
        finally:
            if sender is not None:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)  # its failure is self._failure
        if self._failure:
            raise self._failure

    def _give_up(self, socket: ClientConnection, task: ClientTask) -> None:
        """What was waited for did not come."""
        waited_for = "run-task" if task.state is State.STARTING else "finish-task"
        self._failure = ConnectionLost(
            f"{self._service.source.host} did not answer {waited_for} in time. What was settled is kept. Run it again."
        )
        socket.transport.abort()  # wakes the receiver, which raises the failure

    async def _receive(self, socket: ClientConnection, task: ClientTask) -> Event:
        """The next event. Raises ConnectionClosed where none can come."""
        self._deadline.resume()
        try:
            data = await socket.recv(decode=False)
        finally:
            self._deadline.pause()
        record = Received.of(self.now(), task.task_id, data)
        self._record(record)
        return record.event

    def _lost(self, task: ClientTask, error: ConnectionClosed) -> ConnectionLost:
        close = error.rcvd or error.sent
        what = f"code {close.code}{f', {close.reason!r}' if close.reason else ''}" if close else "no closing word"
        self._record(Lost(self.now(), task.task_id, what, close.code if close else None))
        return ConnectionLost(
            f"the connection to {self._service.source.host} ended before the task did ({what}), after "
            f"{self.seconds:.1f} s of audio. What was settled is kept. Run it again, or with start= where it stopped."
        )

    # --------------------------------------------------------------------------------------------------- the audio

    async def _send_audio(self, socket: ClientConnection, task: ClientTask) -> None:
        """Send the clip, then finish-task; a clip that fails half-way is finished too, so that its words are kept."""
        try:
            await self._send_blocks(socket, task)
        except ConnectionClosed:
            return  # the receiver sees it too, and tells of it
        except Exception as error:  # noqa: BLE001 - a live source may raise anything; it is raised again in the end
            if task.state is State.DONE:
                return
            self._failure = error
        if task.state is State.DONE:
            return
        try:
            self._deadline.set(_TAIL_TIMEOUT)
            await self._send_command(socket, task, task.finish())
        except ConnectionClosed:
            return
        except ParaformerError as error:  # the recording cannot be written
            self._failure = self._failure or error
            socket.transport.abort()  # wakes the receiver, which raises the failure

    async def _send_blocks(self, socket: ClientConnection, task: ClientTask) -> None:
        clip, rate = self._clip, self._clip.sample_rate
        samples, step = feed.block_samples(rate, self._pace), bin_samples(rate)
        pacer = feed.Pacer(self._pace, self._stop) if self._pace else None
        stretch = Stretch(self._record, task.task_id, step / rate)
        try:
            async with aclosing(feed.blocks(clip, samples, self._stop)) as blocks:
                async for block in blocks:
                    if pacer is not None:
                        await pacer.wait(self.seconds)
                    if self._stop.is_set():
                        return
                    position, seconds = clip.start + self.seconds, len(block.pcm) / 2 / rate
                    await socket.send(task.audio(block.pcm))
                    self.seconds += seconds
                    stretch.add(self.now(), position, seconds, block.peaks)
        finally:
            stretch.tell(self.now())
        reached = clip.start + self.seconds
        if clip.end is not None and clip.end - reached > _MISSING and not self._stop.is_set():
            self._record(Gap(self.now(), reached, clip.end, "the clip is cut off or damaged"))

    async def _send_command(self, socket: ClientConnection, task: ClientTask, text: str) -> None:
        self._record(Sent(self.now(), task.task_id, Raw(text.encode())))
        await socket.send(text)
