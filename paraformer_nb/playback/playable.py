"""A clip that can be played: any part of it as windows for a player, as one file, or as PCM."""

from __future__ import annotations

import copy
import io
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..audio.clip_input import ArrayInput, BytesInput, FileInput, JournalInput, LiveInput, PathInput, classify
from ..audio.known_file import sha256_of
from ..audio.pipe import is_pipe
from ..audio.resample import Resampler
from ..errors import AudioError, ParameterError
from .clip_on_disk import ClipOnDisk
from .opus import OPUS_RATE, PACKET, WARM_UP, encode
from .samples import Samples, open_samples
from .webm import webm

if TYPE_CHECKING:
    import numpy as np

    Pcm = np.ndarray[Any, np.dtype[np.int16]]

WINDOW = 10  # seconds; some 50 kB
_CHUNK = WARM_UP + WINDOW * OPUS_RATE + PACKET  # samples read at once: what a window needs


class PlayableClip:
    """The sound of a clip as the user gave it: a path, the bytes of a file, (array, sample_rate), or a file object that
    has a name on disk.

    The clip may be of any length: about a window of it is kept in memory. Use it from one thread at a time; `copy`
    makes one for another thread. A file is not played once its bytes have changed.

    Args:
        clip: may be a `JournalInput`, too; no path of it is looked at before it is played.
        sha256: the digest that the file must have, in hexadecimal; None: the file that is there now is the clip.

    Attributes:
        sha256: by which a file that was touched is recognised; may be set when it becomes known.
        mime: the type of what `window` and `whole` return, for a MediaSource and an <audio> element.
        window_seconds: the length of a window.

    Raises AudioError if nothing can be played: a live source, a file that does not exist.
    """

    mime = 'audio/webm; codecs="opus"'
    window_seconds = WINDOW

    def __init__(self, clip: Any, *, sha256: str | None = None) -> None:
        self._clip = _rereadable(clip)
        self._disk: ClipOnDisk | None = None
        if isinstance(self._clip, (PathInput, JournalInput)):
            self._disk = ClipOnDisk(self._clip, is_believed=sha256 is None)
        self.sha256 = sha256
        self._samples: Samples | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the clip's file is, or may be; empty if it is not a file."""
        return self._disk.paths if self._disk else ()

    def digest(self) -> str | None:
        """The digest of the clip's file; None if it is not a file, or cannot be known to be the clip any more."""
        if self._disk is None:
            return None
        try:
            with self._disk.open(self.sha256) as file:
                return sha256_of(file)
        except (AudioError, OSError):
            return None

    def window(self, index: int) -> bytes:
        """The `window_seconds` from `index * window_seconds` on as WebM, whose timestamps are the clip's positions.

        Windows join without a seam. The last one is shorter; those beyond the clip's end are empty.
        Raises AudioError if the clip can no longer be read.
        """
        if index < 0:
            raise ParameterError(f"window {index} does not exist: windows are counted from 0.")
        step = self.window_seconds * OPUS_RATE
        packets = list(self._packets(index * step, (index + 1) * step))
        return webm(packets, index * self.window_seconds * 1000) if packets else b""

    def pcm(self, start: float, end: float, sample_rate: int) -> Pcm:
        """int16 mono samples from `start` to `end` seconds, fewer where the clip ends.

        Raises AudioError if the clip ends before `start` or can no longer be read.
        """
        import numpy as np

        first, last = _to_samples(start, end)
        resampler = Resampler(sample_rate)
        parts = [resampler.pcm(chunk.tobytes(), OPUS_RATE) for chunk in self._chunks(first, last)]
        if not parts:
            raise self._beyond_end(start)
        parts.append(resampler.flush())
        return np.frombuffer(b"".join(parts), "<i2")[: round((end - start) * sample_rate)]

    def whole(self, start: float, end: float) -> bytes:
        """The part from `start` to `end` seconds as one seekable WebM file that begins at 0; some 18 MB an hour.

        Raises AudioError if the clip ends before `start` or can no longer be read.
        """
        packets = list(self._packets(*_to_samples(start, end)))
        if not packets:
            raise self._beyond_end(start)
        return webm(packets, is_whole=True)

    def close(self) -> None:
        """Close what was opened. The next call opens it again."""
        if self._samples:
            self._samples.close()
            self._samples = None

    def copy(self) -> PlayableClip:
        """Make another for the same clip, as it was when this one was made."""
        other = copy.copy(self)
        other._samples = None
        return other

    def _packets(self, first: int, last: int) -> Iterator[bytes]:
        """Opus packets for samples `first` to `last`; none beyond the clip's end."""
        import numpy as np

        available = -WARM_UP  # samples from `first` on

        def with_warm_up() -> Iterator[Pcm]:
            nonlocal available
            missing = max(0, WARM_UP - first)  # before the clip there is silence
            yield np.zeros(missing, np.int16)
            available += missing
            for chunk in self._chunks(max(0, first - WARM_UP), last + PACKET):
                available += len(chunk)
                yield chunk
            yield np.zeros(2 * PACKET, np.int16)

        for number, packet in enumerate(encode(with_warm_up())):
            if number * PACKET >= min(available, last - first):
                return
            yield packet

    def _chunks(self, first: int, last: int) -> Iterator[Pcm]:
        """Samples `first` to `last` in chunks, as far as the clip has them."""
        while first < last:
            chunk = self._read(first, min(first + _CHUNK, last))
            if not len(chunk):
                return
            yield chunk
            first += len(chunk)

    def _read(self, first: int, last: int) -> Pcm:
        try:
            if self._samples is not None and self._disk is not None and self._disk.was_touched():
                self.close()
            if self._samples is None:
                self._samples = open_samples(self._open(), self._clip.name)
            return self._samples.read(first, last)
        except OSError as error:
            name = self._clip.name
            raise AudioError(f"{name!r} can no longer be read: {error}. Put it back to play it.") from error

    def _open(self) -> ArrayInput | BinaryIO:
        if self._disk is not None:
            return self._disk.open(self.sha256)
        return io.BytesIO(self._clip.data) if isinstance(self._clip, BytesInput) else self._clip  # type: ignore[return-value]

    def _beyond_end(self, start: float) -> AudioError:
        return AudioError(f"{self._clip.name!r} has nothing at {start:g} s: it ends before. Choose an earlier part.")


OpenAudio = Callable[[], PlayableClip]
"""Opens the clip of a run. Raises AudioError if it cannot be played."""


def _to_samples(start: float, end: float) -> tuple[int, int]:
    if not 0 <= start < end < math.inf:
        raise ParameterError(
            f"{start:g} to {end:g} is not a part of a clip: give seconds, with the end after the start."
        )
    return round(start * OPUS_RATE), round(end * OPUS_RATE)


def _rereadable(clip: Any) -> PathInput | JournalInput | BytesInput | ArrayInput:
    """Classify a clip that is to be opened later, perhaps more than once."""
    given = classify(clip)
    if isinstance(given, LiveInput):
        raise AudioError("a live source keeps no sound, so it cannot be played. Record it to a file to hear it again.")
    if not isinstance(given, (FileInput, PathInput)):
        return given
    if given.path is None:
        raise AudioError(
            f"an object of type {type(clip).__name__} cannot be played: it is read once and has no file on disk. "
            "Transcribe a path or bytes to hear it again."
        )
    if "\0" in str(given.path):
        raise AudioError(f"there is no file {str(given.path)!r}. Check the path.")
    if is_pipe(given.path):
        raise AudioError(
            f"{given.name!r} is a pipe, which is read once, so it cannot be played. Save its sound to a file, and "
            "transcribe that, to hear it again."
        )
    try:
        return PathInput(Path(os.path.realpath(given.path)))
    except UnicodeError as error:  # saved under a locale that can name the file
        raise AudioError(f"{str(given.path)!r} cannot be a path here: {error}. Give clip=, or use UTF-8.") from error
