"""Floor 3: a clip's blocks on their way to the socket: read ahead off the loop, let go at the wanted pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from itertools import islice
from typing import NamedTuple

from ..audio import Clip, LiveClip, bin_samples, peaks

_AHEAD = 64  # blocks that one trip to the reading thread brings: a slow disk or decoder never stalls the loop
_PACED_BINS = 10  # 100 ms a block, as the vendor asks
_UNPACED_BYTES = 16_000  # at most 16 KB a block, as the vendor asks


class Block(NamedTuple):
    """A block of 16-bit mono PCM, and the waveform's peaks of it."""

    pcm: bytes
    peaks: bytes


def block_samples(sample_rate: int, pace: float | None) -> int:
    """Samples in a block: 100 ms when paced, about 16 KB when not; always a whole number of peaks."""
    samples = bin_samples(sample_rate)
    return samples * (_PACED_BINS if pace else max(1, _UNPACED_BYTES // 2 // samples))


async def blocks(clip: Clip | LiveClip, samples: int, stop: asyncio.Event) -> AsyncGenerator[Block]:
    """The clip's blocks until it ends or `stop` is set."""
    source = _until(stop, clip.blocks(samples)) if isinstance(clip, LiveClip) else _read_ahead(clip.blocks(samples))
    step = bin_samples(clip.sample_rate)
    async for batch in source:
        # Peaks of a whole batch at once: numpy's price is by the call.
        pairs = peaks(b"".join(batch), step)
        at = 0
        for pcm in batch:
            if stop.is_set():
                return
            size = 2 * -(-len(pcm) // (2 * step))
            yield Block(pcm, pairs[at : at + size])
            at += size


async def _read_ahead(source: Iterator[bytes]) -> AsyncIterator[list[bytes]]:
    while True:
        reading = asyncio.ensure_future(asyncio.to_thread(lambda: list(islice(source, _AHEAD))))
        try:
            batch = await asyncio.shield(reading)
        except asyncio.CancelledError:
            await asyncio.wait({reading})  # the clip must not be closed while it is being read
            raise
        yield batch
        if len(batch) < _AHEAD:
            return


async def _until(stop: asyncio.Event, source: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """A live source's blocks, one by one; a stop need not wait for the next one."""
    stopped = asyncio.ensure_future(stop.wait())
    try:
        while True:
            block = asyncio.ensure_future(anext(source, None))
            await asyncio.wait({block, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not block.done():
                block.cancel()
                await asyncio.gather(block, return_exceptions=True)
                return
            data = block.result()
            if data is None:
                return
            yield [data]
    finally:
        stopped.cancel()


class Pacer:
    """Lets blocks go at `pace` × real time, on a schedule of its own, so that late blocks do not add up."""

    def __init__(self, pace: float | None, stop: asyncio.Event) -> None:
        self._pace = pace
        self._stop = stop
        self._started: float | None = None

    async def wait(self, seconds: float) -> None:
        """Wait until `seconds` of audio may have gone; a stop ends the waiting."""
        if self._pace is None:
            return
        now = time.monotonic()
        if self._started is None:
            self._started = now
        delay = self._started + seconds / self._pace - now
        if delay > 0:
            try:
                async with asyncio.timeout(delay):
                    await self._stop.wait()
            except TimeoutError:
                pass
