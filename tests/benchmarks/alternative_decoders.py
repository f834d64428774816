"""Two alternatives to the demuxers in `server/demuxers`, made of FFmpeg's own parts, with `TaskDecoder`'s interface.

`PipeDecoder` uses FFmpeg's demuxers. These ask for bytes and block until they have them, hence a thread per task.
`ParserDecoder` uses FFmpeg's parsers, which are given bytes and return packets; MP3, ADTS and AMR have one.
`demuxers.py` measures both.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Queue, SimpleQueue
from typing import Any

import av

from paraformer_nb.audio.resample import Resampler
from paraformer_nb.errors import AudioError

_BLOCK = 0.25  # seconds; the longest block of PCM
_QUEUED = 4  # blocks of PCM by which the thread may be ahead
_LIMIT = 0x10000  # bytes without a packet before the parser is replaced, and without sound before the task fails
_WANTS_BYTES = object()
_END = object()
_DEMUXERS = {"wav": "wav", "mp3": "mp3", "opus": "ogg", "speex": "ogg", "aac": "aac", "amr": "amr"}
_DECODERS = {  # FFmpeg's own decoder of AMR drops the pauses of discontinuous transmission
    "mp3": "mp3float",
    "aac": "aac",
    "amr": "libopencore_amrnb",
    "amrnb": "libopencore_amrnb",
}
# The least that FFmpeg accepts, so that it does not collect seconds of audio first. Without `nobuffer`, which discards
# the packets that it has looked at.
_OPTIONS = {"probesize": "32", "analyzeduration": "0", "formatprobesize": "0", "max_probe_packets": "1"}
_PACKET = {"wav": {"max_size": "1024"}}  # bytes


class _Pcm:
    """Decodes packets of any codec to blocks of mono PCM."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resampler = Resampler(rate)
        self._form: tuple[str, str, int] | None = None
        self.skipped = 0

    def decode(self, context: Any, packet: Any) -> Iterator[bytes]:
        """The blocks of a packet; None in place of one is the end."""
        try:
            frames = context.decode(packet)
        except av.error.FFmpegError:
            self.skipped += packet.size if packet else 0
            return
        for frame in frames:
            form = (frame.format.name, frame.layout.name, frame.sample_rate)
            if self._form not in (None, form):
                yield from self._blocks(self._resampler.flush())
                self._resampler = Resampler(self._rate)
            self._form = form
            yield from self._blocks(self._resampler.frame(frame))
        if packet is None:
            yield from self._blocks(self._resampler.flush())

    def _blocks(self, pcm: bytes) -> Iterator[bytes]:
        size = 2 * round(_BLOCK * self._rate)
        return (pcm[at : at + size] for at in range(0, len(pcm), size))


class PipeDecoder:
    """The audio of one task by FFmpeg's demuxers. `close` ends the thread, whatever it is doing."""

    def __init__(self, audio_format: str, sample_rate: int, target_rate: int = 16_000) -> None:
        self._format = audio_format
        self._rate = target_rate
        self._pcm = _Pcm(target_rate)
        self._samples = 0
        self._bytes = 0
        self._head: bytes | None = b""
        self._rest = b""
        self._is_closed = False
        self._is_at_end = False
        self._is_over = False
        self._incoming: SimpleQueue[bytes] = SimpleQueue()
        self._outgoing: Queue[Any] = Queue(_QUEUED)
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def seconds(self) -> float:
        """Decoded so far."""
        return self._samples / self._rate

    @property
    def skipped(self) -> int:
        """Bytes of packets that cannot be decoded; FFmpeg does not report bytes that its demuxers skip."""
        return self._pcm.skipped

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the PCM that these bytes complete, in blocks of up to 0.25 s. Raises AudioError."""
        self._bytes += len(data)
        if self._head is not None:
            self._head = data = self._head + data
            if len(data) < 12:
                return
            self._begin(data)
            self._head = None
        self._incoming.put(data)
        yield from self._received()

    def finish(self) -> Iterator[bytes]:
        """Yield the rest from demuxer, decoder and resampler. Raises AudioError if nothing was decoded."""
        if self._head:
            self._begin(self._head)
            self._incoming.put(self._head)
            yield from self._received()
        if self._thread.ident:
            self._incoming.put(b"")
            yield from self._received()
            self._thread.join()
        if self._bytes and not self._samples:
            raise AudioError(f"Failed to decode audio as {self._format}: no sound in {self._bytes} bytes.")

    def close(self) -> None:
        """End the thread and wait for it."""
        self._is_closed = True
        self._incoming.put(b"")
        while self._thread.is_alive():
            while not self._outgoing.empty():
                self._outgoing.get()
            self._thread.join(0.001)

    def read(self, size: int) -> bytes:
        """Called by FFmpeg on the thread: some bytes, or none at the end."""
        if not self._rest and not self._is_at_end:
            self._outgoing.put(_WANTS_BYTES)
            self._rest = self._incoming.get()
            self._is_at_end = not self._rest  # FFmpeg may ask again
        data, self._rest = self._rest[:size], self._rest[size:]
        return b"" if self._is_closed else data

    def _begin(self, head: bytes) -> None:
        is_wav = head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE"
        self._demuxer = "wav" if is_wav else _DEMUXERS[self._format]
        self._thread.start()
        assert self._outgoing.get() is _WANTS_BYTES

    def _received(self) -> Iterator[bytes]:
        while not self._is_over and (item := self._outgoing.get()) is not _WANTS_BYTES:
            if isinstance(item, bytes):
                self._samples += len(item) // 2
                yield item
                continue
            self._is_over = True
            if isinstance(item, Exception):
                raise AudioError(f"Failed to decode audio as {self._format}: {item}.") from item

    def _run(self) -> None:
        try:
            for block in self._demuxed():
                self._outgoing.put(block)
                if self._is_closed:
                    return
            self._outgoing.put(_END)
        except (av.error.FFmpegError, IndexError) as error:
            self._outgoing.put(error)

    def _demuxed(self) -> Iterator[bytes]:
        options = _OPTIONS | _PACKET.get(self._demuxer, {})
        with av.open(self, format=self._demuxer, options=options, metadata_errors="ignore") as container:
            stream: Any = container.streams.audio[0]
            context = stream.codec_context
            if context.name == "amrnb":
                context = av.CodecContext.create(_DECODERS["amr"], "r")
            for packet in container.demux(stream):
                yield from self._pcm.decode(context, packet if packet.size else None)


class ParserDecoder:
    """The audio of one task by FFmpeg's parsers: MP3, ADTS or AMR."""

    def __init__(self, audio_format: str, sample_rate: int, target_rate: int = 16_000) -> None:
        self._format = audio_format
        self._rate = target_rate
        self._pcm = _Pcm(target_rate)
        self._decoder: Any = av.CodecContext.create(_DECODERS[audio_format], "r")
        self._parser: Any = av.CodecContext.create(_DECODERS[audio_format], "r")
        self._unparsed = 0
        self._lost = 0
        self._samples = 0

    @property
    def seconds(self) -> float:
        """Decoded so far."""
        return self._samples / self._rate

    @property
    def skipped(self) -> int:
        """Bytes in no packet, or in packets that cannot be decoded."""
        return self._lost + self._pcm.skipped

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the PCM that these bytes complete, in blocks of up to 0.25 s. Raises AudioError."""
        for at in range(0, len(data), 4096):
            part = data[at : at + 4096]
            self._unparsed += len(part)
            yield from self._decoded(self._parser.parse(part))
            if self._unparsed > _LIMIT:  # the parser keeps them all
                self._parser = av.CodecContext.create(_DECODERS[self._format], "r")
                self._lost += self._unparsed
                self._unparsed = 0
            if not self._samples and self.skipped > _LIMIT:
                raise AudioError(f"Failed to decode audio as {self._format}: no sound.")

    def finish(self) -> Iterator[bytes]:
        """Yield the rest from parser, decoder and resampler. Raises AudioError if nothing was decoded."""
        yield from self._decoded([*self._parser.parse(None), None])
        if not self._samples:
            raise AudioError(f"Failed to decode audio as {self._format}: no sound.")

    def close(self) -> None:
        """Nothing: it has no thread."""

    def _decoded(self, packets: Iterable[Any]) -> Iterator[bytes]:
        for packet in packets:
            self._unparsed -= packet.size if packet else 0
            for block in self._pcm.decode(self._decoder, packet):
                self._samples += len(block) // 2
                yield block
