"""Demux WAV or plain PCM as it arrives: bytes cut anywhere to whole samples, even if the WAV header's sizes are wrong.

FFmpeg's demuxer on a pipe was measured beside it (tests/benchmarks/demuxers.py): it first holds back 64 KiB (2 s at
16 kHz) to look for S/PDIF in them, and ends at the declared size, so that sound after it is dropped without a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...audio.riff import Kind, RiffParser, WaveFormat, endless
from ...errors import AudioError
from .demuxer import SAMPLE_RATES, Codec, Demuxer

_CODECS = {  # by format tag and bits per sample
    (1, 8): "pcm_u8",
    (1, 16): "pcm_s16le",
    (1, 24): "pcm_s24le",
    (1, 32): "pcm_s32le",
    (3, 32): "pcm_f32le",
    (3, 64): "pcm_f64le",
    (6, 8): "pcm_alaw",
    (7, 8): "pcm_mulaw",
}
_MAX_CHANNELS = 8


class RiffDemuxer(Demuxer):
    """Demuxes a WAV file or, if `plain` is given, PCM of that codec without a header: 16-bit mono.

    A header that was written before the sound often gives its size as 0, as 4 GiB or too small: `audio/riff.py` has the
    rule for what is sound then, which holds for clips as well.
    """

    def __init__(self, plain: Codec | None = None) -> None:
        self._buffer = bytearray()
        self._codec = plain
        self._is_codec_returned = False
        self._parser = RiffParser()
        self._sample_size = 2  # bytes, all channels
        self._ignored_left = 0  # bytes that are not sound
        self._sound_left = endless(2) if plain else 0  # bytes until the next chunk

    def feed(self, data: bytes) -> Iterator[Codec | bytes]:
        """Return the whole samples in these bytes. Raises AudioError if the header is damaged or unsupported."""
        self._buffer += data
        buffer = self._buffer
        while buffer:
            if self._codec is not None and not self._is_codec_returned:
                self._is_codec_returned = True
                yield self._codec
            if self._ignored_left:
                count = min(self._ignored_left, len(buffer))
                self._ignored_left -= count
                del buffer[:count]
            elif self._sound_left:
                whole = min(self._sound_left, len(buffer)) // self._sample_size * self._sample_size
                if not whole:
                    return
                self._sound_left -= whole
                samples = bytes(buffer[:whole])
                del buffer[:whole]
                yield samples
            elif not self._parse_part():
                return

    def finish(self) -> Iterator[Codec | bytes]:
        """Return nothing: only an incomplete sample or header is left."""
        return iter(())

    def _parse_part(self) -> bool:
        """Parse what comes next; False if more bytes are needed."""
        part = self._parser.parse(self._buffer)
        if part is None:
            return False
        if part.kind is Kind.FORMAT:
            self._use_format(WaveFormat.parse(part.body))
        elif part.kind is Kind.SOUND and self._codec is None:
            raise AudioError(
                "Failed to decode audio: its WAV header has no format before the sound. Nothing was decoded. "
                "Send PCM of 16 bits, mono."
            )
        elif part.kind is Kind.MORE_SOUND:
            self.note = "there is more sound than the WAV header declares"
        elif part.kind is Kind.REST:
            self.note = "bytes after the WAV file's last chunk are ignored"
        elif part.kind is Kind.DAMAGED:
            raise AudioError(
                "Failed to decode audio: its WAV header is damaged. Nothing was decoded. Send the file again, or PCM."
            )
        self._ignored_left = part.size
        self._sound_left = self._parser.sound_left
        self._parser.sound_left = 0
        return True

    def _use_format(self, form: WaveFormat) -> None:
        name = _CODECS.get((form.tag, form.bits))
        if name is None or form.sample_rate not in SAMPLE_RATES or not 1 <= form.channels <= _MAX_CHANNELS:
            raise AudioError(
                f"Failed to decode audio: its WAV header declares format {form.tag}, {form.bits} bits, "
                f"{form.sample_rate} Hz, {form.channels} channels, which is not supported. Send PCM of 16 bits, mono."
            )
        codec = Codec((name,), sample_rate=form.sample_rate, channels=form.channels)
        self._is_codec_returned = self._is_codec_returned and codec == self._codec
        self._codec = codec
        self._sample_size = form.sample_size
