"""A clip that comes through a pipe: decoded once, as it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile, gettempdir
from typing import Any, BinaryIO, cast

from ..errors import AudioError
from .decode import Decoder
from .part import cut_pcm
from .pipe import Pipe
from .streamed_wav import StreamedWav, parse_streamed_wav, to_pcm

_CHUNK = 32 * 1024  # bytes read at once
# Containers that may keep what a decoder needs first at their end: MP4 and its kin, CAF, AIFF.
_MAY_END_WITH_INDEX = (b"ftyp", b"mdat", b"moov", b"wide", b"free", b"skip")
_MAY_END_WITH_INDEX_MAGIC = (b"caff", b"FORM")


class PipeClip:
    """A clip from a pipe. `chunks` reads it, once, on one thread; `interrupt` may be called on another.

    Attributes:
        name: to show.
        sample_rate: of the PCM that `chunks` yields, in Hz.
        start, end: the part that is read, in seconds; `end` is None for the pipe's end.
        can_interrupt: whether `interrupt` ends a reading that waits; else it ends with what arrives next.
    """

    def __init__(self, pipe: Pipe, sample_rate: int, start: float, end: float | None) -> None:
        self.name = pipe.name
        self.sample_rate = sample_rate
        self.start = start
        self.end = end
        self.can_interrupt = pipe.can_interrupt
        self._pipe = pipe

    def chunks(self) -> Iterator[bytes]:
        """Wait for the pipe, and yield 16-bit mono PCM as it arrives, 100 ms at once.

        Raises AudioError if the pipe is empty or cannot be decoded, or ends before `start`; ReadingInterrupted after
        `interrupt`.
        """
        if not self._pipe.peek(1):
            raise AudioError(f"{self.name!r} is empty: it ended after 0 bytes.")
        wav = parse_streamed_wav(self._pipe.peek)
        size = 2 * (self.sample_rate // 10)
        pending = bytearray()
        is_empty = True
        with ExitStack() as opened:
            for chunk in self._plain(wav) if wav else self._decoded(opened):
                pending += chunk
                if len(pending) >= size:
                    is_empty = False
                    yield bytes(pending)
                    pending.clear()
        if pending:
            yield bytes(pending)
        elif is_empty and self.start:
            raise AudioError(f"start={self.start:g} lies beyond the end of {self.name!r}.")

    def interrupt(self) -> None:
        """End the reading soon. The clip must not be closed yet."""
        self._pipe.interrupt()

    def close(self) -> None:
        """Close the pipe, if `open_clip` opened it. Not while it is being read."""
        self._pipe.close()

    def _plain(self, wav: StreamedWav) -> Iterator[bytes]:
        self._pipe.read(wav.data)
        skip = 2 * round(self.start * self.sample_rate)
        size = None if self.end is None else 2 * round(self.end * self.sample_rate) - skip
        pcm = to_pcm(wav, iter(lambda: self._pipe.read(_CHUNK), b""), self.sample_rate)
        yield from cut_pcm(pcm, skip, size)

    def _decoded(self, opened: ExitStack) -> Iterator[bytes]:
        """Decode the pipe as it arrives; where its index comes last, from a temporary file once all of it is there."""
        head = self._pipe.peek(8)
        if head[4:] in _MAY_END_WITH_INDEX or head[:4] in _MAY_END_WITH_INDEX_MAGIC:
            decoder = self._decoder_or_copy(opened)
        else:
            decoder = Decoder(cast(BinaryIO, self._pipe), self.name)
        opened.callback(decoder.close)
        return decoder.read(self.sample_rate, self.start, self.end)

    def _decoder_or_copy(self, opened: ExitStack) -> Decoder:
        copy = TemporaryFile(prefix="paraformer_nb-")  # noqa: SIM115 - `opened` closes it
        copied = _Copied(self._pipe, opened.enter_context(copy))
        try:
            decoder = Decoder(cast(BinaryIO, copied), self.name)
        except AudioError:
            copied.finish()
            return Decoder(copied.copy, self.name)
        copied.stop()
        return decoder


class _Copied:
    """A pipe that is copied to a file while it is read."""

    def __init__(self, pipe: Pipe, copy: Any) -> None:
        self.copy = copy
        self._pipe = pipe
        self._is_copying = True

    def seekable(self) -> bool:
        return False

    def read(self, size: int) -> bytes:
        data = self._pipe.read(size)
        if self._is_copying:
            self._write(data)
        return data

    def stop(self) -> None:
        """Copy no more."""
        self._is_copying = False
        self.copy.truncate(0)

    def finish(self) -> None:
        """Copy the rest."""
        while data := self._pipe.read(_CHUNK):
            self._write(data)
        self.copy.seek(0)

    def _write(self, data: bytes) -> None:
        try:
            self.copy.write(data)
            self.copy.flush()
        except OSError as error:
            raise AudioError(
                f"{self._pipe.name!r} has its index at its end, so it is first copied to a temporary file, which "
                f"cannot be written: {error}. Make room in {gettempdir()!r}, or save the clip and give its path."
            ) from error
