"""The forms in which a user may give a clip. Only `classify` distinguishes them."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterable
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import AudioError, ParameterError
from ..paths import expand, is_local_url, shortened
from ..text import sanitise
from .array_values import dtype_advice
from .claims import attribute, plain_file

if TYPE_CHECKING:
    import numpy as np

_MAX_RATE = 768_000  # Hz; above what any converter does
_MAX_CHANNELS = 64
# A scheme has two letters at least: one is a drive of Windows. pathlib leaves one slash of the two.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://|(?:https?|ftps?|s3|gs|file):/|data:[\w/.+-]*[;,]", re.IGNORECASE)
_LOGIN = re.compile(r"(:/+)[^/@]*@")
_FORMS = (
    "a path, a binary file object, the bytes of an audio file, (array, sample_rate), "
    "or an async iterator of int16 mono PCM blocks with a sample_rate"
)


@dataclass(frozen=True, eq=False)
class PathInput:
    """A path, with `~` expanded. The file need not exist."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name, safe to show."""
        return sanitise(self.path.name)


@dataclass(frozen=True, eq=False)
class JournalInput:
    """The clip that a journal names, in the first of `paths` that has this size and digest. No user named it, so it is
    opened with `known_file.open_known` only.

    `sha256`: in hexadecimal; None: no file is known to be it.
    """

    name: str
    paths: tuple[Path, ...]
    size: int | None
    sha256: str | None


@dataclass(frozen=True, eq=False)
class FileInput:
    """A file object, which stays open. `path` is the file on disk that it reads, or None where it reads none."""

    file: Any
    path: Path | None

    @property
    def name(self) -> str:
        """The file's name, safe to show."""
        name = attribute(self.file, "name")  # a pipe's is a number
        return (sanitise(Path(name).name) if isinstance(name, (str, os.PathLike)) else "") or "file"


@dataclass(frozen=True, eq=False)
class BytesInput:
    """The bytes of an audio file."""

    data: bytes
    name: ClassVar[str] = "bytes"


@dataclass(frozen=True, eq=False)
class ArrayInput:
    """Samples of shape (n,) or (n, channels), int16 or float32 between -1 and 1."""

    array: np.ndarray[Any, Any]
    sample_rate: int
    name: ClassVar[str] = "array"


@dataclass(frozen=True, eq=False)
class LiveInput:
    """A source that can be read once, as it arrives. `sample_rate` is None where it has none that is valid."""

    source: AsyncIterable[Any]
    sample_rate: int | None
    name: ClassVar[str] = "live"


ClipInput = PathInput | JournalInput | FileInput | BytesInput | ArrayInput | LiveInput


def classify(clip: Any) -> ClipInput:
    """Classify a clip argument; no file is opened. A `JournalInput` is returned as it is.

    Raises ParameterError for anything that is not a clip, AudioError for the address of one.
    """
    if isinstance(clip, JournalInput):
        return clip
    source, rate = clip if isinstance(clip, tuple) and len(clip) == 2 else (clip, getattr(clip, "sample_rate", None))
    if hasattr(source, "__aiter__"):
        return LiveInput(source, _valid_rate(rate))
    if isinstance(clip, tuple):
        return _classify_array(clip)
    if isinstance(clip, (bytes, bytearray, memoryview)):
        return BytesInput(bytes(clip))
    if isinstance(clip, (str, os.PathLike)):
        path, text = expand(clip), os.fsdecode(clip)
        if not text or (_ADDRESS.match(text.lstrip()) and not is_local_url(text, path)):
            raise _address_error(text)
        return PathInput(path)
    if hasattr(clip, "read"):
        return FileInput(clip, _path_of(clip))
    raise ParameterError(f"an object of type {type(clip).__name__} is not a clip. Give {_FORMS}.")


def _classify_array(clip: tuple[Any, ...]) -> ArrayInput:
    import numpy as np

    rate = _valid_rate(clip[1]) if len(clip) == 2 else None
    if rate is None:
        raise ParameterError("an array needs its sample rate: give (array, sample_rate), such as (samples, 16000).")
    try:
        array = np.asarray(clip[0])
    except ValueError as error:
        raise ParameterError(f"this is not an array of samples: {error}. Give shape (n,) or (n, channels).") from error
    if rate > _MAX_RATE:
        raise ParameterError(f"a sample rate of {rate} Hz is too high: give (array, sample_rate).")
    if array.dtype not in (np.int16, np.float32):
        name = "array" if hasattr(clip[0], "dtype") else "np.array(samples)"
        raise ParameterError(f"the array's dtype is {array.dtype}, not int16 or float32: {dtype_advice(array, name)}.")
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= _MAX_CHANNELS):
        raise ParameterError(f"the array's shape is {array.shape}: give (n,) or (n, channels).")
    return ArrayInput(array, rate)


def _address_error(text: str) -> AudioError:
    """The error for the address of a clip, without what may be secret in it."""
    shown = shortened(_LOGIN.sub(r"\1", text.partition("?")[0]))
    advice = "Download the clip first, then give its path."
    if text.lstrip()[:5].lower() == "data:":
        advice = "Decode what it holds (base64.b64decode), then give the bytes."
    elif text.lstrip()[:5].lower() == "file:":
        advice = "It names another machine: copy the clip here, then give its path."
    return AudioError(f"{shown!r} is an address, not a file. {advice}" if text else "'' is not a file. Give its path.")


def _valid_rate(rate: Any) -> int | None:
    return int(rate) if isinstance(rate, Integral) and int(rate) > 0 else None


def _path_of(file: Any) -> Path | None:
    """The file on disk that a file object reads, byte by byte; not that of a zip's member, nor of a gzip file."""
    inner = plain_file(file)
    if inner is None:
        return None
    try:
        path = Path(inner.name)
        return path if os.path.samestat(path.stat(), os.fstat(inner.fileno())) else None
    except (OSError, TypeError, ValueError):  # closed, deleted, or opened by a number
        return None
