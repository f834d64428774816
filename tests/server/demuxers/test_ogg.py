"""Ogg as it arrives: pages cut anywhere, packets across pages, several streams, damage."""

from __future__ import annotations

import io
import struct
import tracemalloc
from functools import cache
from typing import Any

import av
import numpy as np
import pytest
from encoded_clips import ENCODINGS, RATE, SECONDS, clip, cut, decode, encode, feed, speech

from paraformer_nb.errors import AudioError
from paraformer_nb.server.demuxers.task_decoder import TaskDecoder

SPEEX_HEADER = clip("wide.spx")[28:108]


def checksum(page: bytes) -> int:
    """Ogg's CRC, bit by bit."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value


def page(flags: int, serial: int, sequence: int, lacing: bytes, body: bytes) -> bytes:
    blank = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, serial, sequence, 0, len(lacing)) + lacing + body
    return blank[:22] + struct.pack("<I", checksum(blank)) + blank[26:]


@cache
def packets() -> list[bytes]:
    """The headers and a second of Opus in packets longer than a lacing value, with an empty packet between them."""
    with av.open(io.BytesIO(encode(ENCODINGS["opus"], speech(), b="160000"))) as file:
        head = file.streams.audio[0].codec_context.extradata
        sound = [bytes(packet) for packet in file.demux(audio=0)]
    return [head, b"OpusTags" + bytes(70_000), *sound[50:75], b"", *sound[75:100]]


def paginate(given: list[bytes], serial: int = 1, lacings: int = 7) -> list[bytes]:
    """Packets in pages of few lacing values, so that packets span pages; the first packet has its own page."""
    pages, segments = [page(2, serial, 0, bytes([len(given[0])]), given[0])], []
    for packet in given[1:]:
        sizes = [255] * (len(packet) // 255) + [len(packet) % 255]
        segments += [(size, packet[255 * at : 255 * at + size], at > 0) for at, size in enumerate(sizes)]
    for at in range(0, len(segments), lacings):
        part = segments[at : at + lacings]
        body = b"".join(data for _, data, _ in part)
        pages.append(page(part[0][2], serial, len(pages), bytes(size for size, _, _ in part), body))
    return pages


def opus(*fed: bytes) -> tuple[np.ndarray, TaskDecoder]:
    decoder = TaskDecoder("opus", RATE)
    return decode(decoder, *fed), decoder


@cache
def opus_samples(without: int | None = None) -> np.ndarray:
    """The samples of those packets, except one if given, by PyAV's decoder alone."""
    context: Any = av.CodecContext.create("opus", "r")
    context.extradata = packets()[0]
    resampler = av.AudioResampler("s16", "mono", RATE)
    sound = [packet for number, packet in enumerate(packets()) if number > 1 and number != without and packet]
    frames = [frame for packet in sound for frame in context.decode(av.Packet(packet))]
    return np.concatenate([out.to_ndarray().ravel() for f in [*frames, None] for out in resampler.resample(f)])


@pytest.mark.parametrize("lacings", [1, 7, 255])
def test_packets_span_pages_of_interleaved_streams(lacings: int) -> None:
    other = paginate([b"fishead\0", bytes(300), bytes(600)], 2)
    pages = paginate(packets(), 1, lacings)
    mixed = b"".join([other[0], pages[0], *other[1:], *pages[1:]])
    whole, decoder = opus(*cut(mixed, 11))
    assert np.array_equal(whole, opus_samples())
    assert (decoder.skipped, decoder.note) == (0, None)


def test_the_first_of_two_streams_and_its_chained_successor_are_decoded() -> None:
    pages, other = paginate(packets()), paginate([*packets()[:2], *packets()[2:30]], 2)
    mixed = b"".join([pages[0], other[0], *other[1:], *pages[1:]])
    chained, _ = opus(*cut(mixed + b"".join(paginate(packets(), 1)), 12))
    assert np.array_equal(chained, np.concatenate([opus_samples(), opus_samples()]))


@pytest.mark.parametrize("is_missing", [False, True])
def test_a_damaged_or_missing_page_affects_only_its_own_sound(is_missing: bool) -> None:
    pages = paginate(packets(), lacings=1)
    damaged = 1 + sum(len(packet) // 255 + 1 for packet in packets()[1:30])  # the first of three pages of packet 30
    assert len(packets()[30]) > 510
    pages[damaged + 1] = b"" if is_missing else pages[damaged + 1][:40] + bytes(8) + pages[damaged + 1][48:]
    whole, decoder = opus(*cut(b"".join(pages), 13))
    assert np.array_equal(whole, opus_samples(without=30))
    assert 0 < decoder.skipped < 1000


def test_speex_declared_as_opus() -> None:
    whole, decoder = opus(clip("wide.spx"))
    assert len(whole) == pytest.approx(SECONDS * RATE, abs=0.02 * RATE)
    assert decoder.note == "speex under format opus"


def test_a_page_is_returned_with_its_last_byte() -> None:
    decoder = TaskDecoder("opus", RATE)
    seconds = 0.0
    pages = paginate([packets()[0], b"OpusTags", *packets()[2:]], lacings=1)
    feed(decoder, *pages[:2])
    for data in pages[2:]:
        assert feed(decoder, data[:-1]) == b""
        feed(decoder, data[-1:])
        assert decoder.seconds - seconds <= 0.03
        seconds = decoder.seconds
    assert seconds > 0.9


@pytest.mark.parametrize(
    ("audio_format", "data"),
    [
        ("opus", paginate([b"\x01vorbis" + bytes(23), bytes(400)])),
        ("opus", packets()),  # not in Ogg
        ("opus", paginate([b"OpusHead\x01\xff", b"OpusTags", b"\xf8" * 60])),
        (
            "speex",
            paginate([clip("wide.spx")[28:108].replace(b"\x80\x3e\0\0", b"\1\0\0\0"), b"", clip("wide.spx")[-70:]]),
        ),
        ("speex", [clip("wide.spx")[:150]]),
    ],
)
def test_streams_that_cannot_be_decoded(audio_format: str, data: list[bytes]) -> None:
    with pytest.raises(AudioError, match=f"^Failed to decode audio: .*{audio_format}"):
        decode(TaskDecoder(audio_format, RATE), *cut(b"".join(data), 16))


@pytest.mark.parametrize("is_page", [False, True])
def test_memory_is_bounded_for_any_data_after_valid_sound(is_page: bool) -> None:
    decoder, pages = TaskDecoder("opus", RATE), paginate([packets()[0], b"OpusTags", *packets()[2:]])
    assert feed(decoder, *pages)
    first = len(pages)
    endless = [page(number > first, 1, number, b"\xff" * 128, bytes(128 * 255)) for number in range(first, first + 6)]
    claims = [(b"OggS\0\0" + bytes(20) + b"\xff" * 200) * 145] * 6
    tracemalloc.start()
    try:
        feed(decoder, *(endless if is_page else claims))
        assert tracemalloc.get_traced_memory()[0] < 0x18000
    finally:
        tracemalloc.stop()
