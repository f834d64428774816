"""A live source on its way: what is not settled yet is kept, and while it pauses silence is asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any

from ..audio.clip import LiveClip
from ..errors import AudioError

_KEPT = 120.0  # seconds that are kept to be sent again; a service that settles nothing for longer costs a gap
_PAUSE = 1.0  # seconds without a chunk, after which a task needs something to hear
_LONGEST_PAUSE = 15.0  # ... and after which it is given silence, however large the source's chunks are


class LiveFeed:
    """The chunks of a live source. It is asked for the next one only while somebody takes them, and never twice.

    The service ends a task that hears nothing for 23 s (vendor's error page), so silence goes while the source pauses.
    """

    def __init__(self, clip: LiveClip, samples: int, stop: asyncio.Event) -> None:
        self._clip, self._stop = clip, stop
        self._source = clip.blocks(samples)
        self._silence_every = samples / clip.sample_rate
        self._kept: deque[tuple[float, bytes]] = deque()  # position and chunk
        self._kept_seconds = 0.0
        self._reached = clip.start
        self._longest = 0.0  # seconds of a chunk: a source that gives large ones makes no pause between them
        self._asked: asyncio.Future[bytes | None] | None = None
        self._is_over = False
        self._failure: Exception | None = None

    def reach(self, position: float) -> float:
        """`position`, or the first place behind it that is still kept."""
        return max(position, self._kept[0][0] if self._kept else self._reached)

    def forget(self, position: float) -> None:
        """Keep what lies from `position` on."""
        while self._kept and self._end_of_first() <= position:
            self._drop_first()

    async def chunks(self, start: float) -> AsyncGenerator[bytes | None]:
        """What is kept from `start` on, then what comes; None for each moment of a pause. A stop ends it.

        Raises what the source raises, each time when all that it gave before was taken.
        """
        for position, kept in list(self._kept):
            skip = max(0, 2 * round((start - position) * self._clip.sample_rate))
            if skip < len(kept):
                yield kept[skip:]
        if self._failure is not None:
            raise self._failure
        while not self._is_over and not self._stop.is_set():
            wait = min(_LONGEST_PAUSE, max(_PAUSE, 2 * self._longest))
            while (chunk := await self._next(wait)) is None and not self._is_over and not self._stop.is_set():
                yield None
                wait = self._silence_every
            if chunk is not None:
                self._keep(chunk)
                yield chunk

    async def _next(self, wait: float) -> bytes | None:
        """The next chunk; None where none came in time, the source is over, or a stop was asked for.

        What was asked for stays asked for: a source cannot be asked twice.
        """
        if self._asked is None:
            self._asked = asyncio.ensure_future(self._one())
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            waited: set[asyncio.Future[Any]] = {self._asked, stopped}
            await asyncio.wait(waited, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)
        if not self._asked.done():
            return None
        asked, self._asked = self._asked, None
        try:
            chunk = asked.result()
        except Exception as error:
            self._is_over, self._failure = True, error
            raise
        self._is_over = chunk is None
        return chunk

    async def _one(self) -> bytes | None:
        """The source's next chunk, or None. That it is cancelled, or exits, is its error and not our end."""
        try:
            return await anext(self._source, None)
        except (asyncio.CancelledError, SystemExit, KeyboardInterrupt) as error:
            raise AudioError(f"the live source ended with {type(error).__name__}.") from error

    def _keep(self, chunk: bytes) -> None:
        seconds = self._seconds(chunk)
        self._kept.append((self._reached, chunk))
        self._kept_seconds += seconds
        self._longest = max(self._longest, seconds)
        self._reached += seconds
        while self._kept_seconds > _KEPT and len(self._kept) > 1:
            self._drop_first()

    def _drop_first(self) -> None:
        self._kept_seconds -= self._seconds(self._kept.popleft()[1])

    def _end_of_first(self) -> float:
        position, chunk = self._kept[0]
        return position + self._seconds(chunk)

    def _seconds(self, chunk: bytes) -> float:
        return len(chunk) / 2 / self._clip.sample_rate

    async def close(self) -> None:
        """The source is let go now, whatever it holds."""
        if self._asked is not None:
            self._asked.cancel()
            await asyncio.gather(self._asked, return_exceptions=True)
        await self._source.aclose()
