"""The delay of results for well-behaved clients during attacks by another client, and the service's memory.

    python tests/benchmarks/starving.py

Five tasks run in real time beside one attack after another, each from a process of its own with a lower priority. The
service has one core; all clients share the other one, so part of the delay is theirs: compare with the first row,
which is without an attack.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from service import KEY, clip_blocks, measure_delays, run_task, running

TASKS, SECONDS = 5, 6
MB = 1024 * 1024


def request(url: str, *headers: str) -> bytes:
    """Return a handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {urlsplit(url).path} HTTP/1.1",
        "Host: x",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def open_tcp(url: str) -> socket.socket:
    """Open a TCP connection."""
    return socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=30)


def open_websocket(url: str) -> socket.socket:
    """Open a WebSocket connection with the key."""
    raw = open_tcp(url)
    answer = b""
    raw.sendall(request(url, f"Authorization: Bearer {KEY}"))
    while b"\r\n\r\n" not in answer:
        answer += raw.recv(4096)
    return raw


def frame(data: bytes, opcode: int = 2, *, is_last: bool = True) -> bytes:
    """Return a frame with a mask of zeros."""
    size = len(data)
    if size < 126:
        length = bytes([128 | size])
    else:
        length = struct.pack(">BH", 254, size) if size < 65536 else struct.pack(">BQ", 255, size)
    return bytes([opcode | (128 if is_last else 0)]) + length + bytes(4) + data


def command(audio_format: str = "pcm", **parameters: object) -> bytes:
    """Return a run-task in a frame."""
    run = json.loads(run_task("attack"))
    run["payload"]["parameters"] |= {"format": audio_format, **parameters}
    return frame(json.dumps(run).encode(), 1)


def flood(data: bytes, audio_format: str = "pcm") -> Callable[[str], None]:
    """Start a task, send the data over and over, and never read; start over when the task has ended."""

    def attack(url: str) -> None:
        with suppress(OSError), open_websocket(url) as raw:
            raw.sendall(command(audio_format))
            raw.recv(4096)
            while True:
                raw.sendall(data)

    return attack


def encoded(audio_format: str, codec: str, container: str) -> Callable[[str], None]:
    """Flood a task with 1 MB frames of encoded audio."""

    def attack(url: str) -> None:
        import io

        import av
        import numpy as np

        out = io.BytesIO()
        with av.open(out, "w", format=container) as file:
            stream = file.add_stream(codec, rate=48000, layout="mono")
            sound = av.AudioFrame.from_ndarray(
                np.frombuffer(b"".join(clip_blocks()), np.int16).reshape(1, -1), "s16", "mono"
            )
            sound.sample_rate = 16000
            resampler = av.AudioResampler(stream.format, stream.layout, 48000, stream.codec_context.frame_size or None)
            for part in [*resampler.resample(sound), *resampler.resample(None), None]:
                file.mux(stream.encode(part))
        data = out.getvalue()
        flood(frame((data * (1 + MB // len(data)))[:MB]), audio_format)(url)

    return attack


def send_texts(*texts: bytes) -> Callable[[str], None]:
    """Send each text on a connection of its own, and receive its refusal."""

    def attack(url: str) -> None:
        for text in texts:
            with suppress(OSError), open_websocket(url) as raw:
                raw.sendall(frame(text, 1))
                raw.recv(4096)

    return attack


def send_slowly(url: str) -> None:
    """Send 100 handshakes in parallel, byte by byte."""
    connections = [open_tcp(url) for _ in range(100)]
    for byte in request(url, "X: " + "x" * 1000):
        for raw in connections:
            with suppress(OSError):
                raw.send(bytes([byte]))
        time.sleep(0.02)


def send_without_key(url: str) -> None:
    """Send a handshake without a key."""
    with open_tcp(url) as raw:
        raw.sendall(request(url))
        raw.recv(4096)


MANY = b'{"header":{"action":"run-task","task_id":"a"},"payload":{"model":"m","input":{},"parameters":{%s}}}'
ATTACKS: dict[str, Callable[[str], None]] = {
    "1 MB frames of PCM": flood(frame(bytes(MB))),
    "1 MB frames of noise, as MP3": flood(frame(os.urandom(MB)), "mp3"),
    "1 MB frames of MP3": encoded("mp3", "libmp3lame", "mp3"),
    "1 MB frames of Opus": encoded("opus", "libopus", "ogg"),
    "1 MB frames of AAC": encoded("aac", "aac", "adts"),
    "frames of one sample": flood(frame(b"\1\0") * 10_000),
    "empty frames": flood(frame(b"") * 10_000),
    "empty fragments": flood(frame(b"", is_last=False) + frame(b"", 0, is_last=False) * 10_000),
    "pings": flood(frame(b"x" * 125, 9) * 1000),
    "1 MB commands": send_texts(b"[" * MB, MANY % b",".join(b'"%d":%d' % (n, n) for n in range(60_000))),
    "64 kB commands": send_texts(b"[" * 65_000, MANY % b",".join(b'"%d":[]' % n for n in range(6_000))),
    "handshakes, byte by byte": send_slowly,
    "handshakes without a key": send_without_key,
}


def attack(name: str, url: str) -> None:
    """Attack until this process is killed."""
    os.nice(5)
    while True:
        ATTACKS[name](url)


async def measure(url: str, blocks: list[bytes], memory: Callable[[], int]) -> tuple[list[float], int]:
    """Return the sorted delays, and the maximum of the memory."""
    peak = memory()

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, memory())
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        return await measure_delays(url, blocks, TASKS), peak
    finally:
        watching.cancel()


def main() -> None:
    """Print one row per attack."""
    first, *_, last = sorted(os.sched_getaffinity(0))
    blocks = clip_blocks()[: SECONDS * 10]
    print(f"{TASKS} tasks in real time beside one attacker; goal: 50 ms at p95\n")
    print(f"{'':32}{'median':>10}{'p95':>10}{'worst':>10}{'memory':>11}")
    for name in ["no attack", *ATTACKS]:
        os.sched_setaffinity(0, {first})
        with running("embedded") as server:
            os.sched_setaffinity(0, {last})
            asyncio.run(measure_delays(server.url, blocks[:10], 1))
            before = server.memory()
            attacker = None
            if name in ATTACKS:
                attacker = subprocess.Popen([sys.executable, __file__, name, server.url])
            try:
                delays, peak = asyncio.run(measure(server.url, blocks, server.memory))
            finally:
                if attacker:
                    attacker.kill()
                    attacker.wait()
        row = [1000 * delays[len(delays) // 2], 1000 * delays[int(len(delays) * 0.95)], 1000 * delays[-1]]
        print(
            f"{name:32}" + "".join(f"{each:7.2f} ms" for each in row) + f"{(peak - before) / 1e6:8.1f} MB", flush=True
        )


if __name__ == "__main__":
    attack(*sys.argv[1:]) if sys.argv[1:] else main()
