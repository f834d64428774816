"""A clip to listen to and look at: any part of it, as windows for a player, as one file, as PCM."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..audio.clip import sha256_of
from ..audio.decode import Resampler
from ..errors import AudioError, ParameterError
from .opus import PACKET, RATE, WARM_UP, encode
from .samples import Samples, open_samples
from .webm import webm

if TYPE_CHECKING:
    import numpy as np

WINDOW = 10  # seconds; some 50 kB
_PIECE = WARM_UP + WINDOW * RATE + PACKET  # samples read at once: what a window needs


class PlayableClip:
    """The sound of a clip as the user gave it: a path, the bytes of a file, (array, sample_rate), or an open file that
    has a name on disk.

    The clip may be of any length: what is kept in memory is a window's worth. One caller at a time; `copy` gives one to
    another thread. A file that changes on disk after this was made is not played; neither is one whose digest is
    not `sha256`, where that is given.

    Attributes:
        mime: the type of what `window` and `whole` give, as a MediaSource and an <audio> take it.
        window_seconds: the length of a window.

    Raises AudioError where nothing can be played: a live source, a clip that is not there.
    """

    mime = 'audio/webm; codecs="opus"'
    window_seconds = WINDOW

    def __init__(self, clip: Any, *, sha256: str | None = None) -> None:
        self._clip, self._name = _playable(clip)
        self._stamp = _stamp(self._clip) if isinstance(self._clip, Path) else None
        self._sha256 = sha256
        self._samples: Samples | None = None

    def window(self, index: int) -> bytes:
        """The seconds from `index * window_seconds` on as WebM, whose times are the clip's.

        Windows lie end to end without a seam. The last one is shorter; those behind it are empty.
        Raises AudioError where the clip can no longer be read.
        """
        if index < 0:
            raise ParameterError(f"there is no window {index}: they are counted from 0.")
        step = self.window_seconds * RATE
        packets = list(self._packets(index * step, (index + 1) * step))
        return webm(packets, index * self.window_seconds * 1000) if packets else b""

    def pcm(self, start: float, end: float, sample_rate: int) -> np.ndarray[Any, np.dtype[np.int16]]:
        """int16 mono samples from `start` to `end` seconds, fewer where the clip ends.

        Raises AudioError where there is nothing, or the clip can no longer be read.
        """
        import numpy as np

        first, last = _part(start, end)
        resampler = Resampler(sample_rate)
        parts = [resampler.pcm(piece.tobytes(), RATE) for piece in self._pieces(first, last)]
        if not parts:
            raise self._nothing_at(start)
        parts.append(resampler.flush())
        return np.frombuffer(b"".join(parts), "<i2")[: round((end - start) * sample_rate)]

    def whole(self, start: float, end: float) -> bytes:
        """The part from `start` to `end` seconds as one seekable WebM file, its time 0 at `start`; some 18 MB an hour.

        Raises AudioError where there is nothing, or the clip can no longer be read.
        """
        packets = list(self._packets(*_part(start, end)))
        if not packets:
            raise self._nothing_at(start)
        return webm(packets, is_whole=True)

    def close(self) -> None:
        """Close what was opened. The next call opens it again."""
        if self._samples:
            self._samples.close()
            self._samples = None

    def copy(self) -> PlayableClip:
        """Another for the same clip, as it was when this one was made."""
        other = PlayableClip.__new__(PlayableClip)
        other._clip, other._name, other._stamp, other._sha256 = self._clip, self._name, self._stamp, self._sha256
        other._samples = None
        return other

    def _packets(self, first: int, last: int) -> Iterator[bytes]:
        """Opus packets for samples `first` to `last`; none where the clip has ended."""
        import numpy as np

        found = -WARM_UP

        def sound() -> Iterator[np.ndarray[Any, np.dtype[np.int16]]]:
            nonlocal found
            missing = max(0, WARM_UP - first)  # before the clip there is silence
            yield np.zeros(missing, np.int16)
            found += missing
            for piece in self._pieces(max(0, first - WARM_UP), last + PACKET):
                found += len(piece)
                yield piece
            yield np.zeros(2 * PACKET, np.int16)

        for number, packet in enumerate(encode(sound())):
            if number * PACKET >= min(found, last - first):
                return
            yield packet

    def _pieces(self, first: int, last: int) -> Iterator[np.ndarray[Any, np.dtype[np.int16]]]:
        """The samples `first` to `last`, as far as the clip has them, in pieces."""
        while first < last:
            piece = self._read(first, min(first + _PIECE, last))
            if not len(piece):
                return
            yield piece
            first += len(piece)

    def _read(self, first: int, last: int) -> np.ndarray[Any, np.dtype[np.int16]]:
        if isinstance(self._clip, Path) and self._is_another(self._clip):
            raise AudioError(
                f"{self._name!r} has changed on disk since: its sound and these words need not belong together. "
                "Transcribe it again."
            )
        try:
            if self._samples is None:
                self._samples = open_samples(self._clip, self._name)
            return self._samples.read(first, last)
        except OSError as error:
            raise AudioError(f"{self._name!r} cannot be read any more: {error}. Put it back to play it.") from error

    def _is_another(self, path: Path) -> bool:
        if self._samples is None and self._sha256 is not None and sha256_of(path) != self._sha256:
            return True
        return _stamp(path) != self._stamp

    def _nothing_at(self, start: float) -> AudioError:
        return AudioError(f"{self._name!r} has nothing at {start:g} s: it ends before. Choose an earlier part.")


def _part(start: float, end: float) -> tuple[int, int]:
    if not 0 <= start < end < math.inf:
        raise ParameterError(f"{start:g} to {end:g} is no part of a clip: give seconds, the earlier ones first.")
    return round(start * RATE), round(end * RATE)


def _playable(clip: Any) -> tuple[Path | bytes | tuple[Any, int], str]:
    """What can be read again and again, and what to call it."""
    source = clip[0] if isinstance(clip, tuple) and len(clip) == 2 else clip
    if hasattr(source, "__aiter__"):
        raise AudioError(
            "a live source keeps no sound, so there is nothing to play. Record it to a file to hear it again."
        )
    if isinstance(clip, (bytes, bytearray, memoryview)):
        return bytes(clip), "bytes"
    if isinstance(clip, tuple) and len(clip) == 2:
        import numpy as np

        return (np.asarray(clip[0]), int(clip[1])), "array"
    name = getattr(clip, "name", None) if hasattr(clip, "read") else clip
    if isinstance(name, (str, os.PathLike)):
        path = Path(os.path.expanduser(name)).resolve()  # noqa: PTH111 - unlike pathlib's it never raises
        return path, path.name
    raise AudioError(
        f"an object of type {type(clip).__name__} cannot be played: it is read once and has no file on disk. "
        "Transcribe a path or bytes to hear it again."
    )


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file does."""
    try:
        stat = path.stat()
    except OSError as error:
        raise AudioError(
            f"the clip is gone from disk ({path}), so it cannot be played; its words are kept. Put it back to hear it."
        ) from error
    return stat.st_size, stat.st_mtime_ns
