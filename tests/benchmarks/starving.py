"""How late a well-behaved client's words are while another client does its worst, and what that costs the service.

    python tests/benchmarks/starving.py

Five tasks in real time beside one attack after another, each from a process of its own that yields to the others. The
service has one core; all clients share the other one, so that some of the lateness is theirs: the first row is without
an attack.
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

from service import KEY, clip, lateness, run_task, running

TASKS, SECONDS = 5, 6
MB = 1024 * 1024


def request(url: str, *headers: str) -> bytes:
    """A handshake."""
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


def reached(url: str) -> socket.socket:
    """A TCP connection."""
    return socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=30)


def entered(url: str) -> socket.socket:
    """A WebSocket that was let in."""
    raw, answer = reached(url), b""
    raw.sendall(request(url, f"Authorization: Bearer {KEY}"))
    while b"\r\n\r\n" not in answer:
        answer += raw.recv(4096)
    return raw


def frame(data: bytes, opcode: int = 2, *, is_last: bool = True) -> bytes:
    """A frame under a mask of zeros."""
    size = len(data)
    if size < 126:
        length = bytes([128 | size])
    else:
        length = struct.pack(">BH", 254, size) if size < 65536 else struct.pack(">BQ", 255, size)
    return bytes([opcode | (128 if is_last else 0)]) + length + bytes(4) + data


def command(audio_format: str = "pcm", **parameters: object) -> bytes:
    """A run-task in its frame."""
    run = json.loads(run_task("attack"))
    run["payload"]["parameters"] |= {"format": audio_format, **parameters}
    return frame(json.dumps(run).encode(), 1)


def flood(data: bytes, audio_format: str = "pcm") -> Callable[[str], None]:
    """A task that brings this over and over, and never reads; another one when that is over."""

    def attack(url: str) -> None:
        with suppress(OSError), entered(url) as raw:
            raw.sendall(command(audio_format))
            raw.recv(4096)
            while True:
                raw.sendall(data)

    return attack


def encoded(audio_format: str, codec: str, container: str) -> Callable[[str], None]:
    """1 MB frames of sound in that format."""

    def attack(url: str) -> None:
        import io

        import av
        import numpy as np

        out = io.BytesIO()
        with av.open(out, "w", format=container) as file:
            stream = file.add_stream(codec, rate=48000, layout="mono")
            sound = av.AudioFrame.from_ndarray(np.frombuffer(b"".join(clip()), np.int16).reshape(1, -1), "s16", "mono")
            sound.sample_rate = 16000
            shaped = av.AudioResampler(stream.format, stream.layout, 48000, stream.codec_context.frame_size or None)
            for piece in [*shaped.resample(sound), *shaped.resample(None), None]:
                file.mux(stream.encode(piece))
        data = out.getvalue()
        flood(frame((data * (1 + MB // len(data)))[:MB]), audio_format)(url)

    return attack


def says(*texts: bytes) -> Callable[[str], None]:
    """A text, its refusal, and again."""

    def attack(url: str) -> None:
        for text in texts:
            with suppress(OSError), entered(url) as raw:
                raw.sendall(frame(text, 1))
                raw.recv(4096)

    return attack


def creep(url: str) -> None:
    """100 handshakes, a byte now and then."""
    crowd = [reached(url) for _ in range(100)]
    for byte in request(url, "X: " + "x" * 1000):
        for raw in crowd:
            with suppress(OSError):
                raw.send(bytes([byte]))
        time.sleep(0.02)


def knock(url: str) -> None:
    """A handshake without a key."""
    with reached(url) as raw:
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
    "1 MB commands": says(b"[" * MB, MANY % b",".join(b'"%d":%d' % (n, n) for n in range(60_000))),
    "64 kB commands": says(b"[" * 65_000, MANY % b",".join(b'"%d":[]' % n for n in range(6_000))),
    "handshakes, byte by byte": creep,
    "handshakes without a key": knock,
}


def attack(name: str, url: str) -> None:
    """Until we are ended."""
    os.nice(5)
    while True:
        ATTACKS[name](url)


async def watched(url: str, blocks: list[bytes], memory: Callable[[], int]) -> tuple[list[float], int]:
    """How late the words are, and the most memory meanwhile."""
    most = memory()

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, memory())
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        return await lateness(url, blocks, TASKS), most
    finally:
        watching.cancel()


def main() -> None:
    """One row an attack."""
    first, *_, last = sorted(os.sched_getaffinity(0))
    blocks = clip()[: SECONDS * 10]
    print(f"{TASKS} tasks in real time beside one attacker; goal: 50 ms at p95\n")
    print(f"{'':32}{'median':>10}{'p95':>10}{'worst':>10}{'memory':>11}")
    for name in ["nobody", *ATTACKS]:
        os.sched_setaffinity(0, {first})
        with running("embedded") as server:
            os.sched_setaffinity(0, {last})
            asyncio.run(lateness(server.url, blocks[:10], 1))
            before, attacker = server.memory(), None
            if name in ATTACKS:
                attacker = subprocess.Popen([sys.executable, __file__, name, server.url])
            try:
                late, most = asyncio.run(watched(server.url, blocks, server.memory))
            finally:
                if attacker:
                    attacker.kill()
                    attacker.wait()
        row = [1000 * late[len(late) // 2], 1000 * late[int(len(late) * 0.95)], 1000 * late[-1]]
        print(
            f"{name:32}" + "".join(f"{each:7.2f} ms" for each in row) + f"{(most - before) / 1e6:8.1f} MB", flush=True
        )


if __name__ == "__main__":
    attack(*sys.argv[1:]) if sys.argv[1:] else main()
