"""Open a container with FFmpeg, and choose among its sound tracks the one to read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from ..errors import AudioError
from ..text import sanitise
from .frames import decode_frames

if TYPE_CHECKING:
    from av.container import InputContainer

# FFmpeg also reads playlists and descriptions of network streams: a clip must never make it open a socket.
_CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,tta,w64,wav,wv"
)
_DEFAULT = 1  # FFmpeg's dispositions, https://ffmpeg.org/doxygen/trunk/group__lavf__decoding.html
_SPECIAL = 8 | 128 | 256 | 512  # comments, for the hearing or the visually impaired, without voices
_SCANNED = 1 << 20  # bytes at both ends of a file that are searched for the name of a codec
_CODEC_NAME = re.compile(  # MP4: in the description of a sound track; Matroska: behind its length
    rb"soun.*?stsd.{12}(?P<mp4>[\w .-]{4})|\x86(?P<size>[\x80-\xff])(?P<matroska>A_[A-Z0-9_/.]+)", re.DOTALL
)


class Track(NamedTuple):
    """A sound track that decodes, and its frames from the beginning.

    `notice` says which track it is, where there are several.
    """

    container: InputContainer
    stream: Any
    frames: Iterator[Any]
    notice: str = ""


def open_track(file: BinaryIO, name: str) -> Track:
    """Open the best sound track that decodes: the default one, and one made for everyone, before others.

    Raises AudioError if FFmpeg cannot read the file or no track decodes; it names a codec that FFmpeg does not know.
    """
    container = _open_container(file, name)
    order = [stream.index for stream in sorted(container.streams.audio, key=_rank)]
    failed: dict[int, str] = {}  # why, by the number of the track
    for index in order:
        stream: Any = container.streams[index]
        number = sorted(order).index(index) + 1
        if stream.codec_context is None:
            failed[number] = f"{_codec_name(file, number)!r}, a codec that FFmpeg does not know"
            continue
        frames = decode_frames(container, stream, name)
        first = next(frames, None)
        if first is not None:
            return Track(container, stream, chain([first], frames), _notice(stream, number, len(order), failed))
        failed[number] = "nothing was decoded"
        if not file.seekable():
            break  # what was read of a pipe is gone
        container.close()
        container = _open_container(file, name)
    container.close()
    raise _undecodable(name, failed)


def _open_container(file: BinaryIO, name: str) -> InputContainer:
    import av

    if file.seekable():
        file.seek(0)
    options = {"format_whitelist": _CONTAINERS}
    try:
        container: InputContainer = av.open(_FailingOnce(file), mode="r", options=options, **_lenient_tags())
    except AudioError:  # the file object's own
        raise
    except (av.error.FFmpegError, EOFError, ValueError, MemoryError) as error:  # numbers that no header should have
        reason = getattr(error, "strerror", None) or error  # FFmpeg's text ends in its number and the path
        raise AudioError(
            f"{name!r} is not audio that FFmpeg can read, or it is cut off or damaged ({reason}). "
            "Try playing it; if it plays, convert it to WAV or FLAC."
        ) from error
    if not container.streams.audio:
        kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        container.close()
        raise AudioError(f"{name!r} has no sound in it, only {kinds}. Choose another clip.")
    return container


class _FailingOnce:
    """A file that is at its end once reading it has failed: PyAV raises the first error, and prints any further one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._has_failed = False
        self.name = getattr(file, "name", "<none>")  # its ending is a hint for FFmpeg
        self.tell = getattr(file, "tell", None)
        self.seekable = file.seekable

    def read(self, size: int) -> bytes:
        return b"" if self._has_failed else self._call(self._file.read, size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return -1 if self._has_failed else self._call(self._file.seek, offset, whence)

    def _call(self, function: Callable[..., Any], *arguments: int) -> Any:
        try:
            return function(*arguments)
        except BaseException:
            self._has_failed = True
            raise


def _rank(stream: Any) -> tuple[bool, bool, int]:
    """The sort key of a track: the first is the best."""
    flags = int(stream.disposition)
    return not flags & _DEFAULT, bool(flags & _SPECIAL), stream.index


def _notice(stream: Any, number: int, count: int, failed: dict[int, str]) -> str:
    if count == 1:
        return ""
    language = sanitise(stream.metadata.get("language", ""))[:20]
    detail = f" ({language})" if language not in ("", "und") else ""
    skipped = "".join(f" Track {each} cannot be read: {why}." for each, why in sorted(failed.items()))
    return f"The clip has {count} sound tracks; track {number}{detail} is recognised.{skipped}"


def _undecodable(name: str, failed: dict[int, str]) -> AudioError:
    if all(why == "nothing was decoded" for why in failed.values()):
        return AudioError(
            f"{name!r} is not audio that FFmpeg can read, or it is empty, cut off or damaged: nothing was decoded. "
            "Try playing it; if it plays, convert it to WAV or FLAC."
        )
    reasons = "; ".join(f"track {number} is {why}" for number, why in sorted(failed.items()))
    return AudioError(
        f"{name!r} has sound that cannot be decoded: {reasons}. Convert it to WAV or FLAC with the program or on the "
        "device that made it."
    )


def _codec_name(file: BinaryIO, number: int) -> str:
    """The codec's name in the file, of the sound track with this number, where it can be found."""
    if not file.seekable():
        return "unknown"
    position = file.tell()  # of the container that is being read
    end = file.seek(0, 2)
    parts = []
    for at in sorted({0, max(0, end - _SCANNED)}):
        file.seek(at)
        parts.append(file.read(_SCANNED))
    file.seek(position)
    matches = [match for part in parts for match in _CODEC_NAME.finditer(part)]
    names = [match["mp4"] or match["matroska"][: match["size"][0] & 127] for match in matches]
    found = names[min(number, len(names)) - 1].decode("ascii", "replace") if names else "unnamed"
    return sanitise(found).strip()


def _lenient_tags() -> dict[str, Any]:
    """Options that ignore tags in another encoding than UTF-8, which are common. PyAV 19 does so by default."""
    import av

    return {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "ignore"}
