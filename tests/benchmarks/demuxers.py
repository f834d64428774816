"""A task's audio decoded as it arrives: the service's own demuxers beside FFmpeg's, on a pipe and as parsers.

    python tests/benchmarks/demuxers.py

"ours" is `TaskDecoder`; "pipe" and "parser" are in `alternative_decoders.py`. All get the same bytes.

- held back: audio whose packet was fed completely and whose PCM was not returned, in ms, after each block of about
  100 ms and after blocks cut at random. The packets of the whole file show how much audio is complete in n bytes.
- CPU: processor seconds per hour of audio, all threads.
- 50 tasks: threads and resident memory added by 50 decoders that are in the middle of a clip, and the longest time to
  close one of them while it waits for bytes.
- hostile input: the result, and the memory added at most; each in its own process, killed after 60 s.
"""

from __future__ import annotations

import ctypes
import io
import json
import random
import statistics
import struct
import subprocess
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from alternative_decoders import ParserDecoder, PipeDecoder

sys.path.insert(0, str(Path(__file__).parents[1]))

from encoded_clips import ENCODINGS, RATE, clip, cut, encode, speech

from paraformer_nb.errors import AudioError
from paraformer_nb.server.demuxers.task_decoder import TaskDecoder

FORMATS = ("wav", "mp3", "opus", "speex", "aac", "amr")
DECODERS: dict[str, Any] = {"ours": TaskDecoder, "pipe": PipeDecoder, "parser": ParserDecoder}
PARSED = {"mp3", "aac", "amr"}
SECONDS = 60
TASKS = 50
MIB = 1 << 20


def decoders(audio_format: str) -> list[str]:
    """The decoders that support a format."""
    return [name for name in DECODERS if name != "parser" or audio_format in PARSED]


@cache
def minute(audio_format: str) -> bytes:
    """A minute of speech. Opus and Speex have one packet per page, as a live sender makes them."""
    if audio_format == "speex":
        return speex()
    encoding = ENCODINGS[audio_format]
    if audio_format == "opus":
        encoding = encoding._replace(options={"page_duration": "20000"})
    if audio_format == "mp3":
        encoding = encoding._replace(options={"write_xing": "0"})  # live MP3 has no frame index
    return encode(encoding, np.tile(speech(), SECONDS // 3))


def speex() -> bytes:
    """The packets of a short file, repeated, since FFmpeg has no encoder."""
    file, position = io.BytesIO(), 0
    with (
        av.open(io.BytesIO(clip("wide.spx"))) as source,
        av.open(file, "w", format="ogg", options={"page_duration": "20000"}) as out,
    ):
        stream: Any = out.add_stream_from_template(source.streams.audio[0])
        packets = [bytes(packet) for packet in source.demux(audio=0) if packet.size]
        for number in range(SECONDS * 50):
            packet = av.Packet(packets[number % len(packets)])
            packet.stream, packet.pts, packet.dts, packet.duration = stream, position, position, 320
            packet.time_base = stream.time_base
            position += 320
            out.mux(packet)
    return file.getvalue()


def complete(audio_format: str, data: bytes) -> list[tuple[int, float]]:
    """Byte counts, rising, and how many seconds of audio are complete in that many bytes."""
    if audio_format == "wav":
        header = len(data) - 2 * SECONDS * RATE
        return [(at, (at - header) / 2 / RATE) for at in range(header, len(data) + 1, 2)]
    if audio_format in ("opus", "speex"):
        return list(ogg_pages(data, 48_000 if audio_format == "opus" else RATE))
    ends, seconds = [], 0.0
    with av.open(io.BytesIO(data)) as file:
        for packet in file.demux(audio=0):
            if packet.size and packet.pos is not None and packet.duration and packet.time_base:
                seconds += float(packet.duration * packet.time_base)
                ends.append((packet.pos + packet.size, seconds))
    return ends


def ogg_pages(data: bytes, rate: int) -> Iterator[tuple[int, float]]:
    """Where each page ends, and its time."""
    at = 0
    while at < len(data):
        (granule,), lacing = struct.unpack_from("<q", data, at + 6), data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(lacing) + sum(lacing)
        yield at, granule / rate


def held_back(name: str, audio_format: str, blocks: Iterable[bytes]) -> tuple[float, float]:
    """Median and maximum, in ms, after each of the blocks."""
    decoder = DECODERS[name](audio_format, RATE)
    ends = complete(audio_format, minute(audio_format))
    positions, seconds = [end for end, _ in ends], [at for _, at in ends]
    fed, held = 0, []
    for block in blocks:
        for _ in decoder.feed(block):
            pass
        fed += len(block)
        index = bisect_right(positions, fed) - 1
        held.append(1000 * ((seconds[index] if index >= 0 else 0.0) - decoder.seconds))
    close(decoder)
    return statistics.median(held), max(held)


def close(decoder: Any) -> None:
    """End the decoder's thread, if it has one."""
    if hasattr(decoder, "close"):
        decoder.close()


def in_time(data: bytes) -> list[bytes]:
    """Blocks of about 100 ms."""
    size = len(data) // (SECONDS * 10)
    return [data[at : at + size] for at in range(0, len(data), size)]


def latency_and_cpu(audio_format: str) -> None:
    """Print a format's rows."""
    data = minute(audio_format)
    for name in decoders(audio_format):
        steady = held_back(name, audio_format, in_time(data))
        odd = held_back(name, audio_format, cut(data, 1, 2 * len(data) // (SECONDS * 10)))
        decoder = DECODERS[name](audio_format, RATE)
        began = time.process_time()
        for block in in_time(data):
            for _ in decoder.feed(block):
                pass
        for _ in decoder.finish():
            pass
        cpu = (time.process_time() - began) * 3600 / decoder.seconds
        threads, memory, closed = json.loads(in_process("tasks", name, audio_format))
        print(
            f"{audio_format:6} {name:7} {steady[0]:8.0f} {steady[1]:6.0f} {odd[0]:8.0f} {odd[1]:6.0f} "
            f"{cpu:8.1f} {threads:8} {memory / TASKS:8.2f} {closed:8.1f}",
            flush=True,
        )


def tasks(name: str, audio_format: str) -> str:
    """Threads and MiB that TASKS decoders add, and the longest time to close one, in ms."""
    blocks = in_time(minute(audio_format))
    for _ in DECODERS["ours"](audio_format, RATE).feed(minute(audio_format)[:20_000]):  # imports
        pass
    threads, memory = threading.active_count(), resident()
    running = [DECODERS[name](audio_format, RATE) for _ in range(TASKS)]
    for block in blocks[:50]:
        for decoder in running:
            for _ in decoder.feed(block):
                pass
    added = [threading.active_count() - threads, resident() - memory]
    return json.dumps([*added, max(map(closing_time, running))])


def closing_time(decoder: Any) -> float:
    """Close a decoder that waits for bytes; how long that takes, in ms."""
    began = time.perf_counter()
    close(decoder)
    return 1000 * (time.perf_counter() - began)


def resident() -> float:
    """MiB, without memory that was freed."""
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / MIB


# ------------------------------------------------------------------------------------------------------- hostile input


def endless(data: bytes, size: int = 2 * MIB) -> Iterator[bytes]:
    """The data over and over, in blocks of 4 KiB, until it is `size` bytes."""
    data *= max(1, 0x10000 // len(data))
    blocks = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    return islice(cycle(blocks), size // 4096)


def after(audio_format: str, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Three good seconds, and then these blocks."""
    yield from in_time(minute(audio_format))[:30]
    yield from blocks


def mutated(audio_format: str) -> Iterator[bytes]:
    """Ten seconds with a byte changed in every 300."""
    dice, data = random.Random(3), bytearray(minute(audio_format)[: len(minute(audio_format)) // 6])
    for _ in range(len(data) // 300):
        data[dice.randrange(200, len(data))] = dice.randrange(256)
    return cut(bytes(data), 4)


NOISE = random.Random(14).randbytes(MIB)
WAV_HEAD = b"RIFF\xff\xff\xff\xffWAVE"
WAV_FORMAT = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
SOUND = speech().tobytes()
HOSTILE: dict[str, Callable[[str], Iterable[bytes]]] = {
    "mutated": mutated,
    "truncated": lambda name: [minute(name)[: len(minute(name)) // 20 - 7]],
    "noise": lambda name: endless(NOISE),
    "zeros": lambda name: endless(bytes(64)),
    "text": lambda name: endless(b"Dear diary, "),
    "sound, then noise": lambda name: after(name, endless(NOISE)),
    "sound, then zeros": lambda name: after(name, endless(bytes(64))),
    "WAV under this name": lambda name: cut(minute("wav")[:320_000], 5),
    "another format": lambda name: cut(minute("aac" if name == "mp3" else "mp3")[:200_000], 6),
}
OF_A_FORMAT: dict[str, dict[str, Callable[[], Iterable[bytes]]]] = {
    "wav": {
        "a chunk of 4 GiB before the format": lambda: [WAV_HEAD + b"junk\xf0\xff\xff\xff", *endless(NOISE)],
        "more sound than the header says": lambda: [WAV_HEAD + WAV_FORMAT + b"data\x80\x0c\0\0" + SOUND],
        "a data size of 0": lambda: [WAV_HEAD + WAV_FORMAT + b"data\0\0\0\0" + SOUND],
        "two files in a row": lambda: [clip("wav") * 2],
    },
    "mp3": {
        "headers without frames": lambda: endless(b"\xff\xfb\x90\0" + bytes(60)),
        "a tag of 256 MiB": lambda: [b"ID3\4\0\0\x7f\x7f\x7f\x7f", *endless(NOISE)],
        "a picture in a tag": lambda: [b"ID3\4\0\0\0\x0c\0\0" + NOISE[: 0x0C << 14], *in_time(minute("mp3"))[:30]],
        "two files in a row": lambda: [clip("mp3 bare") + clip("mp3 44.1k stereo")],
    },
    "opus": {
        "two files chained": lambda: [clip("opus") * 2],
        "Speex under this name": lambda: [clip("wide.spx")],
        "pages that claim 50 KiB": lambda: endless(b"OggS\0\0" + bytes(20) + b"\xff" * 200),
    },
    "speex": {"two files chained": lambda: [clip("wide.spx") * 2], "Opus under this name": lambda: [clip("opus")]},
    "aac": {"two files in a row": lambda: [clip("aac 44.1k stereo") + clip("aac")]},
    "amr": {"no magic": lambda: [clip("amr")[6:]], "wide-band AMR": lambda: [b"#!AMR-WB\n", *endless(NOISE, MIB)]},
}


def hostile(name: str, audio_format: str, case: str) -> str:
    """One row: the result and the memory added."""
    special = OF_A_FORMAT[audio_format].get(case)
    blocks = list(special() if special else HOSTILE[case](audio_format))
    list(DECODERS["ours"]("wav", RATE).feed(clip("wav 44.1k stereo")))
    decoder, fed = DECODERS[name](audio_format, RATE), 0
    highest = before = resident()
    try:
        for number, block in enumerate(blocks, 1):
            fed += len(block)
            for _ in decoder.feed(block):
                pass
            if number % 16 == 0:
                highest = max(highest, resident())
        for _ in decoder.finish():
            pass
        result = f"{decoder.seconds:.1f} s of sound, {decoder.skipped} bytes skipped"
    except AudioError:
        result = f"AudioError after {fed} bytes, {decoder.seconds:.1f} s of sound"
    except Exception as error:  # noqa: BLE001 -- the table shows any other error
        result = f"{type(error).__name__} after {fed} bytes"
    highest = max(highest, resident())
    close(decoder)
    return f"{result:60} {highest - before:6.1f} MiB"


def in_process(*arguments: str) -> str:
    """Run a part of the measurement in its own process; return its output."""
    command = [sys.executable, __file__, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return "not finished after 60 s"
    return done.stdout.strip() or f"died: {done.returncode} {done.stderr[-200:]}"


def main() -> None:
    """Print the tables."""
    print(f"{'':14} {'held back, 100 ms':>15} {'odd cuts':>12}")
    print(f"{'':14} {'median':>8} {'max':>6} {'median':>8} {'max':>6}", end="")
    print(f" {'CPU s/h':>8} {'threads':>8} {'MiB/task':>8} {'close ms':>8}")
    for audio_format in FORMATS:
        latency_and_cpu(audio_format)
    for audio_format in FORMATS:
        print(f"\n{audio_format}")
        for case in [*HOSTILE, *OF_A_FORMAT[audio_format]]:
            for name in decoders(audio_format):
                print(f"  {case:36} {name:7} {in_process('hostile', name, audio_format, case)}", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["tasks", name, audio_format]:
            print(tasks(name, audio_format))
        case ["hostile", name, audio_format, label]:
            print(hostile(name, audio_format, label))
        case _:
            main()
