"""Live sources as blocks of 16-bit mono PCM."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any

from ..errors import AudioError
from .clip_input import LiveInput
from .resample import Resampler

_BYTES = ("b", "B", "c", "h", "<h")  # formats of a memoryview


class LiveClip:
    """A live source: an async iterator of int16 mono PCM blocks of any size.

    Attributes:
        name, path, sample_rate, start, end: as a `Clip`'s; it has no file and no known length.
        may_block: whether the source may block the thread that it runs on: a user's code may.
    """

    def __init__(
        self,
        source: AsyncIterable[Any],
        source_rate: int,
        sample_rate: int,
        *,
        name: str = LiveInput.name,
        start: float = 0.0,
        end: float | None = None,
        may_block: bool = True,
        close: Callable[[], None] | None = None,
    ) -> None:
        """`start` and `end` describe the part that the source gives. `close`: called in the end."""
        self.name = name
        self.path = None
        self.sample_rate = sample_rate
        self.start = start
        self.end = end
        self.size = None
        self.may_block = may_block
        self._source = source
        self._source_rate = source_rate
        self._close = close

    async def blocks(self, samples: int) -> AsyncGenerator[bytes]:
        """Yield chunks of whole blocks of `samples` samples; the last chunk may be shorter.

        What the source gave is yielded with no sample missing, wherever it divided it. An empty chunk is yielded where
        it gave nothing.

        Raises AudioError if the source gives something else than PCM.
        """
        resampler = None if self._source_rate == self.sample_rate else Resampler(self.sample_rate)
        half = b""  # of a sample, whose other byte comes with the next block
        pending = bytearray()
        source = aiter(self._source)
        try:
            async for block in source:
                given = _check_pcm(block)
                data = half + given
                half = data[len(data) - len(data) % 2 :]
                pcm = data[: len(data) - len(half)]
                pending += resampler.pcm(pcm, self._source_rate) if resampler else pcm
                whole = len(pending) - len(pending) % (2 * samples)
                if whole or not given:
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
        """Close what `open_clip` opened."""
        if self._close is not None:
            self._close()


def _check_pcm(block: Any) -> bytes:
    import numpy as np

    if isinstance(block, np.ndarray):
        if block.dtype != np.int16 or block.ndim != 1:
            raise AudioError(f"a live source gave {block.dtype} of shape {block.shape}: give int16 of shape (n,).")
        return bytes(block.astype("<i2", copy=False).tobytes())
    if isinstance(block, memoryview) and block.format not in _BYTES:
        raise AudioError(f"a live source gave a memoryview of format {block.format!r}: give bytes of 16-bit mono PCM.")
    if not isinstance(block, (bytes, bytearray, memoryview)):
        raise AudioError(
            f"a live source gave {type(block).__name__}, not 16-bit mono PCM: give bytes, or an int16 array of shape "
            "(n,)."
        )
    return bytes(block)
