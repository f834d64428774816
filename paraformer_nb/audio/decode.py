"""Decode any encoded clip to 16-bit mono PCM with PyAV (FFmpeg), as a stream in constant memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import AudioError
from .id3 import ID3_HEADER_SIZE, id3_size
from .resample import Resampler

if TYPE_CHECKING:
    from av.container import InputContainer

logger = logging.getLogger("paraformer_nb")

# FFmpeg also reads playlists and descriptions of network streams: a clip must never make it open a socket.
_CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,tta,w64,wav,wv"
)
# Containers whose index is exact to the sample. In others a seek is approximate, so we decode from the beginning.
_INDEXED = {"mov", "matroska", "flac", "wav"}
_STAMPED = {"mov", "matroska"}  # containers that keep a recorder's timestamps, with its holes
_PREROLL = 1.0  # seconds decoded and dropped before the wanted position: codecs need a moment after a seek
_MAX_HOLE = 60.0  # seconds; longer ones are not believed where the clip's length is not known
_MIN_HOLE = 0.1  # seconds; a smaller jump of timestamps is jitter


class Decoder:
    """An opened clip that FFmpeg can decode. It is read once.

    Attributes:
        duration: the clip's length in seconds, or None where FFmpeg can only guess it.

    Raises AudioError if the clip is damaged or has no sound.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        import av

        self._name = name
        self._can_seek = file.seekable()
        has_length = self._can_seek and _has_length(file)  # a pipe's is of no use, and may be wrong
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
        self._formats = set(self._container.format.name.split(","))
        self._origin = float((self._stream.start_time or 0) * (self._stream.time_base or 0))
        frames = self._decode()
        first = next(frames, None)
        if first is None:
            self.close()
            raise AudioError(
                f"{name!r} is not audio that FFmpeg can read, or it is empty, cut off or damaged: nothing was decoded. "
                "Try playing it; if it plays, convert it to WAV or FLAC."
            )
        self._frames = chain([first], frames)
        self.duration = self._stored_duration() if has_length else None

    @property
    def sample_rate(self) -> int:
        """The clip's own sample rate, in Hz."""
        return int(self._stream.rate)

    @property
    def has_index(self) -> bool:
        """Whether a seek is exact to the sample."""
        return self._can_seek and bool(_INDEXED & self._formats)

    def _stored_duration(self) -> float | None:
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        return None if self._container.duration is None else self._container.duration / 1_000_000

    def close(self) -> None:
        """Close the container. The file object stays open."""
        self._container.close()

    def read(self, sample_rate: int, start: float, end: float | None) -> Iterator[bytes]:
        """Yield PCM from `start` to `end` seconds at `sample_rate`, in chunks as the decoder returns them."""
        position, frames = self._seek(start)
        skip = 2 * round((start - position) * sample_rate)
        left = None if end is None else 2 * round((end - start) * sample_rate)
        for pcm in self._convert(frames, position, sample_rate):
            chunk = pcm[skip:] if skip > 0 else pcm
            skip = max(0, skip - len(pcm))
            if left is not None:
                chunk = chunk[:left]
                left -= len(chunk)
            if chunk:
                yield chunk
            if left == 0:
                return

    def _seek(self, start: float) -> tuple[float, Iterator[Any]]:
        """The position where decoding begins, at or before `start`, and the frames from there."""
        if start > 2 * _PREROLL and self.has_index:
            self._container.seek(int((self._origin + start - _PREROLL) * 1_000_000), backward=True)
            frames = self._decode()
            first = next(frames, None)
            if first is not None and first.time is not None and first.time - self._origin <= start:
                return first.time - self._origin, chain([first], frames)
            raise AudioError(f"{self._name!r} has nothing at {start:g} s: it is cut off or damaged before that.")
        return 0.0, self._frames

    def _decode(self) -> Iterator[Any]:
        """Yield decoded frames. A damaged packet is skipped, as players do; a damaged container ends the clip."""
        import av

        decode = _packet_decoder(self._stream)
        try:
            for packet in self._container.demux(self._stream):
                try:
                    yield from decode(packet)
                except (av.error.InvalidDataError, av.error.EOFError) as error:
                    logger.warning("%s: a damaged packet was skipped (%s)", self._name, error)
        except av.error.FFmpegError as error:
            logger.warning("%s: the clip ends early, because it is damaged (%s)", self._name, error)

    def _convert(self, frames: Iterator[Any], position: float, sample_rate: int) -> Iterator[bytes]:
        """Convert frames to PCM. Where a recorder's timestamps jump ahead, silence fills the hole."""
        resampler = None
        frame_format = None
        samples = round(position * sample_rate)
        for frame in frames:
            hole = self._hole_before(frame, samples / sample_rate)
            if resampler is None or hole or frame_format != _format(frame):  # files joined end to end may differ in it
                tail = resampler.flush() if resampler else b""
                silence = max(0, round(hole * sample_rate) - len(tail) // 2)
                samples += len(tail) // 2 + silence
                yield tail
                yield from _silence(silence)
                resampler = Resampler(sample_rate)
                frame_format = _format(frame)
            pcm = resampler.frame(frame)
            samples += len(pcm) // 2
            yield pcm
        yield resampler.flush() if resampler else b""

    def _hole_before(self, frame: Any, position: float) -> float:
        """Seconds that are missing between `position` and this frame, 0 if none are."""
        if frame.time is None or not _STAMPED & self._formats:
            return 0.0
        time = float(frame.time - self._origin)
        hole = time - position
        # A timestamp beyond the clip's end is wrong.
        is_plausible = hole < _MAX_HOLE if self.duration is None else time < self.duration + _MIN_HOLE
        return hole if hole > _MIN_HOLE and is_plausible else 0.0


class EncodedReader:
    """A `Reader` of an encoded file: a new `Decoder` for each reading but the first.

    Attributes:
        duration: the clip's length in seconds, as given or as the decoder reports it; or None.
    """

    def __init__(self, file: BinaryIO, name: str, sample_rate: int, *, duration: float | None = None) -> None:
        self._file = file
        self._name = name
        self._sample_rate = sample_rate
        self._decoder = Decoder(file, name)
        self._is_unread = True
        self.duration = self._decoder.duration if duration is None else duration

    def read(self, start: float, end: float | None, _size: int) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds. Raises AudioError if the file can no longer be decoded."""
        if not self._is_unread:
            self._decoder.close()
            self._file.seek(0)
            self._decoder = Decoder(self._file, self._name)
        self._is_unread = False
        return self._decoder.read(self._sample_rate, start, end)

    def close(self) -> None:
        """Close the decoder. The file object stays open."""
        self._decoder.close()


def _packet_decoder(stream: Any) -> Callable[[Any], Iterable[Any]]:
    """The function that decodes a packet of this stream to frames.

    FFmpeg's own decoder of narrow-band AMR fails at the pauses that telephones leave out, so another one is used.
    """
    import av

    if stream.codec_context.name != "amrnb":
        return lambda packet: packet.decode()
    context: Any = av.CodecContext.create("libopencore_amrnb", "r")
    return lambda packet: context.decode(packet) if packet.size else ()


def _format(frame: Any) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _silence(samples: int) -> Iterator[bytes]:
    """Zeros, in chunks, so that a long hole needs no memory."""
    for at in range(0, samples, 16_000):
        yield bytes(2 * min(16_000, samples - at))


def _lenient_tags() -> dict[str, Any]:
    """Options that ignore tags in another encoding than UTF-8, which are common. PyAV 19 does so by default."""
    import av

    return {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "ignore"}


def _has_length(file: BinaryIO) -> bool:
    """Whether the file contains its length. MP3 and raw AAC without a header that counts their frames do not, nor does
    AMR: FFmpeg guesses then, with large errors."""
    file.seek(0)
    head = file.read(ID3_HEADER_SIZE)
    if head.startswith(b"#!AMR"):
        file.seek(0)
        return False
    if tag := id3_size(head):
        file.seek(tag)
        head = b""
    first = head + file.read(2048)
    file.seek(0)
    is_raw = len(first) > 1 and first[0] == 0xFF and first[1] & 0xE0 == 0xE0
    return not is_raw or any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))
