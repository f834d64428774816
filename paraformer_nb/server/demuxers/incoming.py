"""A task's audio as it comes, in any of the service's formats, to 16-bit mono PCM while it comes, by PyAV.

Bytes go through three hands: a source finds the packets in them (`framed`, `ogg`, `riff`), a decoder makes frames of
these, and a resampler makes of those what an engine hears.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...audio.resample import Resampler
from ...dashscope.messages import AUDIO_FORMATS
from ...errors import AudioError, ParameterError
from .framed import ADTS, AMR, MP3, Framed
from .ogg import Ogg
from .packets import Codec, Source
from .riff import Riff, is_riff

_SLICE = 4096  # bytes looked at in one go
_PIECE = 0.25  # seconds; decoding them takes a few milliseconds, after which a caller's other work can go on
_PATIENCE = 0x10000  # bytes that are left out before it is clear that no sound will come
_CODED: dict[str, tuple[str, Callable[[], Source]]] = {
    "mp3": ("MP3", lambda: Framed(MP3)),
    "opus": ("Opus in Ogg", Ogg),
    "speex": ("Speex in Ogg", Ogg),
    "aac": ("AAC in ADTS frames", lambda: Framed(ADTS)),
    "amr": ("narrow-band AMR", lambda: Framed(AMR)),
}


class TaskDecoder:
    """The audio of one task, from its bytes in pieces cut anywhere to PCM.

    `audio_format` is one of `AUDIO_FORMATS`. `sample_rate` (Hz) is that of plain PCM,
    int16, mono; all others carry their own.
    A WAV file is known as such whatever the format was said to be. Sound of several channels is mixed down. Memory is
    bounded, whatever comes. No other error than AudioError comes of any bytes, and nothing can be fed after it.

    Raises ParameterError for another format.
    """

    def __init__(self, audio_format: str, sample_rate: int, target_rate: int = 16_000) -> None:
        if audio_format not in AUDIO_FORMATS:
            raise ParameterError(
                f"there is no audio format {audio_format!r}: choose one of {', '.join(AUDIO_FORMATS)}."
            )
        self._format = audio_format
        self._told_rate = sample_rate
        self._rate = target_rate
        self._taken = 0  # bytes
        self._bytes = 0  # of PCM
        self._head = b""  # what is too short to tell whether it is a WAV file
        self._source: Source | None = None
        self._decoder: _Decoder | None = None
        self._damaged = 0  # bytes of packets
        self._slips: list[str] = []

    @property
    def seconds(self) -> float:
        """Of sound decoded so far."""
        return self._bytes / 2 / self._rate

    @property
    def skipped(self) -> int:
        """Bytes left out so far, because they are damaged or nothing that belongs to the format."""
        return self._damaged + (self._source.skipped if self._source else 0)

    @property
    def note(self) -> str | None:
        """What was wrong with the audio and was forgiven, for a log; None where nothing was."""
        slips = [*self._slips, *([self._source.note] if self._source and self._source.note else [])]
        return "; ".join(slips) or None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """PCM, int16 mono at the target rate, of what these bytes make complete, in pieces of up to 0.25 s.

        Decodes as it is iterated, little by little, and to be iterated to its end before the next call. A piece is
        empty where some bytes hold no sound, so that it is never long between two.
        Raises AudioError once it is clear that this is not the format, or none that can be decoded.
        """
        for at in range(0, len(data), _SLICE):
            piece = data[at : at + _SLICE]
            self._taken += len(piece)
            if self._source is None:
                piece = self._head = self._head + piece
                if is_riff(piece) is None:
                    continue
                self._source = self._begun()
            yield from self._heard(self._source.feed(piece))
            if not self._bytes and self.skipped > _PATIENCE:
                raise self._undecodable()

    def finish(self) -> Iterator[bytes]:
        """What decoder and resampler hold back. Raises AudioError where bytes came and none was of the format."""
        if self._source is None and self._head:
            self._source = self._begun()
            yield from self._heard(self._source.feed(self._head))
        if self._source is not None:
            yield from self._heard(self._source.finish())
        if self._decoder is not None:
            yield from self._heard([None])
        if self._taken and not self._bytes and (self.skipped or self._decoder is None):
            raise self._undecodable()

    def _begun(self) -> Source:
        """What finds the packets, as the first bytes tell it."""
        if is_riff(self._head):
            if self._format != "wav":
                self._slips.append(f"a RIFF header under format {self._format}")
            return Riff()
        if self._format == "wav":
            raise self._undecodable()
        if self._format == "pcm":
            return Riff(Codec(("pcm_s16le",), sample_rate=self._told_rate, channels=1))
        return _CODED[self._format][1]()

    def _heard(self, items: Iterable[Codec | bytes | None]) -> Iterator[bytes]:
        """The PCM of packets, None for the end; the last piece may be empty."""
        most = 2 * round(_PIECE * self._rate)
        ready = bytearray()
        for item in items:
            ready += self._opened(item) if isinstance(item, Codec) else self._decoded(item)
            while len(ready) >= most:
                yield bytes(ready[:most])
                del ready[:most]
        yield bytes(ready)

    def _opened(self, codec: Codec) -> bytes:
        """Another decoder; what the one before it held back."""
        rest, is_first = self._decoded(None), self._decoder is None
        name, rate = codec.names[0], codec.sample_rate
        if is_first and name in _CODED and name != self._format:
            self._slips.append(f"{name} under format {self._format}")
        if is_first and rate not in (0, self._told_rate):
            self._slips.append(f"{rate} Hz by the WAV header where {self._told_rate} Hz were told")
        self._decoder = _Decoder(codec, self._rate)
        return rest

    def _decoded(self, packet: bytes | None) -> bytes:
        """A packet's PCM; one that is damaged is left out, as players do."""
        pcm = self._decoder.decode(packet) if self._decoder else b""
        if pcm is None:
            self._damaged += len(packet or b"")
            return b""
        self._bytes += len(pcm)
        return pcm

    def _undecodable(self) -> AudioError:
        kind = _CODED[self._format][0] if self._format in _CODED else "WAV"
        return AudioError(
            f"Failed to decode audio: the format was said to be {self._format}, but no {kind} that can be decoded was "
            f"found in {self._taken} bytes. Nothing was heard. Say which format is sent, or send {kind}."
        )


class _Decoder:
    """Packets of one codec to mono PCM at `rate`."""

    def __init__(self, codec: Codec, rate: int) -> None:
        is_plain = codec == Codec(("pcm_s16le",), sample_rate=rate, channels=1)
        self._context = None if is_plain else _context(codec)
        self._rate = rate
        self._resampler: Resampler | None = None
        self._form: tuple[str, str, int] | None = None
        self._early = 2 * round(codec.delay * rate)  # bytes that come before there is sound

    def decode(self, packet: bytes | None) -> bytes | None:
        """What a packet completes, None for a damaged one. None in place of a packet is the end: it gives the rest."""
        if self._context is None:
            return packet or b""
        import av

        try:
            frames = self._context.decode(None if packet is None else av.Packet(packet))
            pcm = b"".join(self._resampled(frame) for frame in frames)
            if packet is None and self._resampler:
                pcm += self._resampler.flush()
        except av.error.FFmpegError:
            return None
        early = min(self._early, len(pcm))
        self._early -= early
        return pcm[early:]

    def _resampled(self, frame: Any) -> bytes:
        """A stream may change its form on the way, HE-AAC does after its first frame."""
        form, tail = (frame.format.name, frame.layout.name, frame.sample_rate), b""
        if self._resampler is None or form != self._form:
            tail = self._resampler.flush() if self._resampler else b""
            self._resampler, self._form = Resampler(self._rate), form
        return tail + self._resampler.frame(frame)


def _context(codec: Codec) -> Any:
    """FFmpeg's decoder, the first by these names that this build of it has."""
    from av import CodecContext, codecs_available

    context: Any = CodecContext.create(next(name for name in codec.names if name in codecs_available), "r")
    if codec.extradata:
        context.extradata = codec.extradata
    if codec.sample_rate:
        context.sample_rate, context.layout = codec.sample_rate, f"{codec.channels}c"
    return context
