"""Live sources as blocks of 16-bit mono PCM."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

from ..errors import AudioError
from .clip_input import LiveInput
from .resample import Resampler


class LiveClip:
    """A live source: an async iterator of int16 mono PCM blocks of any size.

    Attributes:
        name, path, sample_rate, start, end: as a `Clip`'s; it has no file and no known length.
    """

    def __init__(self, source: AsyncIterable[Any], source_rate: int, sample_rate: int) -> None:
        self.name = LiveInput.name
        self.path = None
        self.sample_rate = sample_rate
        self.start = 0.0
        self.end = None
        self.size = None
        self._source = source
        self._source_rate = source_rate

    async def blocks(self, samples: int) -> AsyncGenerator[bytes]:
        """Yield chunks of whole blocks of `samples` samples; the last chunk may be shorter."""
        resampler = None if self._source_rate == self.sample_rate else Resampler(self.sample_rate)
        pending = bytearray()
        source = aiter(self._source)
        try:
            async for block in source:
                pcm = _check_pcm(block)
                pending += resampler.pcm(pcm, self._source_rate) if resampler else pcm
                whole = len(pending) - len(pending) % (2 * samples)
                if whole:
                    yield bytes(pending[:whole])
                    del pending[:whole]
        finally:
            if isinstance(source, AsyncGenerator):
                await source.aclose()  # releases what it holds, such as a microphone, now
        pending += resampler.flush() if resampler else b""
        if pending:
            yield bytes(pending)

    def sha256(self) -> None:
        """A live source has no file."""

    def close(self) -> None:
        """Nothing was opened."""


def _check_pcm(block: Any) -> bytes:
    import numpy as np

    if isinstance(block, np.ndarray):
        if block.dtype != np.int16 or block.ndim != 1:
            raise AudioError(f"a live source gave {block.dtype} of shape {block.shape}: give int16 of shape (n,).")
        return bytes(block.astype("<i2", copy=False).tobytes())
    if not isinstance(block, (bytes, bytearray, memoryview)) or len(block) % 2:
        raise AudioError("a live source gave a block that is not int16 mono PCM: give bytes of whole samples.")
    return bytes(block)
