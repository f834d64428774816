"""Ogg as it comes: pages cut anywhere, packets across pages, several streams, damage."""

from __future__ import annotations

import io
import struct
import tracemalloc
from functools import cache
from typing import Any

import av
import numpy as np
import pytest
from coded import FORMS, RATE, SECONDS, clip, encoded, feed, hear, pieces, speech

from paraformer_nb.errors import AudioError
from paraformer_nb.server.demuxers.incoming import TaskDecoder


def checksum(page: bytes) -> int:
    """Ogg's, bit by bit."""
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
    """The headers and a second of Opus in packets longer than a lacing value, and an empty one among them."""
    with av.open(io.BytesIO(encoded(FORMS["opus"], speech(), b="160000"))) as file:
        head = file.streams.audio[0].codec_context.extradata
        sound = [bytes(packet) for packet in file.demux(audio=0)]
    return [head, b"OpusTags" + bytes(70_000), *sound[50:75], b"", *sound[75:100]]


def paged(given: list[bytes], serial: int = 1, lacings: int = 7) -> list[bytes]:
    """Packets in pages of so few lacing values that they lie across pages; the first one has one of its own."""
    pages, waiting = [page(2, serial, 0, bytes([len(given[0])]), given[0])], []
    for packet in given[1:]:
        sizes = [255] * (len(packet) // 255) + [len(packet) % 255]
        waiting += [(size, packet[255 * at : 255 * at + size], at > 0) for at, size in enumerate(sizes)]
    for at in range(0, len(waiting), lacings):
        part = waiting[at : at + lacings]
        body = b"".join(data for _, data, _ in part)
        pages.append(page(part[0][2], serial, len(pages), bytes(size for size, _, _ in part), body))
    return pages


def opus(*fed: bytes) -> tuple[np.ndarray, TaskDecoder]:
    incoming = TaskDecoder("opus", RATE)
    return hear(incoming, *fed), incoming


@cache
def opus_sound(without: int | None = None) -> np.ndarray:
    """What those packets hold but for the given one, by a decoder of PyAV's alone."""
    context: Any = av.CodecContext.create("opus", "r")
    context.extradata = packets()[0]
    resampler = av.AudioResampler("s16", "mono", RATE)
    sound = [packet for number, packet in enumerate(packets()) if number > 1 and number != without and packet]
    frames = [frame for packet in sound for frame in context.decode(av.Packet(packet))]
    return np.concatenate([out.to_ndarray().ravel() for f in [*frames, None] for out in resampler.resample(f)])


@pytest.mark.parametrize("lacings", [1, 7, 255])
def test_packets_across_pages_with_another_stream_between(lacings: int) -> None:
    other = paged([b"fishead\0", bytes(300), bytes(600)], 2)
    pages = paged(packets(), 1, lacings)
    mixed = b"".join([other[0], pages[0], *other[1:], *pages[1:]])
    whole, incoming = opus(*pieces(mixed, 11))
    assert np.array_equal(whole, opus_sound())
    assert (incoming.skipped, incoming.note) == (0, None)


def test_the_first_of_two_streams_is_heard_and_what_is_chained_behind_it() -> None:
    pages, other = paged(packets()), paged([*packets()[:2], *packets()[2:30]], 2)
    mixed = b"".join([pages[0], other[0], *other[1:], *pages[1:]])
    chained, _ = opus(*pieces(mixed + b"".join(paged(packets(), 1)), 12))
    assert np.array_equal(chained, np.concatenate([opus_sound(), opus_sound()]))


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_damaged_or_missing_page_costs_its_own_sound_only(is_lost: bool) -> None:
    pages = paged(packets(), lacings=1)
    hit = 1 + sum(len(packet) // 255 + 1 for packet in packets()[1:30])  # the first of three pages of packet 30
    assert len(packets()[30]) > 510
    pages[hit + 1] = b"" if is_lost else pages[hit + 1][:40] + bytes(8) + pages[hit + 1][48:]
    whole, incoming = opus(*pieces(b"".join(pages), 13))
    assert np.array_equal(whole, opus_sound(without=30))
    assert 0 < incoming.skipped < 1000


def test_speex_that_is_called_opus() -> None:
    whole, incoming = opus(clip("wide.spx"))
    assert len(whole) == pytest.approx(SECONDS * RATE, abs=0.02 * RATE)
    assert incoming.note == "speex under format opus"


def test_a_page_comes_out_with_its_last_byte() -> None:
    incoming, heard = TaskDecoder("opus", RATE), 0.0
    pages = paged([packets()[0], b"OpusTags", *packets()[2:]], lacings=1)
    feed(incoming, *pages[:2])
    for data in pages[2:]:
        assert feed(incoming, data[:-1]) == b""
        feed(incoming, data[-1:])
        heard, before = incoming.seconds, heard
        assert heard - before <= 0.03
    assert heard > 0.9


@pytest.mark.parametrize(
    ("audio_format", "data"),
    [
        ("opus", paged([b"\x01vorbis" + bytes(23), bytes(400)])),
        ("opus", packets()),  # not in Ogg
        ("opus", paged([b"OpusHead\x01\xff", b"OpusTags", b"\xf8" * 60])),
        ("speex", paged([clip("wide.spx")[28:108].replace(b"\x80\x3e\0\0", b"\1\0\0\0"), b"", clip("wide.spx")[-70:]])),
        ("speex", [clip("wide.spx")[:150]]),
    ],
)
def test_what_cannot_be_decoded(audio_format: str, data: list[bytes]) -> None:
    with pytest.raises(AudioError, match=f"^Failed to decode audio: .*{audio_format}"):
        hear(TaskDecoder(audio_format, RATE), *pieces(b"".join(data), 16))


@pytest.mark.parametrize("is_page", [False, True])
def test_memory_is_bounded_whatever_comes_behind_good_sound(is_page: bool) -> None:
    incoming, pages = TaskDecoder("opus", RATE), paged([packets()[0], b"OpusTags", *packets()[2:]])
    assert feed(incoming, *pages)
    first = len(pages)
    endless = [page(number > first, 1, number, b"\xff" * 128, bytes(128 * 255)) for number in range(first, first + 6)]
    claims = [(b"OggS\0\0" + bytes(20) + b"\xff" * 200) * 145] * 6
    tracemalloc.start()
    try:
        feed(incoming, *(endless if is_page else claims))
        assert tracemalloc.get_traced_memory()[0] < 0x18000
    finally:
        tracemalloc.stop()
