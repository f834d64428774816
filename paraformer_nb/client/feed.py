"""A clip's blocks for the socket: read ahead on another thread, and again from an earlier position on a resume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future
from contextlib import aclosing
from typing import Any, NamedTuple, Protocol

from ..audio.clip import Clip
from ..audio.peaks import bin_samples, peaks
from ..loop import READERS

_PATIENCE = 2.0  # seconds after a stop that a read may still need, of what is to be sent again after a disconnect
_AHEAD = 64  # blocks that are read at once: a slow disk or decoder never stalls the loop
_PACED_BINS = 10  # 100 ms a block, as the vendor asks
_UNPACED_BYTES = 16_000  # at most 16 KB a block, as the vendor asks


class Block(NamedTuple):
    """A block of 16-bit mono PCM and the waveform's peaks of it; None where it is silence outside the clip."""

    pcm: memoryview
    peaks: bytes | None

    def first(self, bins: int, bin_size: int) -> Block:
        """Its first so many bins of `bin_size` samples, for each of which there is a pair of peaks."""
        return Block(self.pcm[: 2 * bins * bin_size], self.peaks and self.peaks[: 2 * bins])


class Source(Protocol):
    """A clip's PCM in chunks of whole blocks, which may be read more than once."""

    def chunks(self, start: float) -> AsyncGenerator[bytes | None]:
        """Read from `start` on, which `first_available` gave; None asks for a moment of silence."""

    def first_available(self, position: float) -> float:
        """The first position, from `position` on, that can be read (again)."""

    def forget(self, position: float) -> None:
        """Drop what lies before: it will not be read again."""

    def when_unread(self, callback: Callable[[], None]) -> None:
        """Call back once no thread is reading the clip, on any thread."""

    async def close(self) -> None:
        """Release the source."""


def block_samples(sample_rate: int, pace: float | None) -> int:
    """Samples in a block: 100 ms when paced, about 16 KB when not; always a whole number of peaks."""
    samples = bin_samples(sample_rate)
    return samples * (_PACED_BINS if pace else max(1, _UNPACED_BYTES // 2 // samples))


class FileSource:
    """A clip that can be read from any position at any time.

    Args:
        clip: the clip.
        samples: in a block.
        stop: a read that waits longer than a moment after it, as for a drive that is gone, is given up.
    """

    def __init__(self, clip: Clip, samples: int, stop: asyncio.Event) -> None:
        self._clip = clip
        self._samples = samples
        self._stop = stop
        self._reading: Future[bytes] | None = None

    def first_available(self, position: float) -> float:
        """Any position is available."""
        return position

    def forget(self, position: float) -> None:
        """Nothing is buffered."""

    async def chunks(self, start: float) -> AsyncGenerator[bytes | None]:
        """Read from `start` on. A reader that is cancelled leaves at once, one that is stopped soon; the last read may
        go on for long."""
        if self._reading is not None:  # the clip has one reader at a time, also where the one before was cancelled
            await asyncio.gather(asyncio.wrap_future(self._reading), return_exceptions=True)
        source: Iterator[bytes] = self._clip.blocks(self._samples * _AHEAD, start)
        while True:
            self._reading = READERS.submit(next, source, b"")
            reading = asyncio.wrap_future(self._reading)  # a cancellation ends only a read that has not begun
            if not await self._is_read(reading):
                return
            self._reading = None
            if not (chunk := reading.result()):
                return
            yield chunk

    async def _is_read(self, reading: asyncio.Future[bytes]) -> bool:
        """Wait for a read. Returns False where it is given up."""
        if not reading.done():
            stopped = asyncio.ensure_future(self._stop.wait())
            try:
                waited: set[asyncio.Future[Any]] = {reading, stopped}
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.wait({reading}, timeout=_PATIENCE)
            finally:
                stopped.cancel()
                if not reading.done():
                    reading.cancel()  # gives up its thread; `self._reading` is done when the read ends
        return not reading.cancelled()

    def when_unread(self, callback: Callable[[], None]) -> None:
        """Call back once no thread is reading."""
        if self._reading is None:
            callback()
        else:
            self._reading.add_done_callback(lambda _: callback())

    async def close(self) -> None:
        """Nothing is held."""


class Feed:
    """A source in blocks of `samples` samples, the last one shorter. One reader at a time."""

    def __init__(self, source: Source, start: float, sample_rate: int, samples: int) -> None:
        """`start`: seconds at which the part of the clip begins."""
        self._source = source
        self._start = start
        self._sample_rate = sample_rate
        self._samples = samples

    def first_available(self, position: float) -> float:
        """The first position, from `position` on, that can be read again: the start of a peak, in seconds."""
        step = bin_samples(self._sample_rate) / self._sample_rate
        bins = max(0, int((position - self._start) / step + 1e-6))
        return self._source.first_available(self._start + bins * step)

    def forget(self, position: float) -> None:
        """Drop what lies before: it will not be read again."""
        self._source.forget(position)

    async def batches(self, start: float) -> AsyncGenerator[list[Block]]:
        """Read blocks from `start` on, which `first_available` gave, until the clip ends; as many at once as the source
        has."""
        silence = [Block(memoryview(bytes(2 * self._samples)), None)]
        async with aclosing(self._source.chunks(start)) as chunks:
            async for chunk in chunks:
                yield silence if chunk is None else self._split(chunk)

    def _split(self, chunk: bytes) -> list[Block]:
        """Cut a chunk into blocks, each with its peaks."""
        bin_size = bin_samples(self._sample_rate)
        block_size = 2 * self._samples  # bytes
        peaks_size = 2 * (self._samples // bin_size)  # a pair is two bytes
        pairs = peaks(chunk, bin_size)  # of the whole chunk at once: each call of numpy has a fixed cost
        pcm = memoryview(chunk)
        return [
            Block(pcm[at : at + block_size], pairs[number * peaks_size : (number + 1) * peaks_size])
            for number, at in enumerate(range(0, len(chunk), block_size))
        ]

    def when_unread(self, callback: Callable[[], None]) -> None:
        """Call back once no thread is reading the clip, on any thread: from then on it may be closed."""
        self._source.when_unread(callback)

    async def close(self) -> None:
        """Release the source. The clip's own file stays open: `OpenedRequest.close` closes it."""
        await self._source.close()
