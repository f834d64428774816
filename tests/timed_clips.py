"""Clips with sounds at known times, in every container that FFmpeg writes, and FFmpeg's own clock beside ours.

Bursts of a tone lie in silence. `make_clip` writes them with holes (packets that never arrived), late starts (a picture
from 0, the sound later) and shifted stamps. `ffmpeg_onsets` gives the times of the bursts as FFmpeg stamps the decoded
frames, counted from the container's beginning; `onsets` those in PCM that we returned.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np
from encoded_clips import require_encoder

BURST = 0.06  # seconds
_QUIET = 0.15  # seconds; a burst is over after as much silence
_LOUD = 0.12  # of full scale: a burst has 0.4


class Form(NamedTuple):
    """How a clip is encoded. `picture` is a codec of video that its container can have."""

    container: str
    codec: str
    rate: int
    picture: str = ""
    layout: str = "mono"
    options: tuple[tuple[str, str], ...] = ()
    encoder: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Of a test."""
        return "-".join([self.container, self.codec, *(value for _, value in self.options)])


FRAGMENTS = (("movflags", "frag_keyframe+empty_moov"), ("frag_duration", "500000"))
FORMS = [
    Form("mp4", "aac", 48_000, "mpeg4"),
    Form("mp4", "libopus", 48_000, "mpeg4"),
    Form("mp4", "flac", 48_000, "mpeg4"),
    Form("mp4", "aac", 44_100, "", options=FRAGMENTS),
    Form("mov", "pcm_s16le", 48_000, "mpeg4"),
    Form("mov", "alac", 44_100, "mpeg4"),
    Form("ipod", "aac", 44_100),
    Form("matroska", "aac", 48_000, "mpeg4"),
    Form("matroska", "flac", 44_100, "mpeg4"),
    Form("matroska", "pcm_s16le", 48_000, "mpeg4"),
    Form("webm", "libopus", 48_000, "libvpx"),
    Form("webm", "vorbis", 44_100, "libvpx", "stereo", encoder=(("strict", "-2"),)),
    Form("mpegts", "aac", 48_000, "mpeg2video"),
    Form("mpegts", "mp2", 48_000, "mpeg2video"),
    Form("mpegts", "ac3", 48_000, "mpeg2video"),
    Form("mpegts", "libopus", 48_000),
    Form("mpeg", "mp2", 48_000, "mpeg1video"),
    Form("ogg", "libopus", 48_000),
    Form("ogg", "vorbis", 44_100, "", "stereo", encoder=(("strict", "-2"),)),
    Form("ogg", "flac", 44_100),
    Form("flac", "flac", 44_100),
    Form("mp3", "libmp3lame", 44_100),
    Form("adts", "aac", 44_100),
    Form("wav", "pcm_s16le", 16_000),
    Form("wav", "pcm_f32le", 48_000),
    Form("wav", "pcm_mulaw", 8_000),
    Form("wav", "adpcm_ima_wav", 16_000),
    Form("wav", "adpcm_ms", 16_000),
    Form("w64", "pcm_s16le", 16_000),
    Form("caf", "pcm_s16be", 44_100),
    Form("caf", "alac", 44_100),
    Form("aiff", "pcm_s16be", 44_100),
    Form("au", "pcm_s16be", 16_000),
    Form("avi", "libmp3lame", 48_000, "mpeg4"),
    Form("avi", "pcm_s16le", 48_000, "mpeg4"),
    Form("flv", "aac", 44_100, "flv1"),
    Form("flv", "libmp3lame", 44_100, "flv1"),
    Form("asf", "wmav2", 44_100, "msmpeg4", "stereo"),
    Form("asf", "libmp3lame", 44_100, "msmpeg4"),
    Form("amr", "libopencore_amrnb", 8_000),
    Form("wv", "wavpack", 44_100),
]
KEEPS_STAMPS = {"mp4", "mov", "ipod", "matroska", "webm", "mpegts", "mpeg", "ogg", "flac", "flv", "asf"}
"""Containers in which a missing packet is a hole: in others what follows moves up, or FFmpeg writes it otherwise."""


def bursts(times: Sequence[float], seconds: float, rate: int) -> np.ndarray:
    """Silence with a burst of 1 kHz at each of the times, int16."""
    pcm = np.zeros(round(seconds * rate), np.int16)
    tone = (13_000 * np.sin(np.arange(round(BURST * rate)) * (2 * np.pi * 1000 / rate))).astype(np.int16)
    for time in times:
        part = pcm[round(time * rate) :][: len(tone)]
        part[:] = tone[: len(part)]
    return pcm


def make_clip(
    form: Form,
    times: Sequence[float],
    seconds: float,
    *,
    holes: Sequence[tuple[float, float]] = (),
    jumps: Sequence[tuple[float, float]] = (),
    late: float = 0.0,
    shift: float = 0.0,
    has_picture: bool = False,
) -> bytes:
    """Write bursts as a clip.

    Packets that begin within a hole are left out. A jump (time, seconds) moves all stamps from a time on. `late` is
    added to the sound's stamps only, `shift` to all stamps.
    """
    require_encoder(form.codec)
    file = io.BytesIO()
    with av.open(file, "w", format=form.container, options=dict(form.options)) as out:
        picture: Any = _picture_stream(out, form.picture) if has_picture else None
        sound: Any = out.add_stream(form.codec, rate=form.rate, layout=form.layout, options=dict(form.encoder))
        sound.codec_context.bit_rate = 96_000 if form.container != "amr" else 12_200
        packets = [] if picture is None else list(_picture_packets(picture, seconds))
        for packet in _sound_packets(sound, bursts(times, seconds, form.rate)):
            time = float(packet.pts * packet.time_base)
            if any(begin <= time < end for begin, end in holes):
                continue
            moved = late + sum(seconds for begin, seconds in jumps if time >= begin)
            packet.pts += round(moved / packet.time_base)
            packet.dts = packet.pts
            packets.append(packet)
        packets.sort(key=lambda packet: packet.dts * packet.time_base)
        for packet in packets:
            packet.pts += round(shift / packet.time_base)
            packet.dts += round(shift / packet.time_base)
            out.mux(packet)
    return file.getvalue()


def _picture_stream(out: Any, codec: str) -> Any:
    stream = out.add_stream(codec, rate=25)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"
    return stream


def _picture_packets(stream: Any, seconds: float) -> Iterator[Any]:
    for number in range(round(seconds * 25)):
        image = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number % 255, np.uint8), "rgb24")
        image.pts, image.time_base = number, Fraction(1, 25)
        yield from stream.encode(image)
    yield from stream.encode(None)


def _sound_packets(stream: Any, pcm: np.ndarray) -> Iterator[Any]:
    context = stream.codec_context
    resampler = av.AudioResampler(context.format, context.layout, context.rate, context.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), "s16", "mono")
    frame.sample_rate, frame.pts, frame.time_base = context.rate, 0, Fraction(1, context.rate)
    number = 0
    for each in [*resampler.resample(frame), *resampler.resample(None), None]:
        for packet in stream.encode(each):
            if packet.pts is None:  # some encoders leave it to the caller
                packet.pts, packet.time_base = number * context.frame_size, Fraction(1, context.rate)
            number += 1
            yield packet


def ffmpeg_onsets(data: bytes) -> list[float]:
    """The times of the bursts by the stamps of FFmpeg's frames, counted from the container's beginning."""
    found: list[float] = []
    quiet_since = -1.0
    with av.open(io.BytesIO(data)) as container:
        begin = (container.start_time or 0) / 1_000_000
        expected = 0.0
        for frame in container.decode(audio=0):
            time = expected if frame.time is None else float(frame.time) - begin
            expected = time + frame.samples / frame.sample_rate
            for at in np.flatnonzero(np.abs(_first_channel(frame)) > _LOUD):
                moment = time + at / frame.sample_rate
                if moment - quiet_since > _QUIET:
                    found.append(moment)
                quiet_since = moment
    return found


def _first_channel(frame: Any) -> np.ndarray:
    array = frame.to_ndarray()
    channel = array[0] if frame.format.is_planar else array.ravel()[:: frame.layout.nb_channels]
    if channel.dtype.kind == "f":
        return channel
    if channel.dtype == np.uint8:
        return (channel.astype(float) - 128) / 128
    return channel / -float(np.iinfo(channel.dtype).min)


def onsets(pcm: np.ndarray, rate: int, start: float = 0.0) -> list[float]:
    """The times of the bursts in int16 samples whose first one lies at `start`."""
    loud = np.flatnonzero(np.abs(pcm.astype(float)) > _LOUD * 32768) / rate + start
    return [float(time) for time, before in zip(loud, [-1.0, *loud], strict=False) if time - before > _QUIET]
