"""Any encoded clip to 16-bit mono PCM, as a stream in constant memory, by PyAV (FFmpeg)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import AudioError

if TYPE_CHECKING:
    from av.container import InputContainer

logger = logging.getLogger("paraformer_nb")

# FFmpeg also reads playlists and descriptions of network streams: a clip must never make it open a socket.
_CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,tta,w64,wav,wv"
)
# Containers with an index that can be trusted to the sample; in others a seek lands by guess, so we decode up to there.
_SEEKABLE = {"mov", "matroska", "flac", "wav"}
_STAMPED = {"mov", "matroska"}  # containers whose time stamps are a recorder's own, holes and all
_PREROLL = 1.0  # seconds decoded and dropped before the wanted place: codecs need a moment after a seek
_LONGEST_HOLE = 60.0  # seconds that are believed of a clip whose length is not known
_HOLE = 0.1  # seconds; a smaller jump of time stamps is jitter


class Decoder:
    """An opened clip that FFmpeg understands.

    Attributes:
        duration: the clip's length in seconds, or None where it could only be guessed.

    Raises AudioError, saying what is wrong with the clip.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        import av

        self._name = name
        has_length = _tells_its_length(file)
        options = {"format_whitelist": _CONTAINERS}
        try:
            self._container: InputContainer = av.open(file, mode="r", options=options, **_lenient_tags())
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
        self._kinds = set(self._container.format.name.split(","))
        self._origin = float((self._stream.start_time or 0) * (self._stream.time_base or 0))
        frames = self._decoded()
        first = next(frames, None)
        if first is None:
            self.close()
            raise AudioError(
                f"{name!r} is not audio that FFmpeg can read, or it is empty, cut off or damaged: nothing was decoded. "
                "Try playing it; if it plays, convert it to WAV or FLAC."
            )
        self._frames = chain([first], frames)
        self.duration = self._duration() if has_length else None

    @property
    def sample_rate(self) -> int:
        """Of the clip's sound as it is, in Hz."""
        return int(self._stream.rate)

    @property
    def has_index(self) -> bool:
        """Whether a place can be jumped to, right to the sample."""
        return bool(_SEEKABLE & self._kinds)

    def _duration(self) -> float | None:
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        return None if self._container.duration is None else self._container.duration / 1_000_000

    def close(self) -> None:
        """Close the container (a file object stays its owner's)."""
        self._container.close()

    def read(self, sample_rate: int, start: float, end: float | None) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds at `sample_rate`, in pieces as the decoder gives them."""
        position, frames = self._from(start)
        skip = 2 * round((start - position) * sample_rate)
        left = None if end is None else 2 * round((end - start) * sample_rate)
        for data in self._pcm(frames, position, sample_rate):
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
        if start > 2 * _PREROLL and self.has_index:
            self._container.seek(int((self._origin + start - _PREROLL) * 1_000_000), backward=True)
            frames = self._decoded()
            first = next(frames, None)
            if first is not None and first.time is not None and first.time - self._origin <= start:
                return first.time - self._origin, chain([first], frames)
            raise AudioError(f"{self._name!r} has nothing at {start:g} s: it is cut off or damaged before that.")
        return 0.0, self._frames

    def _decoded(self) -> Iterator[Any]:
        """Decoded frames. A damaged packet is left out, as players do; a damaged container ends the clip."""
        import av

        decode = _decoding(self._stream)
        try:
            for packet in self._container.demux(self._stream):
                try:
                    yield from decode(packet)
                except (av.error.InvalidDataError, av.error.EOFError) as error:
                    logger.warning("%s: a damaged piece was left out (%s)", self._name, error)
        except av.error.FFmpegError as error:
            logger.warning("%s: the clip ends early, it is damaged there (%s)", self._name, error)

    def _pcm(self, frames: Iterator[Any], position: float, sample_rate: int) -> Iterator[bytes]:
        """Frames as PCM; where a recorder's time stamps jump ahead, silence keeps what follows at its own time."""
        resampler, form, samples = None, None, round(position * sample_rate)
        for frame in frames:
            hole = self._hole(frame, samples / sample_rate)
            if resampler is None or hole or form != _form(frame):  # two files joined may differ in form
                tail = resampler.flush() if resampler else b""
                silence = max(0, round(hole * sample_rate) - len(tail) // 2)
                samples += len(tail) // 2 + silence
                yield tail
                yield from _silence(silence)
                resampler, form = Resampler(sample_rate), _form(frame)
            data = resampler.frame(frame)
            samples += len(data) // 2
            yield data
        yield resampler.flush() if resampler else b""

    def _hole(self, frame: Any, position: float) -> float:
        """Seconds that are missing before this frame, 0 if none are."""
        if frame.time is None or not _STAMPED & self._kinds:
            return 0.0
        missing = float(frame.time - self._origin - position)
        # A stamp behind the clip's end is a broken stamp, and no hole.
        is_possible = (
            missing < _LONGEST_HOLE if self.duration is None else frame.time - self._origin < self.duration + _HOLE
        )
        return missing if missing > _HOLE and is_possible else 0.0


class Decoders:
    """Decoders of one file, one after the other, because each reads it once.

    Attributes:
        duration: as a `Decoder`'s.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._decoder = Decoder(file, name)
        self._is_fresh = True
        self.duration = self._decoder.duration

    def next(self) -> Decoder:
        """One that has read nothing yet; the one before is closed. Raises AudioError as it does."""
        if not self._is_fresh:
            self._decoder.close()
            self._file.seek(0)
            self._decoder = Decoder(self._file, self._name)
        self._is_fresh = False
        return self._decoder

    def close(self) -> None:
        """Close the last one."""
        self._decoder.close()


class Resampler:
    """Audio of any one form, frame by frame or as 16-bit mono PCM, to 16-bit mono PCM at `sample_rate`."""

    def __init__(self, sample_rate: int) -> None:
        from av.audio.resampler import AudioResampler

        self._resampler = AudioResampler(format="s16", layout="mono", rate=sample_rate)

    def frame(self, frame: Any) -> bytes:
        """A decoded frame in, what is ready out."""
        frame.pts = None  # the resampler counts on; time stamps that jump would make it stop
        return self._take(frame)

    def pcm(self, pcm: bytes, sample_rate: int) -> bytes:
        """Mono PCM in, what is ready out."""
        import numpy as np
        from av import AudioFrame

        if not pcm:
            return b""
        frame = AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = sample_rate
        return self._take(frame)

    def flush(self) -> bytes:
        """What was held back."""
        return self._take(None)

    def _take(self, frame: Any) -> bytes:
        return b"".join(bytes(out.planes[0])[: 2 * out.samples] for out in self._resampler.resample(frame))


def _decoding(stream: Any) -> Callable[[Any], Iterable[Any]]:
    """What makes frames of a packet of this stream.

    FFmpeg's own decoder of narrow-band AMR stops at the pauses that telephones leave out, so another one is taken.
    """
    import av

    if stream.codec_context.name != "amrnb":
        return lambda packet: packet.decode()
    context: Any = av.CodecContext.create("libopencore_amrnb", "r")
    return lambda packet: context.decode(packet) if packet.size else ()


def _form(frame: Any) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _silence(samples: int) -> Iterator[bytes]:
    """Zeros, in pieces, so that a long hole costs no memory."""
    for at in range(0, samples, 16_000):
        yield bytes(2 * min(16_000, samples - at))


def _lenient_tags() -> dict[str, Any]:
    """Tags in another encoding than UTF-8 are common, and none of our business. PyAV 19 lets them be; before it, it had
    to be told so."""
    import av

    return {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "ignore"}


def _tells_its_length(file: BinaryIO) -> bool:
    """False for MP3 and raw AAC without a header that counts their frames, and for AMR: there FFmpeg guesses, wide of
    the mark."""
    file.seek(0)
    head = file.read(10)
    if head.startswith(b"#!AMR"):
        file.seek(0)
        return False
    if head[:3] == b"ID3" and len(head) == 10:
        file.seek(10 + sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)))
        head = b""
    first = head + file.read(2048)
    file.seek(0)
    is_raw = len(first) > 1 and first[0] == 0xFF and first[1] & 0xE0 == 0xE0
    return not is_raw or any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))
