"""A live source: what is not final yet is kept to be sent again, and silence is requested while it pauses."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any

from ..audio.live import LiveClip
from ..errors import AudioError
from .isolated_source import isolated

logger = logging.getLogger("paraformer_nb")

_RETRY_EMPTY = 0.01  # seconds after an empty block until the source is asked again
_MAX_PAUSE = 15.0  # seconds after which silence is requested, however long the source's chunks are


class LiveSource:
    """The chunks of a live source. It is asked for the next one only while they are read, and never twice.

    Args:
        clip: the source.
        samples: in a block.
        stop: ends the reading.
        buffer: seconds that are kept to be read again.
        pause: seconds without a chunk after which silence is requested.
        close_timeout: seconds that the source may need to end.
    """

    def __init__(
        self,
        clip: LiveClip,
        samples: int,
        stop: asyncio.Event,
        *,
        buffer: float = 120.0,
        pause: float = 1.0,
        close_timeout: float = 5.0,
    ) -> None:
        self._sample_rate = clip.sample_rate
        self._stop = stop
        blocks = clip.blocks(samples)
        self._blocks = isolated(blocks) if clip.may_block else blocks
        self._buffer = buffer
        self._pause = pause
        self._close_timeout = close_timeout
        self._silence_interval = samples / clip.sample_rate
        self._kept: deque[tuple[float, bytes]] = deque()  # position and chunk
        self._kept_seconds = 0.0
        self._reached = clip.start
        self._longest = 0.0  # seconds of a chunk: a source of long chunks makes no pause between them
        self._next_chunk: asyncio.Future[bytes | None] | None = None
        self._is_over = False
        self._failure: Exception | None = None

    @property
    def buffered(self) -> float:
        """Seconds that are kept now."""
        return self._kept_seconds

    def first_available(self, position: float) -> float:
        """`position`, or the first one after it that is still kept."""
        return max(position, self._kept[0][0] if self._kept else self._reached)

    def forget(self, position: float) -> None:
        """Drop the chunks that end before `position`."""
        while self._kept and self._end_of_first() <= position:
            self._drop_first()

    async def chunks(self, start: float) -> AsyncGenerator[bytes | None]:
        """Read what is kept from `start` on, then what arrives; None for each moment of a pause. A stop ends it.

        Raises what the source raises, each time after everything that it gave before was read.
        """
        for position, kept in list(self._kept):
            skip = max(0, 2 * round((start - position) * self._sample_rate))
            if skip < len(kept):
                yield kept[skip:]
        if self._failure is not None:
            raise self._failure
        while not self._is_over and not self._stop.is_set():
            wait = min(_MAX_PAUSE, max(self._pause, 2 * self._longest))
            while (chunk := await self._next(wait)) is None and not self._is_over and not self._stop.is_set():
                yield None
                wait = self._silence_interval
            if chunk is not None:
                self._keep(chunk)
                yield chunk

    async def _next(self, wait: float) -> bytes | None:
        """The next chunk; None where none arrived in time, the source is over, or a stop was requested.

        A pending request stays pending: a source cannot be asked twice.
        """
        if self._next_chunk is None:
            self._next_chunk = asyncio.ensure_future(self._read())
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            waited: set[asyncio.Future[Any]] = {self._next_chunk, stopped}
            await asyncio.wait(waited, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)
        if not self._next_chunk.done():
            return None
        done, self._next_chunk = self._next_chunk, None
        try:
            chunk = done.result()
        except Exception as error:
            self._is_over, self._failure = True, error
            raise
        self._is_over = chunk is None
        return chunk

    async def _read(self) -> bytes | None:
        """The source's next chunk, or None at its end. If it is cancelled or exits, that is its own error."""
        try:
            while True:
                chunk = await anext(self._blocks, None)
                if chunk != b"":
                    return chunk
                await asyncio.sleep(_RETRY_EMPTY)  # the source had nothing, and does not say when it will
        except (asyncio.CancelledError, SystemExit, KeyboardInterrupt) as error:
            raise AudioError(f"the live source ended with {type(error).__name__}.") from error

    def _keep(self, chunk: bytes) -> None:
        seconds = self._seconds(chunk)
        self._kept.append((self._reached, chunk))
        self._kept_seconds += seconds
        self._longest = max(self._longest, seconds)
        self._reached += seconds
        while self._kept_seconds > self._buffer and len(self._kept) > 1:
            self._drop_first()

    def _drop_first(self) -> None:
        self._kept_seconds -= self._seconds(self._kept.popleft()[1])

    def _end_of_first(self) -> float:
        position, chunk = self._kept[0]
        return position + self._seconds(chunk)

    def _seconds(self, chunk: bytes) -> float:
        return len(chunk) / 2 / self._sample_rate

    def when_unread(self, callback: Callable[[], None]) -> None:
        """Call back now: no thread reads it."""
        callback()

    async def close(self) -> None:
        """Release the source now, whatever it holds. One that does not end is left running, with a warning."""
        closing = asyncio.ensure_future(self._release())
        done, _ = await asyncio.wait({closing}, timeout=self._close_timeout)
        if done:
            closing.result()  # raises what the source's cleanup raised
            return
        closing.cancel()
        logger.warning(
            "a live source did not end within %g s after it was cancelled, and is left running: its iterator ignores "
            "the cancellation, or its cleanup waits for something",
            self._close_timeout,
        )

    async def _release(self) -> None:
        if self._next_chunk is not None:
            self._next_chunk.cancel()
            await asyncio.gather(self._next_chunk, return_exceptions=True)
        await self._blocks.aclose()
