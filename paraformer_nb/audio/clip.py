"""Every form of clip that a user may hand over, made into one thing: blocks of 16-bit mono PCM."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import AudioError, ParameterError
from ..text import sanitise
from .decode import Decoders, Resampler
from .wav import WavFormat, read_wav, wav_format

if TYPE_CHECKING:
    import numpy as np

_HIGHEST_RATE = 768_000  # Hz; above what any converter does
_FORMS = (
    "a path, a binary file object, the bytes of an audio file, (array, sample_rate), "
    "or an async iterator of int16 mono PCM blocks with a sample_rate"
)


Read = Callable[[int, float], Iterator[bytes]]
"""PCM from a place on (seconds) to the end of the part, in pieces of about so many bytes. Read one at a time."""


class Clip:
    """An opened clip. Its `blocks` may be read again, from any place, once nobody reads the ones before.

    Attributes:
        name: what to call it; path: its file, or None.
        sample_rate: of the PCM that `blocks` gives, in Hz.
        start, end: the part that is read, in seconds; `end` is None where the clip's length is not known.
    """

    def __init__(
        self,
        name: str,
        path: Path | None,
        sample_rate: int,
        start: float,
        end: float | None,
        read: Read,
        resources: ExitStack,
    ) -> None:
        self.name, self.path, self.sample_rate, self.start, self.end = name, path, sample_rate, start, end
        self._read = read
        self._resources = resources

    def blocks(self, samples: int, start: float | None = None) -> Iterator[bytes]:
        """Blocks of `samples` samples, the last one shorter, from `start` on (seconds; None: the part's beginning)."""
        return _rechunk(self._read(2 * samples, self.start if start is None else start), 2 * samples)

    def sha256(self) -> str | None:
        """The digest of the clip's file, or None where there is none (any more)."""
        return None if self.path is None else sha256_of(self.path)

    def close(self) -> None:
        """Close what was opened for it."""
        self._resources.close()


def sha256_of(path: Path) -> str | None:
    """The digest of a file, or None where there is none. Reads the whole file."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


class LiveClip:
    """A live source: an async iterator of int16 mono PCM blocks, of any size, at `source_rate`."""

    def __init__(self, source: AsyncIterator[Any], source_rate: int, sample_rate: int) -> None:
        self.name, self.path = "live", None
        self.sample_rate, self.start, self.end = sample_rate, 0.0, None
        self._source = source
        self._source_rate = source_rate

    async def blocks(self, samples: int) -> AsyncGenerator[bytes]:
        """Chunks of whole blocks of `samples` samples, the last one shorter."""
        resampler = None if self._source_rate == self.sample_rate else Resampler(self.sample_rate)
        pending = bytearray()
        source = aiter(self._source)
        try:
            async for block in source:
                data = _live_pcm(block)
                pending += resampler.pcm(data, self._source_rate) if resampler else data
                whole = len(pending) - len(pending) % (2 * samples)
                if whole:
                    yield bytes(pending[:whole])
                    del pending[:whole]
        finally:
            if isinstance(source, AsyncGenerator):
                await source.aclose()  # whatever it holds, a microphone say, is let go now
        pending += resampler.flush() if resampler else b""
        if pending:
            yield bytes(pending)

    def sha256(self) -> None:
        """A live source has no file."""

    def close(self) -> None:
        """Nothing was opened for it."""


def open_clip(clip: Any, *, sample_rate: int, start: float | None = None, end: float | None = None) -> Clip | LiveClip:
    """Open a clip of any form, to be read at `sample_rate` from `start` to `end` seconds.

    Raises ParameterError for what is no clip or no part of it, AudioError for a clip that cannot be read.
    """
    begin = _check_part(start, end)
    live = _live_source(clip)
    if live is not None:
        if start is not None or end is not None:
            raise ParameterError("start= and end= take a part of a clip; a live source has none. Leave them out.")
        return LiveClip(*live, sample_rate)
    name: str
    path: Path | None
    length: float | None
    with ExitStack() as resources:
        if isinstance(clip, tuple):
            name, path = "array", None
            length, read = _array_reader(clip, sample_rate, end)
        else:
            name, path, file = _open_file(clip, resources)
            length, read = _file_reader(file, name, sample_rate, end, resources)
        if length is not None and begin >= length:
            raise ParameterError(f"start={begin:g} lies behind the clip's end; {name!r} is {length:.2f} s long.")
        last = length if end is None else end if length is None else min(end, length)
        return Clip(name, path, sample_rate, begin, last, read, resources.pop_all())
    raise AssertionError("unreachable")


def _check_part(start: float | None, end: float | None) -> float:
    for name, value in (("start", start), ("end", end)):
        if value is not None and not (isinstance(value, Real) and 0 <= value < float("inf")):
            raise ParameterError(f"{name}={value!r} is no place in a clip: give seconds from its beginning.")
    begin = 0.0 if start is None else float(start)
    if end is not None and end <= begin:
        raise ParameterError(f"end={end:g} must lie behind start={begin:g} (seconds from the clip's beginning).")
    return begin


# ------------------------------------------------------------------------------------------------- files and bytes


def _open_file(clip: Any, resources: ExitStack) -> tuple[str, Path | None, BinaryIO]:
    """A seekable binary file over the clip, its name, and its path if it has one."""
    if isinstance(clip, (bytes, bytearray, memoryview)):
        if not clip:
            raise AudioError("the clip is empty: 0 bytes.")
        return "bytes", None, io.BytesIO(clip)
    if isinstance(clip, (str, os.PathLike)):
        if str(clip).startswith(("http://", "https://")) or not str(clip):
            raise AudioError(f"{str(clip)!r} is no file. Download the clip first, then give its path.")
        path = Path(os.path.expanduser(clip))  # noqa: PTH111 - unlike pathlib's it never raises
        file = resources.enter_context(_open_path(path))
        return sanitise(path.name), path.resolve(), _seekable(file, path.name, resources)
    if hasattr(clip, "read"):
        name = sanitise(Path(clip.name).name) if isinstance(getattr(clip, "name", None), str) else "file"
        return name, None, _seekable(clip, name, resources)
    raise ParameterError(f"an object of type {type(clip).__name__} is no clip. Give {_FORMS}.")


def _open_path(path: Path) -> BinaryIO:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise AudioError(f"there is no file {str(path)!r} (looked in {Path.cwd()}). Check the path.") from error
    except IsADirectoryError as error:
        raise AudioError(f"{str(path)!r} is a directory, not a clip. Name a file in it.") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise AudioError(f"{str(path)!r} cannot be opened: {error}.") from error
    if path.is_file() and path.stat().st_size == 0:
        file.close()
        raise AudioError(f"{str(path)!r} is empty: 0 bytes.")
    return file


def _seekable(file: Any, name: str, resources: ExitStack) -> BinaryIO:
    if isinstance(file, io.TextIOBase):
        raise ParameterError(f"{name!r} was opened as text. Open it with mode 'rb'.")
    if getattr(file, "seekable", lambda: False)():
        return file  # type: ignore[no-any-return]
    # MP4 may keep its index at the end, so a pipe is read to its end first; on disk, not in memory.
    spool = resources.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it is one
    shutil.copyfileobj(file, spool)
    spool.seek(0)
    return spool


def _file_reader(
    file: BinaryIO, name: str, sample_rate: int, end: float | None, resources: ExitStack
) -> tuple[float | None, Read]:
    form = wav_format(file)
    if form and (form.sample_rate, form.channels) == (sample_rate, 1):
        return form.size / 2 / sample_rate, _wav_reader(file, form, end)
    decoders = Decoders(file, name)
    resources.callback(decoders.close)
    length = form.size / form.channels / 2 / form.sample_rate if form else decoders.duration
    return length, lambda _size, start: decoders.next().read(sample_rate, start, end)


def _wav_reader(file: BinaryIO, form: WavFormat, end: float | None) -> Read:
    return lambda size, start: read_wav(file, form, start, end, size)


# ----------------------------------------------------------------------------------------------------------- arrays


def _array_reader(clip: tuple[Any, ...], sample_rate: int, end: float | None) -> tuple[float, Read]:
    import numpy as np

    if len(clip) != 2 or not isinstance(clip[1], Integral) or clip[1] <= 0:
        raise ParameterError("an array needs its sample rate: give (array, sample_rate), such as (samples, 16000).")
    try:
        array, rate = np.asarray(clip[0]), int(clip[1])
    except ValueError as error:
        raise ParameterError(f"this is no array of samples: {error}. Give shape (n,) or (n, channels).") from error
    if rate > _HIGHEST_RATE:
        raise ParameterError(f"a sample rate of {rate} Hz cannot be meant: give (array, sample_rate).")
    if array.dtype not in (np.int16, np.float32):
        raise ParameterError(
            f"the array's dtype is {array.dtype}: give int16, or float32 between -1 and 1 (array.astype('float32'))."
        )
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= 64):
        raise ParameterError(f"the array's shape is {array.shape}: give (n,) or (n, channels).")
    if not len(array):
        raise AudioError("the clip is empty: an array of 0 samples.")
    last = len(array) if end is None else min(round(end * rate), len(array))
    return len(array) / rate, lambda _size, start: _array_blocks(array[round(start * rate) : last], rate, sample_rate)


def _array_blocks(array: np.ndarray[Any, Any], rate: int, sample_rate: int) -> Iterator[bytes]:
    resampler = None if rate == sample_rate else Resampler(sample_rate)
    for at in range(0, len(array), rate):  # a second at a time: the whole is never copied
        pcm = _to_int16(array[at : at + rate])
        yield resampler.pcm(pcm, rate) if resampler else pcm
    if resampler:
        yield resampler.flush()


def _to_int16(array: np.ndarray[Any, Any]) -> bytes:
    import numpy as np

    if array.dtype == np.int16:
        mono = array if array.ndim == 1 else array.mean(axis=1, dtype=np.float32).round().astype("<i2")
        return mono.astype("<i2", copy=False).tobytes()
    mono = array if array.ndim == 1 else array.mean(axis=1)
    return bytes((np.clip(np.nan_to_num(mono), -1, 1) * 32767).round().astype("<i2").tobytes())


# ------------------------------------------------------------------------------------------------------------- live


def _live_source(clip: Any) -> tuple[AsyncIterator[Any], int] | None:
    """The iterator and sample rate of a live source, whose rate is its attribute or stands beside it in a tuple."""
    source, rate = clip if isinstance(clip, tuple) and len(clip) == 2 else (clip, getattr(clip, "sample_rate", None))
    if not hasattr(source, "__aiter__"):
        return None
    if not isinstance(rate, Integral) or rate <= 0:
        raise ParameterError("a live source needs its sample rate: an attribute sample_rate, or (source, sample_rate).")
    return source, int(rate)


def _live_pcm(block: Any) -> bytes:
    import numpy as np

    if isinstance(block, np.ndarray):
        if block.dtype != np.int16 or block.ndim != 1:
            raise AudioError(f"a live source gave {block.dtype} of shape {block.shape}: give int16 of shape (n,).")
        return bytes(block.astype("<i2", copy=False).tobytes())
    if not isinstance(block, (bytes, bytearray, memoryview)) or len(block) % 2:
        raise AudioError("a live source gave a block that is no int16 mono PCM: give bytes of whole samples.")
    return bytes(block)


def _rechunk(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in blocks of `size`, the last one shorter."""
    pending = bytearray()
    for chunk in chunks:
        if not pending and len(chunk) == size:
            yield chunk
            continue
        pending += chunk
        whole = len(pending) - len(pending) % size
        for at in range(0, whole, size):
            yield bytes(pending[at : at + size])
        del pending[:whole]
    if pending:
        yield bytes(pending)
