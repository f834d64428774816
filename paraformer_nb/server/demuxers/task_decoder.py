"""Decode a task's audio as it arrives, in any of the service's formats, to 16-bit mono PCM.

A demuxer divides the bytes into packets, PyAV (FFmpeg) decodes these to frames, a resampler converts the frames to PCM.
The demuxers are our own, as FFmpeg's block until they have the bytes they want; each module gives the measured reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ...audio.riff import is_riff
from ...dashscope.messages import AUDIO_FORMATS
from ...errors import AudioError, ParameterError
from .demuxer import Codec, Demuxer
from .framed import FrameDemuxer
from .framings import ADTS, AMR, MP3
from .ogg import OggDemuxer
from .packet_decoder import PacketDecoder
from .riff import RiffDemuxer

_SLICE = 4096  # bytes demuxed at once
_BLOCK = 0.25  # seconds; decoded in a few milliseconds, after which the caller can do other work
_SKIP_LIMIT = 0x10000  # bytes skipped without any sound after which decoding fails
_COMPRESSED: dict[str, tuple[str, Callable[[], Demuxer]]] = {
    "mp3": ("MP3", lambda: FrameDemuxer(MP3)),
    "opus": ("Opus in Ogg", OggDemuxer),
    "speex": ("Speex in Ogg", OggDemuxer),
    "aac": ("AAC in ADTS frames", lambda: FrameDemuxer(ADTS)),
    "amr": ("narrow-band AMR", lambda: FrameDemuxer(AMR)),
}


class TaskDecoder:
    """Decodes the audio of one task, from bytes cut anywhere to PCM.

    `audio_format` is one of `AUDIO_FORMATS`. `sample_rate` (Hz) applies to plain PCM, int16, mono; the other formats
    contain their own. A WAV file is recognised under any declared format. Several channels are mixed down. Memory is
    bounded for any input. Input raises no other error than AudioError, after which nothing may be fed.

    Raises ParameterError for an unknown format.
    """

    def __init__(self, audio_format: str, sample_rate: int, target_rate: int = 16_000) -> None:
        if audio_format not in AUDIO_FORMATS:
            raise ParameterError(f"unknown audio format {audio_format!r}: choose one of {', '.join(AUDIO_FORMATS)}.")
        self._format = audio_format
        self._declared_rate = sample_rate
        self._rate = target_rate
        self._fed_bytes = 0
        self._pcm_bytes = 0
        self._head = b""  # the first bytes, while they are too few to recognise a WAV file
        self._demuxer: Demuxer | None = None
        self._decoder: PacketDecoder | None = None
        self._damaged_bytes = 0  # in packets
        self._warnings: list[str] = []

    @property
    def seconds(self) -> float:
        """Audio decoded so far."""
        return self._pcm_bytes / 2 / self._rate

    @property
    def skipped(self) -> int:
        """Bytes skipped so far, because they are damaged or not part of the format."""
        return self._damaged_bytes + (self._demuxer.skipped if self._demuxer else 0)

    @property
    def note(self) -> str | None:
        """Faults of the audio that were corrected, for a log; None if there were none."""
        warnings = [*self._warnings, *([self._demuxer.note] if self._demuxer and self._demuxer.note else [])]
        return "; ".join(warnings) or None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the PCM that these bytes complete, int16 mono at the target rate, in blocks of up to 0.25 s.

        Decodes while it is iterated; exhaust it before the next call. A block may be empty, so that bytes without
        sound do not keep the caller waiting.
        Raises AudioError once it is clear that the bytes are not of the format or cannot be decoded.
        """
        for start in range(0, len(data), _SLICE):
            part = data[start : start + _SLICE]
            self._fed_bytes += len(part)
            if self._demuxer is None:
                part = self._head = self._head + part
                if is_riff(part) is None:
                    continue
                self._demuxer = self._make_demuxer()
            yield from self._blocks(self._demuxer.feed(part))
            if not self._pcm_bytes and self.skipped > _SKIP_LIMIT:
                raise self._undecodable()

    def finish(self) -> Iterator[bytes]:
        """Yield the rest from demuxer, decoder and resampler. Raises AudioError if no byte was of the format."""
        if self._demuxer is None and self._head:
            self._demuxer = self._make_demuxer()
            yield from self._blocks(self._demuxer.feed(self._head))
        if self._demuxer is not None:
            yield from self._blocks(self._demuxer.finish())
        if self._decoder is not None:
            yield from self._blocks([None])
        if self._fed_bytes and not self._pcm_bytes and (self.skipped or self._decoder is None):
            raise self._undecodable()

    def _make_demuxer(self) -> Demuxer:
        """The demuxer for the first bytes and the declared format."""
        if is_riff(self._head):
            if self._format != "wav":
                self._warnings.append(f"a RIFF header under format {self._format}")
            return RiffDemuxer()
        if self._format == "wav":
            raise self._undecodable()
        if self._format == "pcm":
            return RiffDemuxer(Codec(("pcm_s16le",), sample_rate=self._declared_rate, channels=1))
        return _COMPRESSED[self._format][1]()

    def _blocks(self, items: Iterable[Codec | bytes | None]) -> Iterator[bytes]:
        """Decode packets, None for the end, to blocks, of which the last may be empty."""
        longest = 2 * round(_BLOCK * self._rate)
        pcm = bytearray()
        for item in items:
            pcm += self._open_decoder(item) if isinstance(item, Codec) else self._decode(item)
            while len(pcm) >= longest:
                yield bytes(pcm[:longest])
                del pcm[:longest]
        yield bytes(pcm)

    def _open_decoder(self, codec: Codec) -> bytes:
        """Replace the decoder; return the rest of the previous one."""
        rest = self._decode(None)
        if self._decoder is None:
            self._compare_with_declaration(codec)
        self._decoder = PacketDecoder(codec, self._rate)
        return rest

    def _compare_with_declaration(self, codec: Codec) -> None:
        name = codec.names[0]
        if name in _COMPRESSED and name != self._format:
            self._warnings.append(f"{name} under format {self._format}")
        if codec.sample_rate not in (0, self._declared_rate):
            self._warnings.append(f"{codec.sample_rate} Hz in the WAV header, {self._declared_rate} Hz declared")

    def _decode(self, packet: bytes | None) -> bytes:
        """A packet's PCM; a damaged packet is skipped, as in players."""
        pcm = self._decoder.decode(packet) if self._decoder else b""
        if pcm is None:
            self._damaged_bytes += len(packet or b"")
            return b""
        self._pcm_bytes += len(pcm)
        return pcm

    def _undecodable(self) -> AudioError:
        expected = _COMPRESSED[self._format][0] if self._format in _COMPRESSED else "WAV"
        return AudioError(
            f"Failed to decode audio: the declared format is {self._format}, but no {expected} that can be decoded was "
            f"found in {self._fed_bytes} bytes. Nothing was decoded. Declare the format that is sent, or send "
            f"{expected}."
        )
