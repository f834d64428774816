"""Floor 3: a clip over the wire: one asyncio task that sends and receives, and tells a recorder of all that crosses."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from msgspec import Raw
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from ..audio import Clip, LiveClip, bin_samples
from ..errors import ConnectionFailed, ConnectionLost, ParaformerError, Throttled
from ..messages import Event, RunTask, TaskFailed, TaskStarted
from ..protocol.client import ClientTask, State
from ..protocol.codes import handshake_error, is_no_speech, task_error
from ..protocol.parameters import Parameters, wire_form
from ..recording import VERSION, Audio, ClipSource, Connected, Known, Lost, Peaks, Received, Resumed, Run, Sent
from ..services import Endpoint, Service
from . import feed

Recorder = Callable[[Known], None]

_ENGINE_HEADER = "X-Paraformer-NB-Engine"  # the embedded service names its engine in the handshake
_HANDSHAKE_TIMEOUT = 10.0
_START_TIMEOUT = 10.0  # as in the vendor's samples
_TAIL_TIMEOUT = 60.0  # without any event after finish-task
_CLOSE_TIMEOUT = 5.0
_LOOPBACK_BUFFER = 32 * 1024  # bytes in the kernel: more would show audio as sent long before it is heard
_PING_EVERY = 10.0  # and as long for the answer: a dead link is found within 20 s


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
        self._failure: BaseException | None = None
        self.seconds = 0.0
        """Seconds of audio that were sent."""

    def record_to(self, recorder: Recorder) -> None:
        """Tell `recorder` of all that crosses from now on."""
        self._record = recorder

    def stop(self) -> None:
        """Send no more audio; finish the task and keep its tail."""
        self._stop.set()

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
        async with self._connection(task) as socket:
            await self._send_command(socket, task, task.run())
            async with aclosing(self._conversation(socket, task)) as conversation:
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
            await socket.wait_closed()
            raise
        finally:
            await socket.close()

    async def _connect(self, task: ClientTask) -> ClientConnection:
        for attempt in range(1, self._max_attempts + 1):
            endpoint = await self._service.endpoint()
            try:
                socket = await self._handshake(endpoint)
            except (ConnectionFailed, Throttled) as error:
                if endpoint.is_loopback or attempt == self._max_attempts or self._stop.is_set():
                    raise
                self._record(Lost(self.now(), task.task_id, str(error)))
                await self._back_off(attempt)
                self._record(Resumed(self.now(), task.task_id, self._clip.start, attempt + 1))
            else:
                engine = socket.response.headers.get(_ENGINE_HEADER) if socket.response else None
                self._record(Connected(self.now(), task.task_id, engine))
                return socket
        raise AssertionError("unreachable")

    async def _back_off(self, attempt: int) -> None:
        """Wait longer after each attempt, and not all clients for the same time; a stop ends the waiting."""
        try:
            async with asyncio.timeout(min(8.0, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)):
                await self._stop.wait()
        except TimeoutError:
            pass

    async def _handshake(self, endpoint: Endpoint) -> ClientConnection:
        host, ping = self._service.source.host, None if endpoint.is_loopback else _PING_EVERY
        options: dict[str, Any] = {"proxy": None} if endpoint.is_loopback else {}
        try:
            socket = await connect(
                endpoint.url, additional_headers=endpoint.headers, compression=None, max_size=2**20,
                open_timeout=_HANDSHAKE_TIMEOUT, ping_interval=ping, ping_timeout=ping, close_timeout=_CLOSE_TIMEOUT,
                user_agent_header="paraformer_nb", **options,
            )  # fmt: skip
        except InvalidStatus as error:
            body = bytes(error.response.body or b"").decode("utf-8", "replace")
            refusal = handshake_error(error.response.status_code, body, host)
            if error.response.status_code >= 500:
                raise ConnectionFailed(str(refusal)) from None
            raise refusal from None
        except (OSError, TimeoutError, InvalidHandshake, EOFError) as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            raise ConnectionFailed(
                f"no connection to {host} ({reason}). Nothing was sent. Check the network, the proxy and the URL."
            ) from None
        if self._service.source.kind == "embedded":
            connected = socket.transport.get_extra_info("socket")
            connected.setsockopt(SOL_SOCKET, SO_SNDBUF, _LOOPBACK_BUFFER)
        return socket

    # -------------------------------------------------------------------------------------------- the conversation

    async def _conversation(self, socket: ClientConnection, task: ClientTask) -> AsyncGenerator[Event]:
        """Events until the task is over, while audio is sent from the moment it has started."""
        sender: asyncio.Task[None] | None = None
        try:
            while task.state is not State.DONE:
                event = task.receive(await self._receive(socket, task))
                if isinstance(event, TaskStarted):
                    sender = asyncio.create_task(self._send_audio(socket, task))
                yield event
                if isinstance(event, TaskFailed) and not is_no_speech(event.code, event.message):
                    raise task_error(event.code, event.message, event.task_id or task.task_id)
        finally:
            if sender is not None:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)  # its failure is self._failure
        if self._failure:
            raise self._failure

    async def _receive(self, socket: ClientConnection, task: ClientTask) -> Event:
        """The next event; ConnectionLost where none can come any more."""
        timeout = {State.STARTING: _START_TIMEOUT, State.FINISHING: _TAIL_TIMEOUT}.get(task.state)
        try:
            if timeout is None:
                data = await socket.recv(decode=False)
            else:
                async with asyncio.timeout(timeout):
                    data = await socket.recv(decode=False)
        except TimeoutError:
            raise ConnectionLost(
                f"{self._service.source.host} did not answer {self._waited_for(task)} within {timeout:.0f} s. "
                "What was settled is kept. Run it again."
            ) from None
        except ConnectionClosed as error:
            raise self._failure or self._lost(error) from None
        record = Received.of(self.now(), task.task_id, data)
        self._record(record)
        return record.event

    @staticmethod
    def _waited_for(task: ClientTask) -> str:
        return "run-task" if task.state is State.STARTING else "finish-task"

    def _lost(self, error: ConnectionClosed) -> ConnectionLost:
        close = error.rcvd
        what = f"code {close.code}{f', {close.reason!r}' if close.reason else ''}" if close else "no closing word"
        return ConnectionLost(
            f"the connection to {self._service.source.host} ended before the task did ({what}), after "
            f"{self.seconds:.1f} s of audio. What was settled is kept. Run it again, or with start= where it stopped."
        )

    # --------------------------------------------------------------------------------------------------- the audio

    async def _send_audio(self, socket: ClientConnection, task: ClientTask) -> None:
        """Send the clip, then finish-task; a clip that fails half-way is finished too, so that its words are kept."""
        try:
            try:
                await self._send_blocks(socket, task)
            except ParaformerError as error:
                self._failure = error
            await self._send_command(socket, task, task.finish())
        except ConnectionClosed:
            pass  # the receiver sees it too, and tells of it
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._failure = error
            socket.transport.abort()  # wakes the receiver, which raises the failure
            raise

    async def _send_blocks(self, socket: ClientConnection, task: ClientTask) -> None:
        clip, rate = self._clip, self._clip.sample_rate
        samples, step = feed.block_samples(rate, self._pace), bin_samples(rate)
        pacer = feed.Pacer(self._pace, self._stop)
        async with aclosing(feed.blocks(clip, samples, self._stop)) as blocks:
            async for block in blocks:
                await pacer.wait(self.seconds)
                if self._stop.is_set():
                    return
                position, seconds = clip.start + self.seconds, len(block.pcm) / 2 / rate
                await socket.send(task.audio(block.pcm))
                self.seconds += seconds
                now = self.now()
                self._record(Audio(now, task.task_id, round(position, 6), round(seconds, 6)))
                self._record(Peaks(now, round(position, 6), step / rate, block.peaks))

    async def _send_command(self, socket: ClientConnection, task: ClientTask, text: str) -> None:
        self._record(Sent(self.now(), task.task_id, Raw(text.encode())))
        await socket.send(text)
