"""A clip's blocks on their way to the socket: read ahead off the loop, and again where need be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, suppress
from typing import NamedTuple, Protocol

from ..audio.clip import Clip, LiveClip
from ..audio.peaks import bin_samples, peaks
from .live import LiveFeed

_AHEAD = 64  # blocks that one trip to the reading thread brings: a slow disk or decoder never stalls the loop
_PACED_BINS = 10  # 100 ms a block, as the vendor asks
_UNPACED_BYTES = 16_000  # at most 16 KB a block, as the vendor asks


class Block(NamedTuple):
    """A block of 16-bit mono PCM, and the waveform's peaks of it; None where it is silence, and no part of the clip."""

    pcm: memoryview
    peaks: bytes | None


class Chunks(Protocol):
    """A clip's PCM in chunks of whole blocks, which may be read more than once."""

    def chunks(self, start: float) -> AsyncGenerator[bytes | None]:
        """From `start` on, which is in reach; None asks for a moment of silence."""

    def reach(self, position: float) -> float:
        """The first place, from `position` on, that can be read (again)."""

    def forget(self, position: float) -> None:
        """What lies before will not be asked for again."""

    async def close(self) -> None:
        """Let go of the source."""


def block_samples(sample_rate: int, pace: float | None) -> int:
    """Samples in a block: 100 ms when paced, about 16 KB when not; always a whole number of peaks."""
    samples = bin_samples(sample_rate)
    return samples * (_PACED_BINS if pace else max(1, _UNPACED_BYTES // 2 // samples))


class Feed:
    """A clip in blocks of `samples` samples, the last one shorter. One reader at a time."""

    def __init__(self, clip: Clip | LiveClip, samples: int, stop: asyncio.Event) -> None:
        self._clip, self._samples = clip, samples
        self._chunks: Chunks
        self._chunks = LiveFeed(clip, samples, stop) if isinstance(clip, LiveClip) else _FileFeed(clip, samples)

    def reach(self, position: float) -> float:
        """The first place that can be read again, from `position` on: a peak's beginning, in seconds of the clip."""
        step = bin_samples(self._clip.sample_rate) / self._clip.sample_rate
        start = self._clip.start
        return self._chunks.reach(start + max(0, int((position - start) / step + 1e-6)) * step)

    def forget(self, position: float) -> None:
        """What lies before will not be asked for again."""
        self._chunks.forget(position)

    async def blocks(self, start: float) -> AsyncGenerator[Block]:
        """From `start` on, which was given by `reach`, until the clip ends."""
        step, samples = bin_samples(self._clip.sample_rate), self._samples
        silence = memoryview(bytes(2 * samples))
        async with aclosing(self._chunks.chunks(start)) as chunks:
            async for chunk in chunks:
                if chunk is None:
                    yield Block(silence, None)
                    continue
                pairs = peaks(chunk, step)  # of the whole chunk at once: numpy's price is by the call
                whole = memoryview(chunk)
                for at in range(0, len(chunk), 2 * samples):
                    first = at // step  # a pair of peaks is two bytes, and so is a sample
                    yield Block(whole[at : at + 2 * samples], pairs[first : first + -(-2 * samples // step)])

    async def close(self) -> None:
        """Let go of the source. (The clip's own file is closed by whoever opened it.)"""
        await self._chunks.close()


class _FileFeed:
    """A clip that can be read from any place at any time."""

    def __init__(self, clip: Clip, samples: int) -> None:
        self._clip, self._samples = clip, samples

    def reach(self, position: float) -> float:
        return position

    def forget(self, position: float) -> None:
        """Nothing is kept."""

    async def chunks(self, start: float) -> AsyncGenerator[bytes | None]:
        source: Iterator[bytes] = self._clip.blocks(self._samples * _AHEAD, start)
        while True:
            # No task, which `asyncio.run` would cancel when it ends, while the thread reads on.
            reading = asyncio.get_running_loop().run_in_executor(None, next, source, b"")
            try:
                chunk = await asyncio.shield(reading)
            except asyncio.CancelledError:
                while not reading.done():  # the clip must not be closed, or read anew, while it is being read
                    with suppress(asyncio.CancelledError):
                        await asyncio.wait({reading})
                raise
            if not chunk:
                return
            yield chunk

    async def close(self) -> None:
        """Nothing is held."""
