"""The time from an event's arrival to its word in the table, with 20 runs at once.

    python tests/benchmarks/latency.py

The service, in a process of its own, sends the current time (CLOCK_MONOTONIC, the same in every process of the
machine) as each word's text. A listener builds each run's table as soon as a new word was folded, and subtracts the
newest time in it from the clock. So the figure includes the socket, the loop that 20 runs share, decoding, the journal,
the fold and the making of the DataFrame.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import threading
import time

import numpy as np

RUNS = 20
SECONDS = 10
WORDS_PER_SENTENCE = 10
EVERY = 0.2  # seconds between a run's events, as with the real service


async def serve() -> None:
    """Send a growing sentence to each client, a word every EVERY seconds."""
    import websockets

    def event(task: str, name: str, payload: dict) -> str:
        return json.dumps({"header": {"task_id": task, "event": name, "attributes": {}}, "payload": payload})

    async def client(socket: websockets.ServerConnection) -> None:
        task = json.loads(await socket.recv())["header"]["task_id"]
        await socket.send(event(task, "task-started", {}))
        reader = asyncio.create_task(drain(socket))
        await asyncio.sleep(random.random() * EVERY)  # concurrent clips are not in step
        for number in range(int(SECONDS / EVERY)):
            if number % WORDS_PER_SENTENCE == 0:
                words: list[dict] = []
            await asyncio.sleep(EVERY)
            start = round(number * EVERY * 1000)
            words.append({"begin_time": start, "end_time": start + 150, "text": "", "punctuation": ""})
            is_final = len(words) == WORDS_PER_SENTENCE
            sentence = {
                "sentence_id": number // WORDS_PER_SENTENCE + 1,
                "begin_time": words[0]["begin_time"],
                "end_time": start + 150 if is_final else None,
                "text": "x",
                "sentence_end": is_final,
                "words": words,
            }
            words[-1]["text"] = repr(time.monotonic())
            await socket.send(event(task, "result-generated", {"output": {"sentence": sentence}, "usage": None}))
        await reader
        await socket.send(event(task, "task-finished", {"output": {}, "usage": None}))

    async def drain(socket: websockets.ServerConnection) -> None:
        async for message in socket:
            if isinstance(message, str):
                return

    async with websockets.serve(client, "127.0.0.1", 0, compression=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def main() -> None:
    """Run 20 clips at once, in real time, and print the figures."""
    import paraformer_nb as pnb

    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    service = pnb.DashScope("benchmark", url=f"ws://127.0.0.1:{server.stdout.readline().strip()}")
    silence = np.zeros(16000 * SECONDS, np.int16)
    delays: list[float] = []

    class Stopwatch:
        """A listener that measures each new word once."""

        def __init__(self, run: pnb.Run) -> None:
            self._run = run
            self._events = 0

        def refresh(self) -> None:
            events = sum(len(each.words) for each in self._run.transcript.recognised)
            if events > self._events:
                self._events = events
                delays.append(time.monotonic() - float(self._run.words["text"].iloc[-1]))

    try:
        pnb.transcribe((silence[:16000], 16000), service=service, pace=1).wait()
        runs = [pnb.transcribe((silence, 16000), service=service, pace=1) for _ in range(RUNS)]
        stopwatches = [Stopwatch(run) for run in runs]  # a run holds its listeners weakly
        for run, stopwatch in zip(runs, stopwatches, strict=True):
            run.add_listener(stopwatch)
        for run in runs:
            run.wait()
    finally:
        server.terminate()
        server.communicate(timeout=10)
    milliseconds = sorted(1000 * delay for delay in delays)
    p95 = milliseconds[int(len(milliseconds) * 0.95)]
    print(f"{RUNS} runs at once, {len(delays)} events, threads: {threading.active_count()}")
    print(
        f"event received to word in table: median {statistics.median(milliseconds):.2f} ms (goal 2), p95 {p95:.2f} ms"
    )


if __name__ == "__main__":
    asyncio.run(serve()) if sys.argv[1:] == ["serve"] else main()
