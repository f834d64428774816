"""`stream`: a clip's events as an async iterator, without a notebook, a journal or a background thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Unpack

from ..client.request import Clock, OpenedRequest, Pace, Request
from ..client.retry import Retry
from ..client.service import Service
from ..client.session import Session
from ..client.timeouts import Timeouts
from ..dashscope.codes import is_no_speech
from ..dashscope.messages import Event, TaskFailedEvent
from ..dashscope.parameters import Parameters
from ..journal.records import Record
from ..services.default import service_or_default
from ..transcript.transcript import Transcript
from .clock import run_clock


async def stream(
    clip: Any,
    *,
    service: Service | None = None,
    model: str | None = None,
    start: float | None = None,
    end: float | None = None,
    pace: Pace = "service",
    retry: Retry | None = None,
    timeouts: Timeouts | None = None,
    extra: Mapping[str, Any] | None = None,
    budget: float | str | None = None,
    **parameters: Unpack[Parameters],
) -> AsyncGenerator[Event]:
    """The service's events for a clip, typed, as they arrive.

    Arguments are those of `transcribe`. Times in events are milliseconds from the start of the part that is sent.
    Sentences are numbered from 1 over the whole run, also after a disconnect; what is final is not repeated. Leaving
    the loop ends the task.

    Example:
        >>> async def main():
        ...     async for event in pnb.stream("lecture.mp3"):
        ...         if isinstance(event, pnb.messages.ResultGeneratedEvent) and event.sentence.is_final:
        ...             print(event.sentence.text)

    Raises:
        ParameterError, AudioError: before anything is sent.
        ConnectionFailed, ConnectionLost, ServiceError, ProtocolError: as they happen.
    """
    request = Request(
        clip=clip,
        service=service_or_default(service),
        model=model,
        start=start,
        end=end,
        pace=pace,
        retry=retry,
        timeouts=timeouts,
        parameters=parameters,
        extra=extra,
        budget=budget,
    ).open()
    now = run_clock()
    sink = _EventSink(request, now)
    # A task of its own, not a generator in a generator: those are not closed in order when a loop ends.
    session = Session(request, sink, now)
    running = asyncio.create_task(session.run())
    try:
        while not running.done() or not sink.is_empty:
            next_event = asyncio.ensure_future(sink.next())
            try:
                await asyncio.wait({next_event, running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                next_event.cancel()
            if next_event.done():
                yield next_event.result()
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)  # its error was raised above
        session.close()


class _EventSink:
    """A transcript in memory, and the events that the consumer has not read yet.

    `drain` waits until the consumer asks for an event that has not arrived: while it is busy with one, nothing is
    received, and no timeout runs.
    """

    def __init__(self, request: OpenedRequest, now: Clock) -> None:
        self.transcript = Transcript(request.run_started(now()))
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._is_wanted = asyncio.Event()  # the consumer has read every event, and waits for the next
        self._is_wanted.set()

    @property
    def is_empty(self) -> bool:
        """Whether the consumer has read every event."""
        return self._events.empty()

    def append(self, record: Record) -> None:
        event = self.transcript.apply(record)
        if event is not None and not _is_raised(event):
            self._events.put_nowait(event)
            self._is_wanted.clear()

    async def drain(self) -> None:
        """Wait until the consumer has read every event and asks for the next."""
        await self._is_wanted.wait()

    async def next(self) -> Event:
        """Wait for the next event."""
        if self.is_empty:
            self._is_wanted.set()
        return await self._events.get()


def _is_raised(event: Event) -> bool:
    """Whether an event ends its attempt with an error, which is raised, or answered by another attempt."""
    return isinstance(event, TaskFailedEvent) and not is_no_speech(event.code, event.message)
