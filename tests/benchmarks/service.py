"""The embedded service under load: the delay of results with 50 tasks at once, and the memory of an idle connection.

    python tests/benchmarks/service.py

Each server has one core, the client has the other one. The peer is a bare websockets server that answers every block
that completes a word immediately, with a prepared text: no server can be faster. The service runs the scripted engine,
which emits its results at the same blocks. An event is due when the block that causes it was written to the socket;
processes of one machine share CLOCK_MONOTONIC.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

DATA = Path(__file__).parents[2] / "notebooks" / "data"
SCRIPT = DATA / "lesson_en.json"
KEY = "benchmark"
SOCKETS, SECONDS, IDLE = 50, 30, 100
BLOCK = 0.1  # seconds of audio in a frame, and between frames
FINAL_AFTER_MS = 200  # of the scripted engine: a sentence is final this long after its last word
SERVERS = {"embedded": "the service, scripted", "bare": "a bare websockets server"}


def run_task(task: str) -> str:
    """Return a run-task, as any client sends it."""
    parameters = {"format": "pcm", "sample_rate": 16000}
    payload = {
        "task_group": "audio",
        "task": "asr",
        "function": "recognition",
        "model": "paraformer-realtime-v2",
        "parameters": parameters,
        "input": {},
    }
    return json.dumps({"header": {"action": "run-task", "task_id": task, "streaming": "duplex"}, "payload": payload})


def schedule() -> list[int]:
    """Return how many events each block of the clip causes."""
    times: list[int] = []
    for sentence in json.loads(SCRIPT.read_text(encoding="utf-8"))["sentences"]:
        times += [word["end_ms"] for word in sentence["words"]] + [sentence["end_ms"] + FINAL_AFTER_MS]
    blocks = [-(-ms // round(1000 * BLOCK)) - 1 for ms in times]
    return [blocks.count(number) for number in range(round(SECONDS / BLOCK))]


# ---------------------------------------------------------------------------------------------------------- the servers


async def embedded() -> None:
    """Run the service."""
    from paraformer_nb.server.embedded_server import EmbeddedServer
    from paraformer_nb.server.engines.registry import ENGINES, make_engine

    service = EmbeddedServer(ENGINES["scripted"], make_engine("scripted", {"script": SCRIPT}), KEY)
    await service.start()
    print(service.url, flush=True)
    await asyncio.Event().wait()


async def bare() -> None:
    """Run the peer."""
    answers = schedule()
    sentence = json.loads(SCRIPT.read_text(encoding="utf-8"))["sentences"][0]
    text = json.dumps({"header": {"event": "result-generated"}, "payload": {"output": {"sentence": sentence}}})

    async def answer(socket: ServerConnection) -> None:
        number = 0
        async for message in socket:
            if isinstance(message, str):
                await socket.send(text)
                continue
            for _ in range(answers[number]):
                await socket.send(text)
            number += 1

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Event().wait()


class Running(NamedTuple):
    """A server in a process of its own."""

    url: str
    pid: int

    def memory(self) -> int:
        """Return its resident bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@contextlib.contextmanager
def running(name: str) -> Iterator[Running]:
    """Start a server on the first of our cores."""
    process = subprocess.Popen([sys.executable, __file__, name], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Running(process.stdout.readline().strip(), process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=10)


# ----------------------------------------------------------------------------------------------------------- the client


def connection(url: str) -> connect:
    """Connect with the key."""
    return connect(url, additional_headers={"Authorization": f"Bearer {KEY}"}, proxy=None, compression=None)


async def stream(url: str, blocks: list[bytes], answers: list[int], start: float, delays: list[float]) -> None:
    """Run one task in real time, starting at `start` on the loop's clock, and append the delay of each event."""
    clock = asyncio.get_running_loop().time
    due: deque[float] = deque()
    async with connection(url) as socket:
        await socket.send(run_task("task"))
        await socket.recv()

        async def receive() -> None:
            for _ in range(sum(answers)):
                await socket.recv()
                delays.append(time.monotonic() - due.popleft())

        receiving = asyncio.create_task(receive())
        for number, (block, count) in enumerate(zip(blocks, answers, strict=True)):
            await asyncio.sleep(start + number * BLOCK - clock())
            due += [time.monotonic()] * count
            await socket.send(block)
        async with asyncio.timeout(10):
            await receiving


async def measure_delays(url: str, blocks: list[bytes], sockets: int) -> list[float]:
    """Run that many tasks; return the delay of each event in seconds, sorted."""
    delays: list[float] = []
    begin = asyncio.get_running_loop().time() + 1.0
    answers = schedule()[: len(blocks)]
    # The tasks are spread over a block's duration.
    await asyncio.gather(
        *(stream(url, blocks, answers, begin + BLOCK * number / sockets, delays) for number in range(sockets))
    )
    return sorted(delays)


async def measure_idle(server: Running) -> float:
    """Return the bytes of the server's memory per idle connection."""
    async with connection(server.url):
        pass  # loads what is needed for the first connection
    before = server.memory()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(IDLE):
            await stack.enter_async_context(connection(server.url))
        return (server.memory() - before) / IDLE


def clip_blocks() -> list[bytes]:
    """Return the start of the clip in blocks."""
    from paraformer_nb.audio.clip import Clip, open_clip

    opened = open_clip(SCRIPT.with_suffix(".flac"), sample_rate=16000)
    assert isinstance(opened, Clip)
    blocks = list(opened.blocks(round(16000 * BLOCK)))
    opened.close()
    return [bytes(block) for block in blocks[: round(SECONDS / BLOCK)]]


async def measure(server: Running, blocks: list[bytes]) -> list[float]:
    """Return one row: events; median, 99th percentile and maximum delay in ms; kB."""
    cost = await measure_idle(server)
    await measure_delays(server.url, blocks[:20], SOCKETS)
    delays = [1000 * delay for delay in await measure_delays(server.url, blocks, SOCKETS)]
    return [len(delays), delays[len(delays) // 2], delays[int(len(delays) * 0.99)], delays[-1], cost / 1000]


def main() -> None:
    """Measure both and print a table."""
    blocks = clip_blocks()
    first, *_, last = sorted(os.sched_getaffinity(0))
    print(f"{SOCKETS} tasks at once in real time, {SECONDS} s; the server on one core, its client on another\n")
    print(f"{'':28}{'events':>8}{'median':>10}{'p99':>10}{'worst':>10}{'idle socket':>14}")
    for name, label in SERVERS.items():
        os.sched_setaffinity(0, {first})
        with running(name) as server:
            os.sched_setaffinity(0, {last})
            count, median, p99, worst, cost = asyncio.run(measure(server, blocks))
        print(f"{label:28}{count:8.0f}{median:7.2f} ms{p99:7.2f} ms{worst:7.2f} ms{cost:11.1f} kB")
    print("\ngoals: p99 50 ms, idle socket 200 kB")


if __name__ == "__main__":
    asyncio.run({"embedded": embedded, "bare": bare}[sys.argv[1]]()) if sys.argv[1:] else main()
