"""Floor 3: a clip's blocks on their way to the socket: read ahead off the loop, let go at the wanted pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import NamedTuple

from ..audio import Clip, LiveClip, bin_samples, peaks

_AHEAD = 64  # blocks that one trip to the reading thread brings: a slow disk or decoder never stalls the loop
_PACED_BINS = 10  # 100 ms a block, as the vendor asks
_UNPACED_BYTES = 16_000  # at most 16 KB a block, as the vendor asks


class Block(NamedTuple):
    """A block of 16-bit mono PCM, and the waveform's peaks of it."""

    pcm: memoryview
    peaks: bytes


def block_samples(sample_rate: int, pace: float | None) -> int:
    """Samples in a block: 100 ms when paced, about 16 KB when not; always a whole number of peaks."""
    samples = bin_samples(sample_rate)
    return samples * (_PACED_BINS if pace else max(1, _UNPACED_BYTES // 2 // samples))


async def blocks(clip: Clip | LiveClip, samples: int, stop: asyncio.Event) -> AsyncGenerator[Block]:
    """The clip in blocks of `samples` samples, the last one shorter, until it ends or `stop` is set."""
    if isinstance(clip, LiveClip):
        source = _until(stop, clip.blocks(samples))
    else:
        source = _read_ahead(clip.blocks(samples * _AHEAD))
    step = bin_samples(clip.sample_rate)
    async with aclosing(source) as chunks:
        async for chunk in chunks:
            pairs = peaks(chunk, step)  # of the whole chunk at once: numpy's price is by the call
            whole = memoryview(chunk)
            for at in range(0, len(chunk), 2 * samples):
                if stop.is_set():
                    return
                first = at // step  # a pair of peaks is two bytes, and so is a sample
                yield Block(whole[at : at + 2 * samples], pairs[first : first + -(-2 * samples // step)])


async def _read_ahead(source: Iterator[bytes]) -> AsyncGenerator[bytes]:
    while True:
        reading = asyncio.ensure_future(asyncio.to_thread(next, source, b""))
        try:
            chunk = await asyncio.shield(reading)
        except asyncio.CancelledError:
            await asyncio.wait({reading})  # the clip must not be closed while it is being read
            raise
        if not chunk:
            return
        yield chunk


async def _until(stop: asyncio.Event, source: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """A live source's chunks; a stop need not wait for the next one, and in the end the source is let go."""
    stopped = asyncio.ensure_future(stop.wait())
    chunk: asyncio.Future[bytes | None] | None = None
    try:
        while True:
            chunk = asyncio.ensure_future(anext(source, None))
            await asyncio.wait({chunk, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not chunk.done() or (data := chunk.result()) is None:
                return
            yield data
    finally:
        waiting = [future for future in (stopped, chunk) if future is not None]
        for future in waiting:
            future.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await source.aclose()


class Pacer:
    """Lets blocks go at `pace` × real time, on a schedule of its own, so that late blocks do not add up."""

    def __init__(self, pace: float, stop: asyncio.Event) -> None:
        self._pace = pace
        self._stop = stop
        self._started: float | None = None

    async def wait(self, seconds: float) -> None:
        """Wait until `seconds` of audio may have gone; a stop ends the waiting."""
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
