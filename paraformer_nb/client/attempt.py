"""One task over one open socket: sends commands and audio, receives events; every wait has a timeout."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from collections.abc import Callable
from contextlib import aclosing, suppress

from msgspec import Raw
from websockets.exceptions import ConnectionClosed

from ..audio.peaks import bin_samples
from ..dashscope.client_task import ClientTask, State
from ..dashscope.codes import is_no_speech, task_error
from ..dashscope.context import ContextMessage
from ..dashscope.messages import Event, ResultGeneratedEvent, TaskFailedEvent, TaskStartedEvent, UnknownEvent
from ..dashscope.redaction import redact
from ..errors import ConnectionLost
from ..journal.records import Disconnected, Received, Sent
from .coalescer import RecordCoalescer
from .connection import ObservedConnection
from .feed import Block, Feed
from .keepalive import Keepalive
from .pacer import Pacer
from .reasons import close_reason
from .request import Clock, OpenedRequest
from .response_timeout import ResponseTimeout
from .sink import Sink

logger = logging.getLogger("paraformer_nb")

_NO_SIGN = "did not answer a ping in time: for {:g} s nothing arrived, and nothing that was sent was acknowledged"


class Attempt:
    """One task, from run-task to its end.

    Args:
        start: the position of the clip at which the task starts.
        pacer: None: send as fast as the service reads.
        stop: set when no more audio is to be sent.
        may_send: whether the task may have sent so many seconds of audio. If not, a block is sent as far as it may be,
            `on_refused` is called, and the task is finished.
    """

    def __init__(
        self,
        *,
        socket: ObservedConnection,
        task: ClientTask,
        start: float,
        feed: Feed,
        pacer: Pacer | None,
        stop: asyncio.Event,
        sink: Sink,
        now: Clock,
        request: OpenedRequest,
        may_send: Callable[[float], bool],
        on_refused: Callable[[], None],
    ) -> None:
        self._socket = socket
        self._task = task
        self._may_send = may_send
        self._on_refused = on_refused
        self._seconds = 0.0  # of audio and silence, sent in this task
        self._context: list[ContextMessage] | None = None  # to be sent
        self._background: list[asyncio.Task[None]] = []
        self._position = start  # up to which this attempt has sent the clip
        self._feed = feed
        self._pacer = pacer
        self._stop = stop
        self._sink = sink
        self._now = now
        self._host = request.service.source.host
        self._timeouts = request.timeouts
        self._overlap = request.retry.overlap
        self._rate = request.clip.sample_rate
        self._sent = RecordCoalescer(sink.append, task.task_id)
        self._response = ResponseTimeout(self._on_response_timeout)
        self._keepalive = Keepalive(
            socket, self._timeouts.keepalive, lambda: self._abort(_NO_SIGN.format(self._timeouts.keepalive))
        )
        self._failure: Exception | None = None  # the clip's; raised once what was sent before is final
        self._has_warned = False
        self._abort_reason: str | None = None  # why this side ended the connection

    def stop(self) -> None:
        """No more audio will be sent: the last results must arrive in time."""
        if self._task.state is State.STREAMING:
            self._response.set(self._timeouts.finish)

    def update_context(self, context: list[ContextMessage]) -> None:
        """Replace the task's context, now or once it has started."""
        self._context = context
        if self._task.state is State.STREAMING:
            self._background.append(asyncio.create_task(self._send_context()))

    async def run(self) -> None:
        """Send the clip from the start position on, and append every event to the sink, until the task is over.

        Raises ConnectionLost if the connection ends first or stops answering, TaskFailed if the service gives up,
        RemoteProtocolError if it breaks the protocol, and what the clip raises.
        """
        self._background.append(asyncio.create_task(self._keepalive.run()))
        try:
            self._response.set(self._timeouts.start)
            await self._send_command(self._task.run())
            await self._keepalive.begin()
            while self._task.state is not State.DONE:
                received = await self._receive()
                is_finishing = self._task.state is State.FINISHING  # finish-task may have been sent meanwhile
                event = self._task.receive(received)
                if isinstance(event, TaskStartedEvent):
                    self._response.set(self._timeouts.finish if self._stop.is_set() else None)
                    await self._send_context()
                    self._background.append(asyncio.create_task(self._send_audio()))
                elif isinstance(event, ResultGeneratedEvent):
                    self._on_result(event)
                elif isinstance(event, TaskFailedEvent):
                    self._on_failure(event, is_finishing=is_finishing)
                elif isinstance(event, UnknownEvent) and event.is_unreadable:
                    self._warn_unreadable("a result that cannot be read; run.gaps says where words may be missing")
                await self._sink.drain()
        except ConnectionClosed as error:  # raised out of here: its own text and frames may hold the key
            self._failure = self._connection_lost(error)
        finally:
            for each in self._background:
                each.cancel()
            await asyncio.gather(*self._background, return_exceptions=True)  # the sender's failure is self._failure
        if self._failure:
            raise self._failure

    async def _receive(self) -> Event:
        """Receive and record the next event. Raises ConnectionClosed if the connection has ended."""
        self._response.resume()
        self._keepalive.resume()
        try:
            data = await self._socket.recv(decode=False)
        finally:
            self._keepalive.pause()
            self._response.pause()
        record = Received.of(self._now(), self._task.task_id, redact(data))  # it may repeat the key
        if isinstance(record.event, ResultGeneratedEvent) and record.event.sentence.is_final:
            self._sent.flush(record.t)  # so that a journal cut off here has the audio before the final sentence
        self._sink.append(record)
        return record.event

    def _on_result(self, event: ResultGeneratedEvent) -> None:
        if event.unread:
            self._warn_unreadable(f"fields that cannot be read ({', '.join(event.unread)}). All others were used")
        if not event.sentence.heartbeat and self._response.is_set:
            self._response.set(self._timeouts.finish)
        if event.sentence.is_final:
            self._feed.forget(self._sink.transcript.final_until - self._overlap)

    def _on_failure(self, event: TaskFailedEvent, *, is_finishing: bool) -> None:
        """Raise TaskFailed, unless the event only reports that the audio had no speech."""
        if not (is_finishing and is_no_speech(event.code, event.message)):
            raise task_error(event.code, event.message, event.task_id or self._task.task_id)

    def _warn_unreadable(self, what: str) -> None:
        """Log what cannot be read, once: a service that sends it sends it in every event."""
        if not self._has_warned:
            self._has_warned = True
            logger.warning("%s sent %s. run.events shows each event as received.", self._host, what)

    # ---------------------------------------------------------------------------------------------------- disconnects

    def _on_response_timeout(self) -> None:
        command = "run-task" if self._task.state is State.STARTING else "finish-task"
        self._abort(f"did not answer {command} in time")

    def _abort(self, reason: str) -> None:
        """End the connection, which wakes the receiver. `reason` is what the other side did wrong."""
        self._abort_reason = self._abort_reason or reason
        self._socket.transport.abort()

    def _connection_lost(self, error: ConnectionClosed) -> ConnectionLost:
        """Record the disconnect, and make the error for it."""
        self._sent.flush(self._now())  # so that the message counts all audio that was sent
        close = None if self._abort_reason else error.rcvd or error.sent
        cause = close_reason(error)
        code = close.code if close else None
        self._sink.append(Disconnected(self._now(), self._task.task_id, self._abort_reason or cause, code))
        what = self._abort_reason or f"closed the connection before the task ended ({cause})"
        transcript = self._sink.transcript
        return ConnectionLost(
            f"{self._host} {what}, after {transcript.sent_until - transcript.run.start:.1f} s of audio. "
            "Final sentences are kept. Run it again, or continue from the run's journal with pnb.resume."
        )

    # ----------------------------------------------------------------------------------------------------------- audio

    async def _send_audio(self) -> None:
        """Send the clip, then finish-task; also after a clip that fails half-way, so that its words are kept."""
        is_open = True
        try:
            is_open = await self._send_blocks()
        except Exception as error:  # noqa: BLE001 - a live source may raise anything; `run` raises it again
            if self._task.state is not State.DONE:
                self._failure = error
        await self._send_context()  # a new one may have been given just before the stop: a resume uses it
        if is_open and self._task.state is not State.DONE:
            with suppress(ConnectionClosed):  # the receiver sees it too, and reports it
                await self._send_command(self._task.finish())
                await self._keepalive.wait_until_read()  # a slow network or service has much to do before it
                self._response.set(self._timeouts.finish)

    async def _send_blocks(self) -> bool:
        """Send blocks from the start position on. A stop ends it, except for what an earlier task was sent already.

        Returns whether the connection is still open.
        """
        sent_before, run_start = self._sink.transcript.sent_until, self._sink.transcript.run.start
        try:
            async with aclosing(self._feed.batches(self._position)) as batches:
                async for batch in batches:
                    for block in batch:
                        if self._pacer is not None and block.peaks is not None:
                            await self._pacer.wait(self._position - run_start)
                        if self._stop.is_set() and self._position >= sent_before:
                            return True
                        allowed = self._allowed_part(block)
                        if len(allowed.pcm) and not await self._send_block(allowed):
                            return False
                        if len(allowed.pcm) < len(block.pcm):
                            self._sent.flush(self._now())  # so that the message counts all audio that was sent
                            self._on_refused()
                            return True
            return True
        finally:
            self._sent.flush(self._now())

    def _allowed_part(self, block: Block) -> Block:
        """The part of a block that the task may send: all of it, or as many bins of the waveform as are allowed."""
        if self._may_send(self._seconds + len(block.pcm) / 2 / self._rate):
            return block
        bin_size = bin_samples(self._rate)

        def exceeds(bins: int) -> bool:
            return not self._may_send(self._seconds + bins * bin_size / self._rate)

        bins = bisect_left(range(1, len(block.pcm) // 2 // bin_size + 1), True, key=exceeds)
        return block.first(bins, bin_size)

    async def _send_block(self, block: Block) -> bool:
        """Send and record a block. Returns whether the connection is still open."""
        seconds = len(block.pcm) / 2 / self._rate
        try:
            await self._socket.send(self._task.audio(block.pcm))
            await self._keepalive.count_audio(seconds)
        except ConnectionClosed:  # caught here: a live source may be a socket as well, and raise it
            return False
        self._seconds += seconds
        if block.peaks is None:
            self._sent.add_silence(self._now(), self._position, seconds)
        else:
            self._sent.add_audio(self._now(), self._position, seconds, block.peaks)
            self._position += seconds
        return True

    async def _send_context(self) -> None:
        """Send the newest context, if it was not sent."""
        context, self._context = self._context, None
        if context is not None and self._task.state is State.STREAMING:
            with suppress(ConnectionClosed):  # the receiver sees it too, and the next task has the context
                await self._send_command(self._task.update_context(context))

    async def _send_command(self, text: str) -> None:
        self._sink.append(Sent(self._now(), self._task.task_id, Raw(text.encode())))
        await self._socket.send(text)
