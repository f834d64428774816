"""One run's clip through a service: one task per connection; after a disconnect, a new task resumes at the last final
sentence."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

from msgspec.structs import replace

from ..audio.clip import Clip
from ..audio.live import LiveClip
from ..dashscope.client_task import ClientTask
from ..dashscope.context import ContextMessage
from ..dashscope.messages import RunTask
from ..dashscope.parameters import wire_form
from ..dashscope.redaction import redact
from ..dashscope.server_protocol import ENGINE_HEADER, NOTICE_HEADER
from ..dashscope.tokens import prompt_tokens
from ..errors import (
    AuthenticationError,
    ConnectionFailed,
    ConnectionLost,
    MissingDependency,
    ParaformerError,
    ProtocolError,
    ServiceError,
    Throttled,
)
from ..journal.records import Connected, Disconnected, Gap, Noticed, Resumed, RetryPlanned
from ..transcript.usage import TaskTotals
from .attempt import Attempt
from .connection import ObservedConnection
from .feed import Feed, FileSource, block_samples
from .handshake import handshake
from .live_source import LiveSource
from .pacer import Pacer
from .request import Clock, OpenedRequest
from .retry import LONGEST_RETRY_AFTER
from .service import Endpoint
from .sink import Sink
from .stopping import wait_for_stop

_SMALLEST = 0.1  # seconds of audio for which a further attempt is made
_LENGTH_TOLERANCE = 1.0  # seconds; a codec's declared length is inexact


class Session:
    """A clip on its way through a service. `run` it once; `stop` may be called at any time.

    Args:
        request: what to recognise, and how.
        sink: receives the records. Its transcript already contains the run's first record; for a resumed
            run, all records so far.
        now: the run's clock.
        is_resumed: whether the run continues an earlier one from its journal.

    Attributes:
        stop_reason: why the session stopped itself, or ``""``.
    """

    def __init__(self, request: OpenedRequest, sink: Sink, now: Clock, *, is_resumed: bool = False) -> None:
        self._request = request
        self._sink = sink
        self._now = now
        self._transcript = sink.transcript
        self._is_resumed = is_resumed
        self._stop = asyncio.Event()
        self._feed = _feed(request, self._stop)
        self._pacer = Pacer(request.pace, self._stop) if request.pace else None
        self._noticed = 0  # of the request's and the clip's notices, how many are recorded
        self._attempts = 0
        self._attempts_without_progress = 0  # consecutive ones, including the current one
        self._attempt: Attempt | None = None
        self._context: list[ContextMessage] | None = sink.transcript.context  # a newer one than the request's
        self.stop_reason = ""
        self._was_accepted = False  # a connection was made, with a key that was right

    @property
    def seconds(self) -> float:
        """How far the clip was sent, in seconds from the part's start."""
        return self._transcript.sent_until - self._transcript.run.start

    def stop(self) -> None:
        """Send no new audio, then finish the task and receive its last results.

        After a disconnect, audio that was sent but is not final yet is still sent again.
        """
        self._stop.set()
        if self._attempt is not None:
            self._attempt.stop()

    def update_context(self, context: list[ContextMessage]) -> None:
        """Replace the context, of this task and of those after a disconnect."""
        self._context = context
        if self._attempt is not None:
            self._attempt.update_context(context)

    def close(self) -> None:
        """Close the clip, as soon as no thread is reading it: a read may be stalled for long."""
        self._feed.when_unread(self._request.close)

    async def run(self) -> None:
        """Send the clip to its end. Raises the error of the last attempt, if a further one cannot help."""
        try:
            start: float | None = None
            while True:
                while self._has_budget(start) and not await self._try(start):
                    start = None
                if self.stop_reason:
                    break
                start = self._skip_hole()
                if start is None:
                    break
            clip, reached = self._request.clip, self._reached
            end = None if isinstance(clip, LiveClip) else clip.end  # a live source ends where it ends
            if end is not None and end - reached > _LENGTH_TOLERANCE and not self._stop.is_set():
                self._sink.append(Gap(self._now(), reached, end, "the clip is cut off or damaged"))
        finally:
            self._append_notices()
            await self._feed.close()

    @property
    def _reached(self) -> float:
        """The position up to which the clip was sent, or is known to have nothing."""
        return max([self._transcript.sent_until, *(gap.end for gap in self._transcript.gaps)])

    def _may_send(self, task: str, seconds: float) -> bool:
        """Whether the budget allows a task to have sent so many seconds."""
        budget = self._request.budget
        if budget is None:
            return True
        tasks = dict(self._transcript.counter.tasks)
        tasks[task] = replace(tasks.get(task, TaskTotals()), sent=seconds)
        parameters: dict[str, Any] = {**self._request.parameters}
        if self._context is not None:
            parameters["context"] = self._context
        return budget.allows(tasks.values(), prompt_tokens(parameters))

    def _stop_at_budget(self) -> None:
        """End the run because more audio could exceed the budget."""
        transcript, budget = self._transcript, self._request.budget
        if budget is None or self.stop_reason:
            return
        self.stop_reason = f"the budget of {budget.text} is used up at {transcript.sent_until:.1f} s of the clip"
        self._sink.append(Noticed(self._now(), f"Stopped: {self.stop_reason}. The words up to there are kept."))
        self.stop()

    def _has_budget(self, start: float | None) -> bool:
        """Whether the budget allows an attempt from `start` on (None: where it must go on). If not, end the run."""
        if self._may_send("", _SMALLEST):
            return True
        self._stop_at_budget()
        transcript = self._transcript
        if start is None and transcript.sent_until > transcript.final_until:
            reason = "the connection ended, and the budget allows no further attempt"
            self._sink.append(Gap(self._now(), transcript.final_until, transcript.sent_until, reason))
        return False

    def _skip_hole(self) -> float | None:
        """Record the hole before which the clip's blocks ended: hours of silence would be billed.

        Returns the position where the clip goes on, None if it has ended.
        """
        clip = self._request.clip
        hole = clip.hole if isinstance(clip, Clip) else None
        if hole is None or self._stop.is_set():
            return None
        reason = "the clip's time stamps jump: the recorder paused, or the file is damaged"
        self._sink.append(Gap(self._now(), max(hole.start, self._transcript.sent_until), hole.end, reason))
        self._attempts_without_progress = 0
        if self._pacer is not None:
            self._pacer.restart()
        return None if hole.end == clip.end else hole.end

    def _append_notices(self) -> None:
        """Record what is new of what the user should know about the request and how the clip is read."""
        clip = self._request.clip
        notices = list(self._request.notices)
        if isinstance(clip, Clip):
            notices += clip.notices[:]
        for notice in notices[self._noticed :]:
            self._sink.append(Noticed(self._now(), notice))
        self._noticed = len(notices)

    # ------------------------------------------------------------------------------------------ attempts and retries

    async def _try(self, start: float | None = None) -> bool:
        """Make one attempt, from `start` on (None: from where it must go on).

        Returns whether the clip was recognised to its end; if not, a further attempt may help.
        """
        task = self._new_task()
        self._append_notices()
        start = self._begin(task, start)
        final_until = self._transcript.final_until
        endpoint: Endpoint | None = None
        try:
            endpoint = await self._request.service.endpoint()
            async with self._connection(endpoint, task) as socket:
                await self._run_attempt(socket, task, start)
        except (ConnectionFailed, ConnectionLost, MissingDependency, ServiceError, ProtocolError) as error:
            if self._transcript.final_until > final_until:
                self._attempts_without_progress = 0
            self._check_retry(task, error)
            is_loopback = endpoint is not None and endpoint.is_loopback and not isinstance(error, Throttled)
            delay = self._request.retry.delay(self._attempts_without_progress, is_loopback=is_loopback)
            await self._back_off(max(delay, error.retry_after or 0.0), str(error))
            return False
        return True

    def _new_task(self) -> ClientTask:
        parameters, resources, task_input = wire_form(self._request.parameters, self._request.extra)
        if self._context is not None:
            task_input = {**task_input, "context": self._context}
        return ClientTask(RunTask(uuid.uuid4().hex, self._request.model, parameters, resources, task_input))

    def _begin(self, task: ClientTask, skip_to: float | None) -> float:
        """The position at which a task starts; records a resume.

        `skip_to`: where the clip goes on after a hole.
        """
        self._attempts += 1
        self._attempts_without_progress += 1
        transcript = self._transcript
        if self._attempts == 1 and not self._is_resumed:
            return transcript.run.start
        start = self._resume_position() if skip_to is None else self._feed.first_available(skip_to)
        self._sink.append(Resumed(self._now(), task.task_id, start, self._attempts))
        return start

    def _resume_position(self) -> float:
        """Where to go on after a disconnect; records a gap where earlier audio is not kept any more."""
        transcript = self._transcript
        final_until = transcript.final_until
        resume_at = min(final_until - self._request.retry.overlap, transcript.sent_until)
        wanted = max(transcript.run.start, resume_at)
        start = self._feed.first_available(wanted)
        if start > max(wanted, final_until):
            reason = "the connection ended, and the live source's audio of that time is not kept any more"
            self._sink.append(Gap(self._now(), final_until, start, reason))
        return start

    def _check_retry(self, task: ClientTask, error: ParaformerError) -> None:
        """Record that an attempt failed. Raises its error if a further one cannot help, or there were enough."""
        transcript = self._transcript
        if isinstance(error, AuthenticationError) and self._was_accepted:
            error = _key_expired(error)
        is_too_long = (error.retry_after or 0.0) > LONGEST_RETRY_AFTER
        is_last = self._attempts_without_progress >= self._request.retry.attempts
        if not error.retryable or is_last or is_too_long:
            sent_until, final_until = transcript.sent_until, transcript.final_until
            if sent_until > final_until:
                self._sink.append(Gap(self._now(), final_until, sent_until, "the run failed before this was final"))
            if isinstance(error, ConnectionFailed) and sent_until > transcript.run.start:
                raise ConnectionLost(
                    f"the connection was lost after {self.seconds:.1f} s of audio, and connecting again failed: "
                    f"{error} Final sentences are kept. Continue later from the run's journal with pnb.resume."
                ) from error
            raise error
        if not isinstance(error, ConnectionLost):  # the attempt recorded that one when it happened
            self._sink.append(Disconnected(self._now(), task.task_id, str(error)))

    async def _back_off(self, delay: float, reason: str) -> None:
        """Wait before the next attempt; a stop that is requested meanwhile ends the wait."""
        attempt = self._attempts_without_progress + 1
        self._sink.append(RetryPlanned(self._now(), round(delay, 3), attempt, self._request.retry.attempts, reason))
        if self._stop.is_set():  # requested before: audio that was sent must still be recognised
            await asyncio.sleep(delay)
        else:
            await wait_for_stop(self._stop, delay)

    # --------------------------------------------------------------------------------------------------- one attempt

    @asynccontextmanager
    async def _connection(self, endpoint: Endpoint, task: ClientTask) -> AsyncIterator[ObservedConnection]:
        """Open a connection, and close it in the end."""
        close_timeout = self._request.timeouts.close
        socket = await handshake(self._request.service.source.host, endpoint, self._request.timeouts)
        self._was_accepted = True
        try:
            engine, notice = _header(socket, ENGINE_HEADER), unquote(_header(socket, NOTICE_HEADER))
            self._sink.append(Connected(self._now(), task.task_id, engine or None, notice))
            yield socket
        except BaseException:
            socket.transport.abort()  # at once: a closing handshake would first read everything that still arrives
            raise
        finally:
            try:
                async with asyncio.timeout(close_timeout):
                    await socket.close()
            except TimeoutError:  # it would wait forever for a peer that does not read
                socket.transport.abort()
            except asyncio.CancelledError:  # a run that is cancelled while it closes leaves no socket open
                socket.transport.abort()
                raise

    async def _run_attempt(self, socket: ObservedConnection, task: ClientTask, start: float) -> None:
        self._attempt = Attempt(
            socket=socket,
            task=task,
            start=start,
            feed=self._feed,
            pacer=self._pacer,
            stop=self._stop,
            sink=self._sink,
            now=self._now,
            request=self._request,
            may_send=lambda seconds: self._may_send(task.task_id, seconds),
            on_refused=self._stop_at_budget,
        )
        try:
            await self._attempt.run()
        finally:
            self._attempt = None


def _key_expired(error: AuthenticationError) -> AuthenticationError:
    """The error for a key that was accepted at an earlier connection of the run."""
    return AuthenticationError(
        f"the API key was accepted before, and is not any more: a temporary key ends. {error} Final sentences are "
        "kept. Pass api_key= as a function that returns a new one, and continue with pnb.resume."
    )


def _feed(request: OpenedRequest, stop: asyncio.Event) -> Feed:
    clip = request.clip
    samples = block_samples(clip.sample_rate, request.pace)
    if isinstance(clip, LiveClip):
        buffer, pause = request.retry.live_buffer, request.timeouts.pause
        source: LiveSource | FileSource = LiveSource(clip, samples, stop, buffer=buffer, pause=pause)
    else:
        source = FileSource(clip, samples, stop)
    return Feed(source, clip.start, clip.sample_rate, samples)


def _header(socket: ObservedConnection, name: str) -> str:
    """A header of the handshake's response, without keys that a service may repeat."""
    return redact(" ".join(socket.response.headers.get_all(name))) if socket.response else ""
