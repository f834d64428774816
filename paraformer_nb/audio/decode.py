"""Floor 1: any encoded clip to 16-bit mono PCM, as a stream in constant memory, by PyAV (FFmpeg)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import AudioError

if TYPE_CHECKING:
    from av.audio.resampler import AudioResampler
    from av.container import InputContainer

logger = logging.getLogger("paraformer_nb")

# Containers with an index that can be trusted to the sample; in others a seek lands by guess, so we decode up to there.
_SEEKABLE = {"mov", "matroska", "flac", "wav"}
_GUESSING = {"aac"}  # raw AAC has no length; FFmpeg guesses one from the first bytes, wide of the mark
_PREROLL = 1.0  # seconds decoded and dropped before the wanted place: codecs need a moment after a seek


class Decoder:
    """An opened clip that FFmpeg understands.

    Attributes:
        duration: the clip's length in seconds, or None where the container does not say.

    Raises AudioError, saying what is wrong with the clip.
    """

    def __init__(self, file: str | BinaryIO, name: str) -> None:
        import av

        self._name = name
        try:
            self._container: InputContainer = av.open(file, mode="r", **_lenient_tags())
        except (av.error.FFmpegError, EOFError) as error:
            raise AudioError(
                f"{name!r} is not audio that FFmpeg can read, or it is cut off or damaged ({error}). "
                "Try playing it; if it plays, convert it to WAV or FLAC."
            ) from error
        if not self._container.streams.audio:
            kinds = ", ".join(sorted({stream.type for stream in self._container.streams})) or "nothing"
            self.close()
            raise AudioError(f"{name!r} has no sound in it, only {kinds}. Choose another clip.")
        self._stream = self._container.streams.audio[0]
        self._frames = self._packets()
        self._first = next(self._frames, None)
        if self._first is None:
            self.close()
            raise AudioError(f"no sound could be decoded from {name!r}: it is empty, cut off or damaged.")
        self.duration = self._duration()

    def _duration(self) -> float | None:
        if self._container.format.name in _GUESSING:
            return None
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        return None if self._container.duration is None else self._container.duration / 1_000_000

    def close(self) -> None:
        """Close the container (a file object stays its owner's)."""
        self._container.close()

    def read(self, sample_rate: int, start: float, end: float | None) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds at `sample_rate`, in pieces as the decoder gives them."""
        from av.audio.resampler import AudioResampler

        resampler = AudioResampler(format="s16", layout="mono", rate=sample_rate)
        position, frames = self._from(start)
        skip = 2 * round((start - position) * sample_rate)
        left = None if end is None else 2 * round((end - start) * sample_rate)
        for data in self._resampled(frames, resampler):
            piece = data[skip:] if skip > 0 else data
            skip = max(0, skip - len(data))
            if left is not None:
                piece = piece[:left]
                left -= len(piece)
            if piece:
                yield piece
            if left == 0:
                return

    def _from(self, start: float) -> tuple[float, Iterator[Any]]:
        """Where decoding begins, in seconds of the clip, and the frames from there."""
        assert self._first is not None
        if start > 2 * _PREROLL and _SEEKABLE & set(self._container.format.name.split(",")):
            origin = float((self._stream.start_time or 0) * (self._stream.time_base or 0))
            self._container.seek(int((origin + start - _PREROLL) * 1_000_000), backward=True)
            frames = self._packets()
            first = next(frames, None)
            if first is not None and first.time is not None and first.time - origin <= start:
                return first.time - origin, _chain(first, frames)
            raise AudioError(f"{self._name!r} has nothing at {start:g} s: it is cut off or damaged before that.")
        return 0.0, _chain(self._first, self._frames)

    def _packets(self) -> Iterator[Any]:
        """Decoded frames. A damaged packet is left out, as players do; a damaged container ends the clip."""
        import av

        try:
            for packet in self._container.demux(self._stream):
                try:
                    yield from packet.decode()
                except (av.error.InvalidDataError, av.error.EOFError) as error:
                    logger.warning("%s: a damaged piece was left out (%s)", self._name, error)
        except av.error.FFmpegError as error:
            logger.warning("%s: the clip ends early, it is damaged there (%s)", self._name, error)

    @staticmethod
    def _resampled(frames: Iterator[Any], resampler: AudioResampler) -> Iterator[bytes]:
        for frame in frames:
            frame.pts = None  # the resampler counts on; time stamps that jump would make it stop
            for out in resampler.resample(frame):
                yield bytes(out.planes[0])[: 2 * out.samples]
        for out in resampler.resample(None):
            yield bytes(out.planes[0])[: 2 * out.samples]


def _lenient_tags() -> dict[str, Any]:
    """Tags in another encoding than UTF-8 are common, and none of our business. PyAV 19 lets them be; before it, it had
    to be told so."""
    import av

    return {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "ignore"}


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


class Resampler:
    """16-bit mono PCM from one sample rate to another, block by block."""

    def __init__(self, source_rate: int, sample_rate: int) -> None:
        from av.audio.resampler import AudioResampler

        self._rate = source_rate
        self._resampler = AudioResampler(format="s16", layout="mono", rate=sample_rate)

    def feed(self, pcm: bytes) -> bytes:
        """The next samples in, what is ready out."""
        import numpy as np
        from av import AudioFrame

        if not pcm:
            return b""
        frame = AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._rate
        return b"".join(bytes(out.planes[0])[: 2 * out.samples] for out in self._resampler.resample(frame))

    def flush(self) -> bytes:
        """What was held back."""
        return b"".join(bytes(out.planes[0])[: 2 * out.samples] for out in self._resampler.resample(None))
