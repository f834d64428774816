"""Open a clip of any form, to read it as blocks of 16-bit mono PCM."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from numbers import Real
from pathlib import Path
from typing import Any

from ..errors import AudioError, ParameterError
from ..text import unit_advice
from .array_reader import ArrayReader
from .channels import check_channel
from .clip_input import ArrayInput, JournalInput, LiveInput, PathInput, classify
from .clock import Hole
from .files import file_reader, open_as_pipe, open_file
from .known_file import KnownFile, open_known, open_regular, sha256_of, stamp_of
from .live import LiveClip
from .notices import Notices
from .pipe_clip import PipeClip
from .reader import Reader


class Clip:
    """An opened clip. `blocks` may be called again, from any position, once the blocks before are no longer read.

    Attributes:
        name: the name to show.
        path, size: its file and the file's size in bytes, or None.
        sample_rate: of the PCM that `blocks` yields, in Hz.
        start, end: the part that is read, in seconds; `end` is None where the clip's length is not known for sure.
        notices: what the user should know about how it is read; some are added while it is read.
    """

    def __init__(
        self,
        reader: Reader,
        name: str,
        file: KnownFile | None,
        sample_rate: int,
        start: float,
        end: float | None,
        notices: Notices,
        close: Callable[[], None],
    ) -> None:
        """`file`: what `reader` reads, if it is a file on disk. `end` may be beyond the clip's end."""
        self.name = name
        self._stamp = stamp_of(file.file) if file else None
        self.path = file.path if file else None
        self.size = self._stamp.size if self._stamp else None
        self.sample_rate = sample_rate
        self.start = start
        self.end = _earlier(end, reader.duration)
        self.notices = notices
        self._reader = reader
        self._limit = end  # not `self.end`: a known length may be wrong by some samples
        self._close = close

    def blocks(self, samples: int, start: float | None = None) -> Iterator[bytes]:
        """Yield blocks of `samples` samples, the last one shorter, from `start` seconds on (None: from the start).

        They end before a `hole`. Raises AudioError if the clip ends before its part begins.
        """
        size = 2 * samples
        begin = self.start if start is None else start
        chunks = self._reader.read(begin, self._limit, size)
        return _rechunk(chunks if begin > self.start else self._not_beyond_end(chunks), size)

    @property
    def hole(self) -> Hole | None:
        """Where the last blocks ended although the clip goes on: nothing was recorded for more than a minute."""
        hole = self._reader.hole
        if hole is None or self._limit is None or hole.end < self._limit:
            return hole
        return Hole(hole.start, self._limit)

    def _not_beyond_end(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        is_empty = True
        for chunk in chunks:
            is_empty = is_empty and not chunk
            yield chunk
        if is_empty and self.start > 0 and self._reader.hole is None:
            raise AudioError(f"start={self.start:g} lies beyond the end of {self.name!r}. Choose an earlier start.")

    def sha256(self) -> str | None:
        """The digest of the clip's file, or None where it has none, or another one by now. Reads the whole file."""
        if self.path is None:
            return None
        try:
            with open_regular(self.path) as file:
                return sha256_of(file) if stamp_of(file) == self._stamp else None
        except OSError:
            return None

    def close(self) -> None:
        """Close the file, if `open_clip` opened it."""
        self._close()


def open_clip(
    clip: Any,
    *,
    sample_rate: int,
    start: float | None = None,
    end: float | None = None,
    channel: int | None = None,
) -> Clip | LiveClip | PipeClip:
    """Open a clip of any form, to be read at `sample_rate` from `start` to `end` seconds. `channel` counts from 0; None
    mixes all of them.

    Raises ParameterError for an object that is not a clip or a part or channel that it does not have, AudioError for a
    clip that cannot be read.
    """
    begin = _check_part(start, end)
    channel = check_channel(channel)
    given = classify(clip)
    if isinstance(given, LiveInput):
        if start is not None or end is not None:
            raise ParameterError("start= and end= select a part of a clip; a live source has none. Leave them out.")
        if given.sample_rate is None:
            raise ParameterError(
                "a live source needs its sample rate: an attribute sample_rate, or (source, sample_rate)."
            )
        if channel is not None:
            raise ParameterError("a live source is mono: leave channel= out, and give the PCM of one channel.")
        return LiveClip(given.source, given.sample_rate, sample_rate)
    notices = Notices()
    known = None
    with ExitStack() as opened:
        reader: Reader
        if isinstance(given, ArrayInput):
            reader = ArrayReader(given, sample_rate, notices, channel=channel)
        elif not isinstance(given, JournalInput) and (pipe := open_as_pipe(given)):
            if channel is not None:
                pipe.close()
                raise ParameterError(
                    f"{given.name!r} is a pipe, of which no channel can be chosen: save it to a file, or have its "
                    'writer give one channel (ffmpeg: -af "pan=mono|c0=c1"). Nothing was sent.'
                )
            return PipeClip(pipe, sample_rate, begin, end)
        else:
            if isinstance(given, JournalInput):
                known = open_known(given)
                file = opened.enter_context(known.file)
            else:
                file = open_file(given, opened)
            if isinstance(given, PathInput) and given.path.is_file():
                known = KnownFile(file, Path(os.path.realpath(given.path)))
            reader = file_reader(file, given.name, sample_rate, notices, opened, channel)
        if reader.duration is not None and begin >= reader.duration and not _has_sound(reader, begin):
            raise ParameterError(
                f"start={begin:g} lies beyond the clip's end; {given.name!r} is {reader.duration:.2f} s long."
                f"{unit_advice(begin, reader.duration)}"
            )
        close = opened.pop_all().close
    return Clip(reader, given.name, known, sample_rate, begin, end, notices, close)


def _has_sound(reader: Reader, start: float) -> bool:
    """Whether anything is read from `start` on: only reading shows it, as a header may be wrong."""
    return any(reader.read(start, None, 2))


def _check_part(start: float | None, end: float | None) -> float:
    for name, value in (("start", start), ("end", end)):
        if value is not None and not (isinstance(value, Real) and 0 <= value < float("inf")):
            raise ParameterError(f"{name}={value!r} is not a position in a clip: give seconds from its beginning.")
    begin = 0.0 if start is None else float(start)
    if end is not None and end <= begin:
        raise ParameterError(f"end={end:g} must be later than start={begin:g} (seconds from the clip's beginning).")
    return begin


def _earlier(end: float | None, duration: float | None) -> float | None:
    known = [time for time in (end, duration) if time is not None]
    return min(known, default=None)


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
