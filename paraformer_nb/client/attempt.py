"""One task over one open socket: commands and audio out, events in, each wait with an end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress

from msgspec import Raw
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ..audio.peaks import bin_samples
from ..dashscope.client_task import ClientTask, State
from ..dashscope.codes import is_no_speech, task_error
from ..dashscope.messages import Event, ResultGeneratedEvent, TaskFailedEvent, TaskStartedEvent
from ..dashscope.redaction import redact
from ..errors import ConnectionLost
from ..journal.records import Disconnected, Received, Sent, ServiceSource
from ..transcript.clock import TaskClock
from .coalescer import RecordCoalescer, Recorder
from .feed import Feed
from .keepalive import Keepalive
from .pacer import Pacer
from .progress import Progress
from .response_timeout import ResponseTimeout

Tell = Callable[[Event], Awaitable[None]]

_START_TIMEOUT = 10.0  # seconds from run-task to task-started, as in the vendor's samples
_WORKER_TIMEOUT = 40.0  # the embedded recogniser loads its model first; it gives up by itself before
_TAIL_TIMEOUT = 60.0  # seconds without any result after finish-task


class Attempt:
    """One task, from run-task to its end."""

    def __init__(
        self,
        socket: ClientConnection,
        task: ClientTask,
        progress: Progress,
        feed: Feed,
        pacer: Pacer | None,
        stop: asyncio.Event,
        record: Recorder,
        now: Callable[[], float],
        *,
        source: ServiceSource,
        link_timeout: float,
        sample_rate: int,
    ) -> None:
        self._socket, self._task, self._progress, self._feed, self._pacer = socket, task, progress, feed, pacer
        self._stop, self._record, self._now, self._host = stop, record, now, source.host
        self._start_timeout = _WORKER_TIMEOUT if source.kind == "embedded" else _START_TIMEOUT
        self._rate = sample_rate
        self._stretch = RecordCoalescer(record, task.task_id, bin_samples(sample_rate) / sample_rate)
        self._deadline = ResponseTimeout()
        self._link = Keepalive(socket, link_timeout, lambda: self._give_up("answered no ping in time"))
        self._failure: Exception | None = None  # the clip's; it ends the run once what was read before is settled
        self._given_up: str | None = None  # why, where it was this side that ended the connection

    def stop(self) -> None:
        """Audio was told to end: the tail must come in time."""
        if self._task.state is State.STREAMING:
            self._deadline.set(_TAIL_TIMEOUT)

    async def run(self, start: float, tell: Tell) -> None:
        """Send the clip from `start` on and tell each event, on the run's time line, until the task is over.

        Raises ConnectionLost where the connection ends first or falls silent, TaskFailed where the service gives up,
        RemoteProtocolError where it breaks the protocol, and what the clip raises.
        """
        clock = self._progress.begin(start)
        at_work = [asyncio.create_task(self._link.watch())]
        self._deadline.overdue = self._answer_is_overdue
        task = self._task
        try:
            self._deadline.set(self._start_timeout)
            await self._send_command(task.run())
            while task.state is not State.DONE:
                event = await self._receive()
                is_tail = task.state is State.FINISHING
                event = task.receive(event)
                if isinstance(event, TaskStartedEvent):
                    self._deadline.set(_TAIL_TIMEOUT if self._stop.is_set() else None)
                    at_work.append(asyncio.create_task(self._send_audio(start, clock)))
                elif isinstance(event, ResultGeneratedEvent) and not event.sentence.heartbeat and self._deadline.is_set:
                    self._deadline.set(_TAIL_TIMEOUT)
                elif isinstance(event, TaskFailedEvent) and not (is_tail and is_no_speech(event.code, event.message)):
                    raise task_error(event.code, event.message, event.task_id or task.task_id)
                if (placed := self._progress.take(event, clock)) is not None:
                    await tell(placed)
                if isinstance(event, ResultGeneratedEvent) and event.sentence.is_final:
                    self._feed.forget(self._progress.resume_at)
        except ConnectionClosed as error:  # raised out of here: its own text and frames may hold the key
            self._failure = self._lost(error)
        finally:
            for each in at_work:
                each.cancel()
            await asyncio.gather(*at_work, return_exceptions=True)  # the sender's failure is self._failure
        if self._failure:
            raise self._failure

    async def _receive(self) -> Event:
        """The next event. Raises ConnectionClosed where none can come."""
        self._deadline.resume()
        self._link.resume()
        try:
            data = await self._socket.recv(decode=False)
        finally:
            self._link.pause()
            self._deadline.pause()
        record = Received.of(self._now(), self._task.task_id, redact(data))  # it may repeat the key
        if isinstance(record.event, ResultGeneratedEvent) and record.event.sentence.is_final:
            self._stretch.tell(record.t)  # a recording that is cut off here has sent what it settled
        self._record(record)
        return record.event

    # ---------------------------------------------------------------------------------------------- what goes wrong

    def _answer_is_overdue(self) -> None:
        self._give_up(f"did not answer {'run-task' if self._task.state is State.STARTING else 'finish-task'} in time")

    def _give_up(self, why: str) -> None:
        """The other side `why`: end the connection, which wakes the receiver."""
        self._given_up = self._given_up or why
        self._socket.transport.abort()

    def _lost(self, error: ConnectionClosed) -> ConnectionLost:
        close = None if self._given_up else error.rcvd or error.sent
        reason = redact(close.reason) if close else ""
        what = f"code {close.code}{f', {reason!r}' if reason else ''}" if close else "no closing word"
        self._record(
            Disconnected(self._now(), self._task.task_id, self._given_up or what, close.code if close else None)
        )
        ended = f"the connection to {self._host} ended before the task did ({what})"
        told = f"{self._host} {self._given_up}" if self._given_up else ended
        return ConnectionLost(
            f"{told}, after {self._progress.sent - self._progress.start:.1f} s of audio. "
            "What was settled is kept. Run it again, or go on from its recording with pnb.resume."
        )

    # --------------------------------------------------------------------------------------------------- the audio

    async def _send_audio(self, start: float, clock: TaskClock) -> None:
        """Send the clip, then finish-task; a clip that fails half-way is finished too, so that its words are kept."""
        is_open = True
        try:
            is_open = await self._send_blocks(start, clock)
        except Exception as error:  # noqa: BLE001 - a live source may raise anything; it is raised again in the end
            if self._task.state is not State.DONE:
                self._failure = error
        if is_open and self._task.state is not State.DONE:
            self._deadline.set(_TAIL_TIMEOUT)
            with suppress(ConnectionClosed):  # the receiver sees it too, and tells of it
                await self._send_command(self._task.finish())

    async def _send_blocks(self, position: float, clock: TaskClock) -> bool:
        """Send from `position` on. A stop ends it, but what an earlier task was sent is sent again. Returns whether the
        connection is still open.
        """
        progress, stretch, sent_before = self._progress, self._stretch, self._progress.sent
        try:
            async with aclosing(self._feed.blocks(position)) as blocks:
                async for block in blocks:
                    if self._pacer is not None and block.peaks is not None:
                        await self._pacer.wait(position - progress.start)
                    if self._stop.is_set() and position >= sent_before:
                        return True
                    audio, seconds = self._task.audio(block.pcm), len(block.pcm) / 2 / self._rate
                    try:
                        await self._socket.send(audio)
                    except ConnectionClosed:  # caught here: a live source may be a socket as well, and raise it
                        return False
                    if block.peaks is None:
                        clock.pause(seconds)
                        stretch.pause(self._now(), position, seconds)
                        continue
                    clock.hear(seconds)
                    stretch.add(self._now(), position, seconds, block.peaks)
                    position += seconds
                    progress.sent = max(progress.sent, position)
            return True
        finally:
            stretch.tell(self._now())

    async def _send_command(self, text: str) -> None:
        self._record(Sent(self._now(), self._task.task_id, Raw(text.encode())))
        await self._socket.send(text)
