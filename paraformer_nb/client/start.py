"""Clips over the wire. `handshake` connects, `session` talks, `feed` brings audio; `stream` is public."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Literal, Unpack

from ..audio.clip import LiveClip, open_clip
from ..dashscope.messages import Event
from ..dashscope.parameters import Parameters, check_parameters, has_parameter
from ..errors import ParameterError
from ..services.services import Service, check_languages, default_service
from .progress import Progress
from .session import Session

__all__ = ["Pace", "Progress", "Session", "open_session", "stream"]

_SAME_LENGTH = 0.05  # seconds by which two readings of a clip's length may differ

Pace = float | Literal["service"] | None
"""× real time; None: as fast as the service takes it; "service": as the service likes it."""


def open_session(
    clip: Any,
    service: Service | None,
    model: str,
    start: float | None,
    end: float | None,
    pace: Pace,
    max_attempts: int,
    parameters: Mapping[str, Any],
    progress: Progress | None = None,
) -> Session:
    """Check every argument and open the clip; nothing is sent. `progress`: how far it was heard before, if it was.

    Raises ParameterError and AudioError.
    """
    checked = check_parameters(model, parameters)
    chosen = default_service() if service is None else service
    if isinstance(chosen, type) or not hasattr(chosen, "endpoint"):
        raise ParameterError(f"service={service!r} is no service: give pnb.DashScope(...) or pnb.Embedded(...).")
    check_languages(chosen, checked.get("language_hints"))
    wanted = chosen.pace if pace == "service" else pace
    if wanted is not None and not (isinstance(wanted, (int, float)) and 0 < wanted <= 1000):
        raise ParameterError(f"pace={pace!r}: give a multiple of real time above 0, or None for as fast as it goes.")
    if not isinstance(max_attempts, int) or max_attempts < 1:
        raise ParameterError(f"max_attempts={max_attempts!r}: give a whole number from 1 on.")
    opened = open_clip(clip, sample_rate=checked["sample_rate"], start=start, end=end)
    if isinstance(opened, LiveClip) and has_parameter(model, "heartbeat"):
        checked.setdefault("heartbeat", True)  # a live source may pause for long
    if progress is not None and end is not None and abs((opened.end or 0.0) - end) > _SAME_LENGTH:
        opened.close()
        raise ParameterError(f"{opened.name!r} is another clip: the recorded one has {end:.2f} s. Nothing was sent.")
    return Session(opened, chosen, model, checked, wanted, max_attempts, progress)


async def stream(
    clip: Any,
    *,
    service: Service | None = None,
    model: str = "paraformer-realtime-v2",
    start: float | None = None,
    end: float | None = None,
    pace: Pace = "service",
    max_attempts: int = 5,
    **parameters: Unpack[Parameters],
) -> AsyncGenerator[Event]:
    """The service's events for a clip, as they come, typed; for those who want no notebook.

    ::

        async for event in pnb.stream("lecture.mp3"):
            if isinstance(event, pnb.messages.ResultGeneratedEvent) and event.sentence.is_final:
                print(event.sentence.text)

    Arguments are those of `transcribe`. Times in events are milliseconds from the start of the part that is heard, and
    sentences count from 1, also after a connection was lost: then what was not settled is heard again on a new one.
    Leaving the loop ends the task.

    Raises:
        ParameterError, AudioError: before anything is sent.
        ConnectionFailed, ConnectionLost, ServiceError, ProtocolError: as they happen.
    """
    session = open_session(clip, service, model, start, end, pace, max_attempts, parameters)
    # A task of its own, and no generators in generators: these are not closed in order when a loop ends.
    events: asyncio.Queue[Event] = asyncio.Queue(1)
    running = asyncio.create_task(session.run(events.put))
    try:
        while not running.done() or not events.empty():
            coming = asyncio.ensure_future(events.get())
            try:
                await asyncio.wait({coming, running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                coming.cancel()
            if coming.done():
                yield coming.result()
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)  # its error was raised above
        session.close()
