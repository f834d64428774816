"""Decode any encoded clip to 16-bit mono PCM with PyAV (FFmpeg), as a stream in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

from .channels import ChosenChannel, check_exists
from .clock import MAX_HOLE, Clock, Hole
from .frames import decode_frames
from .lengths import sure_length
from .mix import CANCELLED, mixed_unnamed, uncancelled
from .notices import Notices
from .part import cut_pcm
from .resample import Resampler
from .tracks import open_track

# Containers whose index is exact to the sample. In others a seek is approximate, so we decode from the beginning.
_INDEXED = {"mov", "matroska", "flac", "wav"}
# Containers without time stamps, and without holes.
_UNSTAMPED = {
    "aac",
    "ac3",
    "aiff",
    "amr",
    "amrnb",
    "amrwb",
    "ape",
    "au",
    "caf",
    "dsf",
    "eac3",
    "mp3",
    "tta",
    "w64",
    "wav",
}
_PREROLL = 1.0  # seconds decoded and dropped before the wanted position: codecs need a moment after a seek


class Decoder:
    """An opened clip that FFmpeg can decode. It is read once.

    Its clock is FFmpeg's: position 0 is where the first of all tracks begins, picture included. Where nothing was
    recorded there is silence.

    Attributes:
        duration: the sound's length in seconds, or None where the file does not say it for sure.
        hole: where `read` stopped because nothing was recorded for long; None after any other end.

    Raises AudioError if the clip is damaged or has no sound.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        *,
        notices: Notices | None = None,
        is_seekable: bool = True,
        channel: int | None = None,
    ) -> None:
        """`is_seekable`: False decodes from the beginning always, as for a file that cannot seek. `channel`: the one to
        read; None: all of them, mixed."""
        self._file = file
        self._name = name
        self._notices = Notices() if notices is None else notices
        self._is_seekable = is_seekable and file.seekable()
        self._chosen = None if channel is None else ChosenChannel(channel, self._notices)
        self.hole: Hole | None = None
        self._open()

    def _open(self) -> None:
        self._track = open_track(self._file, self._name)
        if self._track.notice:
            self._notices.add(self._track.notice)
        container, stream = self._track.container, self._track.stream
        begin = container.start_time
        origin = float((stream.start_time or 0) * (stream.time_base or 0)) if begin is None else begin / 1_000_000
        length = None
        if self._file.seekable():
            position = self._file.tell()
            length = sure_length(container, stream, self._file, origin)
            self._file.seek(position)  # FFmpeg reads on from there
        self.duration = length if length is not None and length > 0 else None
        has_stamps = not _UNSTAMPED & self._formats
        self._clock = Clock(origin, self.duration, self._name, has_stamps=has_stamps)

    @property
    def _formats(self) -> set[str]:
        return set(self._track.container.format.name.split(","))

    @property
    def sample_rate(self) -> int:
        """The clip's own sample rate, in Hz."""
        return int(self._track.stream.rate)

    @property
    def channels(self) -> int:
        """How many channels the clip has at its beginning."""
        return int(self._track.stream.codec_context.layout.nb_channels)

    @property
    def has_index(self) -> bool:
        """Whether a seek is exact to the sample."""
        is_compressed_wav = "wav" in self._formats and not self._track.stream.codec_context.name.startswith("pcm_")
        return self._is_seekable and bool(_INDEXED & self._formats) and not is_compressed_wav

    @property
    def is_damaged(self) -> bool:
        """Whether time stamps were found to contradict each other, so that seeks would lead elsewhere."""
        return self._clock.is_damaged

    def close(self) -> None:
        """Close the container. The file object stays open."""
        self._track.container.close()

    def read(self, sample_rate: int, start: float, end: float | None, *, max_hole: float = MAX_HOLE) -> Iterator[bytes]:
        """Yield PCM from `start` to `end` seconds at `sample_rate`, in chunks as the decoder returns them.

        Stops before a hole of more than `max_hole` seconds, and sets `hole`.
        """
        position, frames = self._seek(start)
        self._clock.begin(start)
        self.hole = None
        skip = 2 * round((start - position) * sample_rate)
        size = None if end is None else 2 * round((end - start) * sample_rate)
        yield from cut_pcm(self._convert(frames, position, sample_rate, max(start, 0.0), max_hole), skip, size)

    def _seek(self, start: float) -> tuple[float, Iterator[Any]]:
        """The position where decoding begins, at or before `start`, and the frames from there."""
        if start <= 2 * _PREROLL or not self.has_index:
            return 0.0, self._track.frames
        found = self._seek_container(start - _PREROLL)
        first = next(found, None)
        position = None if first is None else self._clock.position(first)
        if position is not None and position <= start:
            return position, chain([first], found)
        self.close()  # the index leads elsewhere, or nothing was recorded there
        self._open()
        return 0.0, self._track.frames

    def _seek_container(self, time: float) -> Iterator[Any]:
        import av

        container, stream = self._track.container, self._track.stream
        try:
            container.seek(self._clock.stamp(time), backward=True)
        except av.error.FFmpegError:
            return iter(())
        return decode_frames(container, stream, self._name)

    def _convert(
        self, frames: Iterator[Any], position: float, sample_rate: int, start: float, max_hole: float
    ) -> Iterator[bytes]:
        """Convert frames to PCM, from `position` on, where the first is expected. Silence fills the holes."""
        resampler = None
        form = None
        samples = round(position * sample_rate)  # returned so far
        for frame in frames:
            jump = self._clock.correction(frame, position)
            if resampler is None or jump or form != _form(frame):  # files joined end to end may differ in it
                tail = resampler.flush() if resampler else b""
                samples += len(tail) // 2
                yield tail
                hole = Hole(max(position, start), position + jump)
                if hole.end - hole.start > max_hole:
                    self.hole = hole
                    return
                position += jump
                missing = round(position * sample_rate) - samples
                yield from _silence(missing)
                cut = 2 * max(0, -missing)  # bytes of what comes next that overlap
                samples = round(position * sample_rate)
                resampler = Resampler(sample_rate)
                form = _form(frame)
            position += frame.samples / frame.sample_rate
            pcm = resampler.frame(self._mixable(frame))
            overlap = pcm[:cut]
            cut -= len(overlap)
            samples += (len(pcm) - len(overlap)) // 2
            yield pcm[len(overlap) :]
        if self._chosen is not None:
            self._chosen.end()
        yield resampler.flush() if resampler else b""

    def _mixable(self, frame: Any) -> Any:
        """The frame; one of its channels alone where one was chosen, or where they would cancel each other out."""
        if self._chosen is not None:
            return self._chosen.frame(frame)
        alone = uncancelled(frame)
        if alone is None:
            return mixed_unnamed(frame)
        self._notices.add(CANCELLED)
        return mixed_unnamed(alone)


class EncodedReader:
    """A `Reader` of an encoded file: a new `Decoder` for each reading but the first.

    Attributes:
        duration: the sound's length in seconds, as given or as the decoder reports it; or None.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        sample_rate: int,
        notices: Notices,
        *,
        duration: float | None = None,
        channel: int | None = None,
    ) -> None:
        self._file = file
        self._name = name
        self._sample_rate = sample_rate
        self._notices = notices
        self._channel = channel
        self._decoder = Decoder(file, name, notices=notices, channel=channel)
        check_exists(channel, self._decoder.channels, name)
        self._is_unread = True
        self._is_seekable = True
        self.duration = self._decoder.duration if duration is None else duration

    @property
    def hole(self) -> Hole | None:
        """Where the last reading stopped because nothing was recorded for long."""
        return self._decoder.hole

    def read(self, start: float, end: float | None, _size: int) -> Iterator[bytes]:
        """PCM from `start` to `end` seconds. Raises AudioError if the file can no longer be decoded."""
        if not self._is_unread:
            self._decoder.close()
            self._is_seekable = self._is_seekable and not self._decoder.is_damaged
            self._decoder = Decoder(
                self._file,
                self._name,
                notices=self._notices,
                is_seekable=self._is_seekable,
                channel=self._channel,
            )
        self._is_unread = False
        return self._decoder.read(self._sample_rate, start, end)

    def close(self) -> None:
        """Close the decoder. The file object stays open."""
        self._decoder.close()


def _form(frame: Any) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _silence(samples: int) -> Iterator[bytes]:
    """Zeros, in chunks, so that a long hole needs no memory; none for a number below 1."""
    for at in range(0, samples, 16_000):
        yield bytes(2 * min(16_000, samples - at))
